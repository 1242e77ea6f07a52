"""What a recipe says about its tokenizer and its shards."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from filters.stage import Resource

END_OF_TEXT = "<|endoftext|>"


class TokenizerFile(BaseModel):
    """A tokenizer that exists: `tokenizer: {file: tokenizer.json}`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str = Field(
        min_length=1, description="A Hugging Face `tokenizer.json`: a path, or a URL that fsspec can open."
    )
    sha256: str | None = Field(
        default=None,
        pattern="^[0-9a-f]{64}$",
        description="The hash of the file; the run stops if it is another.",
    )
    end_of_text: str = Field(
        default=END_OF_TEXT,
        min_length=1,
        description="The token that is put after each document; it must be in the tokenizer's vocabulary.",
    )

    def resource(self) -> Resource:
        """The file to fetch before the run."""
        return Resource(location=self.file, sha256=self.sha256)


class Training(BaseModel):
    """How a byte-level BPE tokenizer is trained."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    vocab_size: int = Field(
        default=32_000,
        ge=257,
        le=1_000_000,
        description="Tokens in the vocabulary, the end-of-text token and the 256 bytes included. A small "
        "sample gives fewer. Up to 65,536 of them, an id takes two bytes in the shards, else four.",
    )
    min_frequency: int = Field(
        default=2, ge=1, description="A pair of tokens must occur this often in the sample to become one."
    )
    sample_bytes: int = Field(
        default=8_000_000,
        ge=1,
        description="UTF-8 bytes of text to train on; reading stops there. The default is trained on in seconds; on forum "
        "posts five times as much gave 0.7 % fewer tokens.",
    )


class TokenizerTrained(BaseModel):
    """A tokenizer that is trained on a sample of the run: `tokenizer: {train: {vocab_size: 32000}}`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    train: Training = Field(default_factory=Training, description="How it is trained.")
    end_of_text: str = Field(
        default=END_OF_TEXT, min_length=1, description="The token that is put after each document."
    )


class Shards(BaseModel):
    """What the shards look like."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pack: bool = Field(
        default=True,
        description="true: rows of exactly `context_length` tokens, documents one after the other with the "
        "end-of-text token after each; false: one row per document, of its own tokens only.",
    )
    context_length: int = Field(default=2048, ge=1, le=2**24, description="Tokens in a packed row.")
    tokens_per_shard: int = Field(
        default=50_000_000,
        ge=1,
        description="About how many tokens a shard holds, end-of-text tokens included.",
    )
    seed: int = Field(
        default=0,
        ge=0,
        lt=2**64,
        description="Of the shuffle: the order of documents depends on it and their ids, on nothing else.",
    )
