"""fastText classifiers: the label that `fastText predict` gives a text, in a fraction of its time."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.fasttext_format import NO_COUNT, ModelFile, read_model
from filters.kernels.buffers import text_buffers
from filters.kernels.fasttext import Classifier, Memory, classify
from filters.kernels.fasttext_dictionary import Dictionary, index_entries
from filters.kernels.fasttext_labels import HIERARCHICAL, Output

_REMEMBERED = 1 << 25  # bytes of word sums that a model keeps


class FastText:
    """A fastText classifier, and the words that it met lately. Threads may share it; they take turns.

    `labels` are its labels, as they stand in the file (`__label__en`).
    """

    def __init__(self, path: Path) -> None:
        """Raises ValueError, saying what is wrong, where the file is not a whole fastText classifier."""
        file = read_model(path)
        self.labels = file.labels()
        self._model = _classifier(file)
        self._memory = _memory(file.arguments.dim)
        self._turn = threading.Lock()

    def predict(self, texts: pa.LargeStringArray) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """For each text the place of its most probable label in `labels` (int32), and the probability (float32).

        A text is one line: line feeds are spaces. Without a letter (`str.isalpha`), or where the model knows
        nothing of what it says, a text has -1 and 0. Elsewhere the answers are those of fastText's `predict`
        with k = 1 and no threshold, but for the order in which it adds up numbers.
        """
        with self._turn:
            return classify(*text_buffers(texts), self._model, self._memory)


def _classifier(file: ModelFile) -> Classifier:
    arguments = file.arguments
    slots, entries = index_entries(file.content, file.edges)
    dictionary = Dictionary(
        slots, entries, file.words, *_rows(file), arguments.bucket, arguments.minn, arguments.maxn
    )
    left, right = huffman(file.label_counts.tolist()) if arguments.loss == HIERARCHICAL else ([], [])
    output = Output(file.outputs, np.array(left, np.int32), np.array(right, np.int32), arguments.loss)
    return Classifier(dictionary, file.inputs, output, arguments.word_ngrams)


def _rows(file: ModelFile) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """The `kept` and `rows` of a Dictionary."""
    if file.pruned is None:
        return np.zeros(0, np.uint8), np.zeros(0, np.int32)
    buckets, places = file.pruned[(file.pruned[:, 0] >= 0) & (file.pruned[:, 0] < file.arguments.bucket)].T
    rows = np.zeros(max(file.arguments.bucket, 1), np.int32)
    rows[buckets] = places
    kept = np.zeros(len(rows) // 8 + 1, np.uint8)
    np.bitwise_or.at(kept, buckets >> 3, (1 << (buckets & 7)).astype(np.uint8))
    return kept, rows


def _memory(dim: int) -> Memory:
    slots = 1 << max(_REMEMBERED // (4 * dim), 1).bit_length() - 1
    return Memory(np.zeros((slots, 2), np.uint64), np.zeros((slots, dim), np.float32))


def huffman(counts: Sequence[int]) -> tuple[list[int], list[int]]:
    """The left and right children of each node of the tree of a hierarchical softmax; -1 for a label.

    The nodes are the labels, whose counts must be below 1e15, and then the inner ones, of which the last is the
    root. The tree is Huffman's where the counts fall, as fastText orders its labels
    (`HierarchicalSoftmaxLoss::buildTree`).
    """
    labels = len(counts)
    weights = [*counts, *[NO_COUNT] * (labels - 1)]  # of an inner node: not known yet
    left, right = [-1] * len(weights), [-1] * len(weights)
    leaf, inner = labels - 1, labels
    for node in range(labels, len(weights)):
        children = []
        for _ in range(2):
            if leaf >= 0 and weights[leaf] < weights[inner]:
                children.append(leaf)
                leaf -= 1
            else:
                children.append(inner)
                inner += 1
        left[node], right[node] = children
        weights[node] = sum(weights[child] for child in children)
    return left, right
