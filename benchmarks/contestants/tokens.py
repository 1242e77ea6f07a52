"""Tokenization with one byte-level BPE vocabulary of 32,000 tokens, trained on the documents themselves.

Every round begins with a tokenizer that has seen nothing. Assay and `tokenizers` remember words, so in a long run they
are faster than here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

from benchmarks.contestants import Inputs, Work, rows, size


class _Held:
    """Something that is made anew before each round."""

    def __init__(self, make: Any) -> None:
        self._make = make

    def renew(self) -> None:
        self.it = self._make()


def assay(inputs: Inputs) -> Work:
    from benchmarks.contestants import assay
    from pipeline.tokens.tokenizer import Tokenizer

    batches, megabytes = assay.batches(inputs.texts, inputs.megabytes)
    held = _Held(lambda: Tokenizer.open(inputs.tokenizer))
    return Work(
        megabytes,
        lambda: [held.it.encode(batch.column("text")) for batch in batches],
        lambda found: [_digest(ids) for column in found for ids in column.to_pylist()],
        held.renew,
    )


def tokenizers(inputs: Inputs) -> Work:
    from tokenizers import Tokenizer

    texts = rows(inputs.texts, "text", inputs.megabytes)

    def opened() -> Tokenizer:
        tokenizer = Tokenizer.from_file(inputs.tokenizer)
        tokenizer.encode_special_tokens = True  # a document is plain text
        return tokenizer

    held = _Held(opened)
    return Work(
        size(texts),
        lambda: held.it.encode_batch_fast(texts, add_special_tokens=False),
        lambda found: [_digest(encoded.ids) for encoded in found],
        held.renew,
    )


def tiktoken(inputs: Inputs) -> Work:
    from tiktoken import Encoding

    texts = rows(inputs.texts, "text", inputs.megabytes)
    encoding = Encoding("trained", pat_str=_GPT2, mergeable_ranks=_ranks(inputs.tokenizer), special_tokens={})
    return Work(
        size(texts),
        lambda: [encoding.encode_to_numpy(text, disallowed_special=()) for text in texts],
        lambda found: [_digest(ids.tolist()) for ids in found],
    )


_GPT2 = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"""


def _ranks(path: str) -> dict[bytes, int]:
    """The tokens of a byte-level BPE file as bytes, with their ids, which rise in the order of the merges."""
    tokens = json.loads(Path(path).read_bytes())
    special = {token["content"] for token in tokens["added_tokens"]}
    byte = {character: number for number, character in enumerate(_byte_characters())}
    vocabulary = tokens["model"]["vocab"].items()
    return {bytes(byte[c] for c in token): rank for token, rank in vocabulary if token not in special}


def _byte_characters() -> list[str]:
    """The characters that stand for the 256 bytes in a byte-level vocabulary (GPT-2's `bytes_to_unicode`)."""
    shown = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(0x100, 0x200))
    return [chr(byte) if byte in shown else chr(next(others)) for byte in range(256)]


def _digest(ids: Sequence[int]) -> int:
    return crc32(repr(list(ids)).encode())
