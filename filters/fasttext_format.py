"""Reading a fastText classifier: .bin, or quantized as .ftz.

The format is what fastText 0.9.2 loads (`FastText::loadModel` and the `load` of each of its classes),
little-endian and without padding:

    int32 magic, version; the arguments: 12 int32 and a float64
    int32 entries, words, labels; int64 tokens, pruned n-grams (-1: not pruned)
    for each entry: its bytes and a NUL, int64 how often it was seen, int8 0 for a word and 1 for a label
    for each pruned n-gram: int32 bucket, int32 row
    bool quantized; the input matrix; bool quantized; the output matrix

A dense matrix is int64 rows and columns and its float32 values. A quantized one is bool with norms, int64 rows
and columns, int32 codes, the uint8 codes, a quantizer, and where it has norms a uint8 code for each row and a
quantizer of one column. A quantizer is int32 columns, parts, columns of a part, columns of the last part, and
for each part 256 float32 vectors: a row is the vectors that its codes name, one after another.

The file holds numbers and words only, so reading it runs no code of its author. Every size in it is checked
against the size of the file before room is made for anything.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from filters.kernels.fasttext_dictionary import SMALLEST_ENTRY, find_entries
from filters.kernels.fasttext_labels import HIERARCHICAL, ONE_VS_ALL

MAGIC = struct.pack("<i", 793712314)
LONGEST = (
    255  # the most characters or words in an n-gram; models have 6 at most, and a larger number is damage
)
NO_COUNT = 10**15  # more often than any label was seen
_VERSION = 12
_WITHOUT_SUBWORDS = 11  # classifiers of this version have none, whatever their arguments say
_SUPERVISED = 3
_CODES = 256
_MOST_BUCKETS = 1 << 25  # of a pruned model, whose rows are found by a table of all buckets; most have 2e6
_MOST_WRITTEN_OUT = 64  # a quantized matrix may take this many times the file; fastText's own takes about 8
_DAMAGED = "the file is damaged or cut short"


@dataclass(frozen=True)
class Arguments:
    """How the model was trained, under fastText's names and in its order."""

    dim: int
    ws: int
    epoch: int
    min_count: int
    neg: int
    word_ngrams: int
    loss: int
    model: int
    bucket: int
    minn: int
    maxn: int
    lr_update_rate: int
    t: float


@dataclass(frozen=True)
class ModelFile:
    """What a model file holds, consistent within itself.

    content: uint8, the file. Entry i is content[edges[i, 0]:edges[i, 1]]; `edges` is int64 (entries, 2), the
        words before the labels.
    label_counts: int64 (labels,), how often each was seen.
    pruned: int32 (n-grams, 2), a bucket and its row counted from `words`; None where every bucket has its row.
    inputs, outputs: float32 (rows, dim); a quantized matrix is written out.
    """

    arguments: Arguments
    content: NDArray[np.uint8]
    edges: NDArray[np.int64]
    words: int
    label_counts: NDArray[np.int64]
    pruned: NDArray[np.int32] | None
    inputs: NDArray[np.float32]
    outputs: NDArray[np.float32]

    def labels(self) -> list[str]:
        """The labels as they stand in the file."""
        return [
            self.content[start:stop].tobytes().decode(errors="replace")
            for start, stop in self.edges[self.words :].tolist()
        ]


def read_model(path: Path) -> ModelFile:
    """Raises ValueError, saying what is wrong, where this is not a whole fastText classifier."""
    if path.stat().st_size < len(MAGIC):
        raise ValueError("not a fastText model (.bin or .ftz, as fastText saves it)")
    reader = _Reader(np.asarray(np.memmap(path, np.uint8, "r")))
    magic, version = reader.numbers("2i")
    if struct.pack("<i", magic) != MAGIC:
        raise ValueError("not a fastText model (.bin or .ftz, as fastText saves it)")
    if version > _VERSION:
        raise ValueError(f"a fastText model of version {version}; this reads up to {_VERSION}")
    arguments = Arguments(*reader.numbers("12id"))
    if arguments.model != _SUPERVISED:
        raise ValueError("a fastText model that does not classify (it holds word vectors only)")
    if version == _WITHOUT_SUBWORDS:
        arguments = replace(arguments, maxn=0)
    entries, words, labels, _, pruned_ngrams = reader.numbers("3i2q")
    if words < 0 or labels < 1 or entries != words + labels:
        raise ValueError(_DAMAGED)
    edges, counts = reader.entries(entries, words)
    pruned = reader.values(np.int32, pruned_ngrams, 2) if pruned_ngrams >= 0 else None
    (quantized,) = reader.numbers("?")
    if pruned is not None and not quantized:
        raise ValueError("a pruned model that is not quantized; fastText does not read it either")
    inputs = reader.matrix(quantized)
    (quantized_too,) = reader.numbers("?")
    outputs = reader.matrix(quantized and quantized_too)
    file = ModelFile(arguments, reader.content, edges, words, counts[words:], pruned, inputs, outputs)
    _check(file)
    return file


def _check(file: ModelFile) -> None:
    """That every row that a text can ask for is there."""
    arguments = file.arguments
    rows = len(file.inputs) - file.words
    with_ngrams = arguments.maxn > 0 or arguments.word_ngrams > 1
    if file.pruned is not None:
        rows_fit = bool(np.all((file.pruned[:, 1] >= 0) & (file.pruned[:, 1] < rows)))
        buckets_fit = 1 <= arguments.bucket <= _MOST_BUCKETS or not with_ngrams
    else:
        rows_fit = rows >= (arguments.bucket if with_ngrams else 0)
        buckets_fit = arguments.bucket >= 1 or not with_ngrams
    if not (
        rows_fit
        and buckets_fit
        and file.inputs.shape[1] == arguments.dim >= 1
        and len(file.inputs) < 1 << 31
        and file.label_counts.max() < NO_COUNT
        and file.outputs.shape == (len(file.label_counts), arguments.dim)
        and max(arguments.maxn, arguments.word_ngrams) <= LONGEST
        and HIERARCHICAL <= arguments.loss <= ONE_VS_ALL
    ):
        raise ValueError(_DAMAGED)


class _Reader:
    """Takes one thing after another from the file's bytes."""

    def __init__(self, content: NDArray[np.uint8]) -> None:
        self.content = content
        self._at = 0

    def numbers(self, form: str) -> tuple[Any, ...]:
        return struct.unpack("<" + form, self._take(struct.calcsize("<" + form)))

    def values(self, dtype: type[np.generic], rows: int, columns: int) -> NDArray[Any]:
        """A copy, aligned, of (rows, columns)."""
        if rows < 0 or columns < 0:
            raise ValueError(_DAMAGED)
        found = np.frombuffer(self._take(rows * columns * np.dtype(dtype).itemsize), dtype)
        return found.reshape(rows, columns).copy()

    def entries(self, entries: int, words: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The edges of each entry and how often it was seen."""
        if entries > len(self.content) // SMALLEST_ENTRY:
            raise ValueError(_DAMAGED)
        edges, counts, self._at = find_entries(self.content, self._at, entries, words)
        if self._at < 0:
            raise ValueError(_DAMAGED)
        return edges, counts

    def matrix(self, quantized: bool) -> NDArray[np.float32]:
        if not quantized:
            rows, columns = self.numbers("2q")
            return self.values(np.float32, rows, columns)
        with_norms, rows, columns, codes = self.numbers("?2qi")
        if min(rows, columns) < 1 or rows * columns * 4 > _MOST_WRITTEN_OUT * len(self.content):
            raise ValueError(_DAMAGED)
        matrix = self._written_out(self.values(np.uint8, rows, codes // rows), columns)
        if with_norms:
            matrix *= self._written_out(self.values(np.uint8, rows, 1), 1)
        return matrix

    def _written_out(self, codes: NDArray[np.uint8], columns: int) -> NDArray[np.float32]:
        """The rows with these codes (rows, parts), by the quantizer that follows."""
        found, parts, width, last = self.numbers("4i")
        if found != columns or parts != codes.shape[1] or not 1 <= last <= width:
            raise ValueError(_DAMAGED)
        if (parts - 1) * width + last != columns:
            raise ValueError(_DAMAGED)
        vectors = self.values(np.float32, columns, _CODES).reshape(-1)
        rows = np.empty((len(codes), columns), np.float32)
        for part in range(parts):
            first, stop = part * width, min((part + 1) * width, columns)
            centroids = vectors[first * _CODES : stop * _CODES].reshape(_CODES, stop - first)
            rows[:, first:stop] = centroids[codes[:, part]]
        return rows

    def _take(self, size: int) -> bytes:
        if size > len(self.content) - self._at:
            raise ValueError(_DAMAGED)
        self._at += size
        return self.content[self._at - size : self._at].tobytes()
