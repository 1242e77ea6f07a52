"""The deduplicators of a recipe: what makes two documents the same, and which of them is kept.

In a pass a deduplicator drops nothing. It adds key columns to the part, by which the barrier after the pass
finds who duplicates whom (`pipeline.dedup.barrier`):

- `key.<label>.key` and `key.<label>.check` (uint64): documents that agree in both are copies, of near-duplicates
  those with equal signatures; null takes no part.
- `key.<label>.bands` (uint64[bands]) and `key.<label>.signature` (uint32[permutations]), as fixed-size
  binary, for near-duplicates: documents that share a band key are candidates; null takes no part.
- `key.<label>.rank` (int64): the highest of a set of copies is kept, of equals the first in the order of the
  input.
"""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import ClassVar, Literal, Self

import numpy as np
import pyarrow as pa
import xxhash
from numpy.typing import NDArray
from pydantic import Field, model_validator

from filters.kernels import minhash
from filters.kernels.buffers import text_buffers
from filters.stage import Kind, Stage
from pipeline.batch import KEY
from pipeline.dedup.normalise import Normalisation
from pipeline.dedup.ranks import Keep, rank
from pipeline.dedup.urls import normalise_url


class Deduplicator(Stage):
    """Drops documents that stand elsewhere too."""

    kind: ClassVar[Kind] = "deduplicator"
    reason: ClassVar[str]  # for which its documents go

    keep: Keep = Field(
        default="first",
        description="The copy that stays: the first, newest, oldest (by date), longest, or best (by `by`).",
    )
    by: str | None = Field(
        default=None, description="The measure, or column, whose highest value is the best."
    )

    @model_validator(mode="after")
    def _by_belongs_to_best(self) -> Self:
        if (self.keep == "best") != (self.by is not None):
            raise ValueError("`keep: best` needs `by: MEASURE`, and nothing else takes it")
        return self

    def column(self, part: str) -> str:
        """The name of a key column."""
        return f"{KEY}{self.label}.{part}"

    def keys(self, batch: pa.RecordBatch) -> dict[str, pa.Array]:
        """The key columns to add to the part, one value per document.

        Raises:
            ValueError: `by` names no measure of the batch.
        """
        columns = {**self._keys(batch), "rank": pa.array(rank(batch, self.keep, self.by))}
        return {self.column(part): values for part, values in columns.items()}

    def _keys(self, batch: pa.RecordBatch) -> dict[str, pa.Array]:
        raise NotImplementedError


class DedupUrl(Deduplicator):
    """One document per URL. URLs are compared as `pipeline.dedup.urls.normalise_url` says; a document without
    one is never a duplicate."""

    reason: ClassVar[str] = "duplicate_url"
    stage: Literal["dedup_url"] = "dedup_url"
    keep: Keep = Field(default="newest", description="Which document of a URL stays.")

    def _keys(self, batch: pa.RecordBatch) -> dict[str, pa.Array]:
        urls = batch["url"].to_pylist()
        return _hashed([normalise_url(url).encode() if url and not url.isspace() else b"" for url in urls])


class DedupExact(Deduplicator):
    """One document per text (XXH3, 128 bits). An empty text is never a duplicate: a filter drops it, for what
    it is."""

    reason: ClassVar[str] = "duplicate_text"
    stage: Literal["dedup_exact"] = "dedup_exact"
    lower: bool = Field(default=False, description="Texts that differ in capital letters only are the same.")
    white_space: bool = Field(
        default=False, description="Texts that differ in white space only are the same."
    )

    def _keys(self, batch: pa.RecordBatch) -> dict[str, pa.Array]:
        if not (self.lower or self.white_space):
            data, offsets = text_buffers(batch["text"])
            return _hashed([data.data[begin:end] for begin, end in pairwise(offsets)])
        texts = batch["text"].to_pylist()
        if self.lower:
            texts = [text.lower() for text in texts]
        if self.white_space:
            texts = [" ".join(text.split()) for text in texts]
        return _hashed([text.encode() for text in texts])


class DedupMinhash(Deduplicator):
    """One document per set of near-duplicates, found by MinHash and locality-sensitive hashing.

    A text is the set of its shingles, runs of `shingle` words; one that is shorter is its own single shingle, and
    one without words is never a duplicate. Documents that share a band are candidates; where the share of equal
    values in their signatures, which estimates the Jaccard similarity, is at least `threshold` they are
    near-duplicates. What resembles a near-duplicate belongs to it: of each such component one document is kept.

    The bands are FineWeb's 14 of 8. Signatures are longer than these need, and the threshold is a little above
    the similarity that is meant, so that an estimate of .82 is nearly always a true .8: its standard error is
    .024, and would be .036 with 112 values. `benchmarks/dedup_quality.py` measures what comes of it.

    Signatures are those of `datasketch.MinHash(permutations, seed)` over the shingles' UTF-8 bytes, with
    `hashfunc=xxhash.xxh32_intdigest`, or with its default where `hash` is `sha1` (some ten times slower).
    """

    reason: ClassVar[str] = "near_duplicate"
    stage: Literal["dedup_minhash"] = "dedup_minhash"
    unit: Literal["word", "character"] = Field(default="word", description="What a shingle is made of.")
    shingle: int = Field(default=5, ge=1, description="How many words, or characters, make a shingle.")
    bands: int = Field(default=14, ge=1, description="Bands; documents that share one are compared.")
    rows: int = Field(default=8, ge=1, description="Values of a signature in a band.")
    permutations: int = Field(default=256, ge=1, le=4096, description="Values in a signature.")
    seed: int = Field(default=1, ge=0, lt=2**32, description="Of the permutations, as datasketch takes it.")
    threshold: float = Field(
        default=0.82, ge=0, le=1, description="The least estimated similarity of duplicates."
    )
    hash: Literal["xxh32", "sha1"] = Field(
        default="xxh32", description="What hashes a shingle; sha1 is slow."
    )
    normalise: Normalisation = Field(
        default=Normalisation(), description="What makes no difference between two shingles."
    )

    @model_validator(mode="after")
    def _bands_fit(self) -> Self:
        if self.bands * self.rows > self.permutations:
            raise ValueError(
                f"{self.bands} bands of {self.rows} rows need {self.bands * self.rows} permutations, "
                f"and there are {self.permutations}"
            )
        return self

    def _keys(self, batch: pa.RecordBatch) -> dict[str, pa.Array]:
        return self.signed_keys(*self.signatures(batch["text"]))

    def signatures(self, texts: pa.LargeStringArray) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
        """The signature of each text (uint32[texts, permutations]), and which texts have no word to sign."""
        hashes, ends = self._shingle_hashes(texts)
        factors, terms = minhash.permutations(self.permutations, self.seed)
        return minhash.signatures(hashes, ends, factors, terms), ends[1:] == ends[:-1]

    def signed_keys(self, signatures: NDArray[np.uint32], wordless: NDArray[np.bool_]) -> dict[str, pa.Array]:
        """The key columns but for the rank, from signatures (uint32[documents, permutations]) and which
        documents have none."""
        keys = minhash.band_keys(signatures, self.bands, self.rows)  # and one of the whole signature
        check = np.array([xxhash.xxh3_64_intdigest(row) for row in signatures], np.uint64)
        return {
            "key": pa.array(keys[:, -1], mask=wordless),
            "check": pa.array(check, mask=wordless),
            "bands": _packed(keys[:, :-1], wordless),
            "signature": _packed(signatures, wordless),
        }

    def _shingle_hashes(self, texts: pa.LargeStringArray) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        characters = self.unit == "character"
        data, ends = minhash.fold(*text_buffers(texts), self.normalise.table(characters))
        if self.hash == "xxh32":
            return minhash.hash_shingles(data, ends, self.shingle, characters)
        folded = data.tobytes()
        hashed = [
            [_sha1(shingle) for shingle in self._shingles(folded[begin:end].decode(), characters)]
            for begin, end in pairwise(ends)
        ]
        counts = np.cumsum([0, *map(len, hashed)])
        return np.array([value for values in hashed for value in values], np.uint32), counts

    def _shingles(self, text: str, characters: bool) -> list[str]:
        """The shingles of a folded text, as strings (what the kernel hashes without making them)."""
        tokens = list(text) if characters else text.split(" ") if text else []
        last = max(len(tokens) - self.shingle, 0)
        glue = "" if characters else " "
        return [glue.join(tokens[i : i + self.shingle]) for i in range(last + 1)] if tokens else []


def _sha1(shingle: str) -> int:
    return int.from_bytes(hashlib.sha1(shingle.encode(), usedforsecurity=False).digest()[:4], "little")


def _hashed(values: list[bytes] | list[memoryview]) -> dict[str, pa.Array]:
    """`key` and `check`, the two halves of XXH3's 128 bits; null for an empty value."""
    digests = b"".join([xxhash.xxh3_128_digest(value) for value in values])
    halves = np.frombuffer(digests, ">u8").astype(np.uint64).reshape(-1, 2)
    empty = np.array([len(value) == 0 for value in values], np.bool_)
    return {"key": pa.array(halves[:, 0], mask=empty), "check": pa.array(halves[:, 1], mask=empty)}


def _packed(
    rows: NDArray[np.uint32] | NDArray[np.uint64], mask: NDArray[np.bool_]
) -> pa.FixedSizeBinaryArray:
    """One binary value, little-endian, for each row of the matrix.

    Binary and not lists: Parquet stores it without a level per number, and reads it back without decoding.
    """
    valid = pa.py_buffer(np.packbits(~mask, bitorder="little"))
    data = pa.py_buffer(np.ascontiguousarray(rows))
    width = pa.binary(rows.shape[1] * rows.itemsize)
    return pa.FixedSizeBinaryArray.from_buffers(width, len(rows), [valid, data])
