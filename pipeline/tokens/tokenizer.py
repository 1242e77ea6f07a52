"""Texts to token ids, in batches, and the proof that the fast way gives the reference's ids."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from filters.kernels.members import holding, member_table
from pipeline import files
from pipeline.errors import UserError
from pipeline.tokens.backends import Backend, Encoded, Gigatoken, Reference
from pipeline.tokens.config import END_OF_TEXT
from pipeline.tokens.definition import Definition

BackendName = Literal["gigatoken", "tokenizers"]

# The characters that Unicode 17 added (DerivedAge.txt). gigatoken 0.10 knows which of them are letters,
# tokenizers 0.23 does not yet, so they cut words differently. On every other character the two agree (a
# test goes through them).
YOUNG_CHARACTERS = """
    88f c5c cdc 1acf-1add 1ae0-1aeb 20c1 2b96 a7ce-a7cf a7d2 a7d4 a7f1 fbc3-fbd2 fd90-fd91 fdc8-fdce
    10940-10959 10ec5-10ec7 10ed0-10ed8 10efa-10efb 11b60-11b67 11db0-11ddb 11de0-11de9 16ea0-16eb8
    16ebb-16ed3 16ff2-16ff6 187f8-187ff 18d09-18d1e 18d80-18df2 1ccfa-1ccfc 1ceba-1ced0 1cee0-1cef0
    1e6c0-1e6de 1e6e0-1e6f5 1e6fe-1e6ff 1f6d8 1f777-1f77a 1f8d0-1f8d8 1fa54-1fa57 1fa8a 1fa8e 1fac8 1facd
    1faea 1faef 1fbfa 2b73a-2b73f 2cea2-2cead 323b0-33479
"""


def _young() -> Iterator[int]:
    for characters in YOUNG_CHARACTERS.split():
        first, _, last = characters.partition("-")
        yield from range(int(first, 16), int(last or first, 16) + 1)


_YOUNG = member_table(_young())

# What tokenizers are known to cut in different ways.
_HARD_TEXTS = (
    "",
    "\0",
    " \t \r\n  \n\n\u00a0\u2003\u3000\u0085 ",
    "don't DON'T we'll'll 's ''",
    "1234567 ½ Ⅷ ٣٤ 3.14e-7",
    "naïve nai\u0308ve ﬁn Ⅸ \ufeff\u200b\u00ad",
    "漢字かなカナ 한국어 ภาษาไทย हिन्दी العربية",
    "👩🏽‍🚀🇩🇪🏴󠁧󠁢󠁳󠁣󠁴󠁿 \U0010ffff",
    "ab" * 5_000,
    "-" * 300 + "\n" * 300 + " " * 300,
)


@dataclass(frozen=True)
class TokenizerInfo:
    """What the shards need to know of a tokenizer."""

    vocabulary_size: int
    end_of_text_id: int

    @property
    def type(self) -> pa.DataType:
        """Of an id in the shards: uint16 where every id fits, else uint32."""
        return pa.uint16() if self.vocabulary_size <= 2**16 else pa.uint32()


class Tokenizer:
    """A tokenizer that treats documents as plain text: none gets special tokens, whatever is written in it.

    The ids of a document are its own: they do not depend on what else is in the batch. `backend` says which
    library encodes.
    """

    backend: BackendName

    def __init__(self, definition: Definition, backend: BackendName | None = None) -> None:
        self._definition = definition
        self.vocabulary_size = definition.vocabulary_size
        self.end_of_text_id = definition.end_of_text_id
        self._why_not_fast = ""
        self._fast: Backend | None = None
        if backend != "tokenizers":
            self._load_fast(required=backend == "gigatoken")
        self.backend = "gigatoken" if self._fast else "tokenizers"

    @classmethod
    def open(
        cls, path: str, *, end_of_text: str = END_OF_TEXT, backend: BackendName | None = None
    ) -> Tokenizer:
        """Open a `tokenizer.json`, local or at any fsspec URL.

        Without `backend` it is gigatoken where that can load the file. A run decides once, with `check`,
        and gives every worker the answer.

        Raises:
            UserError: the file is missing or no `tokenizer.json`, or lacks the token `end_of_text`.
            RuntimeError: gigatoken was asked for and cannot load it.
        """
        try:
            content = files.read_bytes(path)
        except FileNotFoundError as error:
            raise UserError(f"tokenizer.file: there is no {path}") from error
        tokenizer = cls(Definition.parse(path, content, end_of_text), backend)
        if tokenizer.backend == "tokenizers":
            _ = tokenizer._reference  # so that a broken file is found here, not in the middle of a run
        return tokenizer

    @property
    def info(self) -> TokenizerInfo:
        return TokenizerInfo(self.vocabulary_size, self.end_of_text_id)

    def encode(self, texts: pa.LargeStringArray) -> pa.LargeListArray:
        """The ids of each document: uint16 where every id of the vocabulary fits, else uint32."""
        encoded = self._encode(texts)
        return pa.LargeListArray.from_arrays(
            pa.array(encoded.offsets),
            pa.array(encoded.ids.astype(str(self.info.type), copy=False)),
        )

    def count(self, texts: pa.LargeStringArray) -> NDArray[np.int64]:
        """How many tokens each document has, int64: the lengths that `encode` would give."""
        return np.diff(self._encode(texts).offsets)

    def check(self, texts: pa.LargeStringArray) -> str:
        """Encode these documents with both libraries; from now on use the reference if any id differs.

        Texts that are known to be hard are tried too, among them every special token spelled out.
        Returns one sentence for the report.

        Raises:
            UserError: a document that spells the end-of-text token would get that token.
        """
        reference = f"tokenizers {version('tokenizers')}"
        hard = pa.array([*_HARD_TEXTS, *self._spelled_tokens()], pa.large_string())
        if self.end_of_text_id in self._reference.encode(hard).ids:
            raise UserError(
                f"tokenizer.end_of_text: with {self._definition.path}, a document that spells "
                f"{self._definition.end_of_text!r} would be cut there. Name a token that no text can spell"
            )
        if self._fast is None:
            return f"Encoded with {reference}{self._why_not_fast}."
        all_texts = pa.chunked_array([texts.cast(pa.large_string()), hard]).combine_chunks()
        different = self._different(all_texts)
        if not different.any():
            return (
                f"Encoded with gigatoken {version('gigatoken')}: the same ids as {reference} on "
                f"{len(texts):,} of {len(texts):,} documents."
            )
        self._fast, self.backend = None, "tokenizers"
        of_documents = int(different[: len(texts)].sum())
        self._why_not_fast = (
            f": gigatoken {version('gigatoken')} gave other ids on {of_documents:,} of "
            f"{len(texts):,} documents and {int(different.sum()) - of_documents} of {len(hard)} hard texts"
        )
        return f"Encoded with {reference}{self._why_not_fast}."

    def _encode(self, texts: pa.LargeStringArray) -> Encoded:
        if self._fast is None:
            return self._reference.encode(texts)
        young = holding(texts, _YOUNG)
        if not young.any():
            return self._fast.encode(texts)
        chosen = pa.array(young)
        rest = self._fast.encode(pc.if_else(chosen, "", texts))
        return _merge(young, self._reference.encode(texts.filter(chosen)), rest)

    def _different(self, texts: pa.LargeStringArray) -> NDArray[np.bool_]:
        """For each document, whether gigatoken's ids differ from the reference's; all do if it gives up."""
        reference = self._reference.encode(texts)
        try:
            encoded = self._encode(texts)
        except RuntimeError:
            return np.ones(len(texts), np.bool_)
        return np.array(
            [
                not np.array_equal(a, b)
                for a, b in zip(_documents(encoded), _documents(reference), strict=True)
            ]
        )

    @cached_property
    def _reference(self) -> Reference:
        try:
            reference = Reference(self._definition.for_tokenizers())
        except Exception as error:  # the library raises nothing narrower
            raise UserError(
                f"{self._definition.path}: cannot be loaded as a tokenizer.json: {error}"
            ) from error

        for token in self._definition.added_tokens:
            theirs, ours = reference.id_of(token), self._definition.vocabulary[token]
            if theirs != ours:
                raise UserError(
                    f"{self._definition.path}: `added_tokens` gives {token!r} the id {ours}, the tokenizers "
                    f"library reads {theirs}. Ids must follow on the model's vocabulary without a gap"
                )
        return reference

    def _load_fast(self, required: bool) -> None:
        try:
            self._fast = Gigatoken(self._definition.for_gigatoken())
        except Exception as error:
            if required:
                raise RuntimeError(
                    f"{self._definition.path}: gigatoken cannot load it here: {error}"
                ) from error
            self._why_not_fast = f": gigatoken {version('gigatoken')} cannot load this tokenizer ({error})"

    def _spelled_tokens(self) -> list[str]:
        tokens = {*self._definition.added_tokens, self._definition.end_of_text}
        return [
            text for token in sorted(tokens) for text in (token, f"a{token}b {token} {token}{token}\n{token}")
        ]


def _line(error: BaseException) -> str:
    """The first line of a message; what follows it are places in the library's source."""
    return str(error).strip().partition("\n")[0]


def _merge(chosen: NDArray[np.bool_], theirs: Encoded, rest: Encoded) -> Encoded:
    """The documents of `theirs` in the places that are chosen; `rest` has no ids there."""
    lengths = np.diff(rest.offsets)
    lengths[chosen] = np.diff(theirs.offsets)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    of_theirs = np.repeat(chosen, lengths)
    ids = np.empty(int(offsets[-1]), np.uint32)
    ids[of_theirs], ids[~of_theirs] = theirs.ids, rest.ids
    return Encoded(offsets, ids)


def _documents(encoded: Encoded) -> list[NDArray[np.uint32]]:
    return np.split(encoded.ids, encoded.offsets[1:-1]) if len(encoded.offsets) > 1 else []
