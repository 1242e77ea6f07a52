"""A `tokenizer.json`, made to read every document as plain text.

The file of a published tokenizer is set up for prompts: it turns the text `<|endoftext|>` into the token of
that name, and may add, cut or pad tokens. In training data that would let any page that quotes the token
end a document. Here special tokens are only ever placed by Assay.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from pipeline.errors import UserError


@dataclass(frozen=True)
class Definition:
    """The parsed file, where it was read from, and the name of its end-of-text token."""

    path: str
    content: dict[str, Any]
    end_of_text: str

    @classmethod
    def parse(cls, path: str, content: bytes, end_of_text: str) -> Definition:
        """
        Raises:
            UserError: this is no `tokenizer.json`, or the end-of-text token is not in its vocabulary.
        """
        try:
            parsed = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            raise UserError(f"{path}: not a tokenizer.json: {error}") from error
        if (
            not isinstance(parsed, dict)
            or not isinstance(parsed.get("model"), dict)
            or "vocab" not in parsed["model"]
        ):
            raise UserError(f"{path}: not a tokenizer.json: it has no `model` with a `vocab`")
        definition = cls(path, parsed, end_of_text)
        if end_of_text not in definition.vocabulary:
            special = ", ".join(definition.special_tokens) or "it has no special tokens"
            raise UserError(
                f"tokenizer.end_of_text: {end_of_text!r} is not in the vocabulary of {path}. "
                f"Name the token that ends a text there (special tokens: {special})"
            )
        return definition

    @cached_property
    def vocabulary(self) -> dict[str, int]:
        """Every token with its id, those added to the model's own included."""
        model = self.content["model"]["vocab"]
        if isinstance(model, list):  # Unigram: (token, score) in the order of ids
            model = {entry[0]: number for number, entry in enumerate(model)}
        return {**model, **{token["content"]: token["id"] for token in self._added}}

    @property
    def vocabulary_size(self) -> int:
        """One more than the largest id."""
        return max(self.vocabulary.values()) + 1

    @property
    def end_of_text_id(self) -> int:
        return self.vocabulary[self.end_of_text]

    @property
    def special_tokens(self) -> list[str]:
        return [token["content"] for token in self._added if self._is_special(token)]

    @property
    def added_tokens(self) -> list[str]:
        """The special tokens, and those that stand for ordinary text (runs of spaces, tags)."""
        return [token["content"] for token in self._added]

    def for_gigatoken(self) -> bytes:
        """gigatoken has no switch for special tokens, so it is not told of them. It takes ids from the
        file."""
        return self._plain([token for token in self._added if not self._is_special(token)])

    def for_tokenizers(self) -> bytes:
        """`tokenizers` gives added tokens new ids if one is missing, so all stay, and its own switch is
        used."""
        return self._plain([{**token, "special": self._is_special(token)} for token in self._added])

    @property
    def _added(self) -> list[dict[str, Any]]:
        return self.content.get("added_tokens") or []

    def _is_special(self, token: dict[str, Any]) -> bool:
        return bool(token.get("special")) or token["content"] == self.end_of_text

    def _plain(self, added_tokens: list[dict[str, Any]]) -> bytes:
        # Dropout would give a document other ids each time.
        model = {key: value for key, value in self.content["model"].items() if key != "dropout"}
        setup = {"post_processor": None, "truncation": None, "padding": None}
        return orjson.dumps({**self.content, **setup, "model": model, "added_tokens": added_tokens})
