"""The label of each text by a fastText classifier.

The hidden vector of a text is the mean of its words' rows. Words come again and again, so the sum of a word's
rows is kept in a table that lives as long as the model. A word has one slot there, and takes it from whichever
word had it: the table's size is fixed, and what a text is given never depends on what was read before.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from filters.kernels.fasttext_dictionary import Dictionary, find_entry, ngram_row
from filters.kernels.fasttext_labels import Output, best_label
from filters.kernels.fasttext_words import (
    BATCH,
    Desk,
    END,
    add_rows,
    fnv_hash,
    is_end,
    is_label,
    sum_word,
    word_start,
    word_stop,
)
from filters.kernels.hashing import hash_bytes
from filters.kernels.jit import inline, kernel
from filters.kernels.unicode import LETTER, any_of
from filters.kernels.words import longest

_END = np.frombuffer(END, np.uint8)
_PHRASE = np.uint64(116049371)


class Memory(NamedTuple):
    """The words met lately: the hash of the one in each slot and how many rows it has (uint64, slots x 2; a power
    of two of slots), and the sum of these rows (float32, slots x size of a row)."""

    words: NDArray[np.uint64]
    sums: NDArray[np.float32]


class Classifier(NamedTuple):
    """`matrix` is float32 (rows, size of a row). `end` is the row of `</s>`, or -1.

    `phrase` is the most words in a row that have a row of their own, by the bucket of their hash (1: words only).
    """

    dictionary: Dictionary
    matrix: NDArray[np.float32]
    output: Output
    end: int
    phrase: int


@inline
def _add_words(
    data: NDArray[np.uint8],
    start: int,
    stop: int,
    model: Classifier,
    memory: Memory,
    desk: Desk,
    slots: NDArray[np.int32],
    hidden: NDArray[np.float32],
) -> int:
    """Add the rows of the words of data[start:stop], and count them. Nothing is read past a word `</s>`.

    `slots` has room for BATCH. Sums are added many at a time, since a processor then fetches some while it adds
    others; and before a word takes a slot, which may be one of theirs.
    """
    mask = len(memory.words) - 1
    count = waiting = 0
    i = word_start(data, start, stop)
    while i < stop:
        first, i = i, word_stop(data, i, stop)
        if is_end(data, first, i):
            break
        key = hash_bytes(data, first, i)
        slot = int(np.int64(key)) & mask
        if memory.words[slot, 0] != key or waiting == BATCH:
            add_rows(memory.sums, slots, waiting, hidden)
            waiting = 0
        if memory.words[slot, 0] != key:
            rows = sum_word(data, first, i, key, model.dictionary, model.matrix, desk, memory.sums[slot])
            memory.words[slot, 0] = key
            memory.words[slot, 1] = rows
        count += int(np.int64(memory.words[slot, 1]))
        slots[waiting] = slot
        waiting += 1
        i = word_start(data, i, stop)
    add_rows(memory.sums, slots, waiting, hidden)
    if model.end >= 0:
        slots[0] = model.end
        add_rows(model.matrix, slots, 1, hidden)
        count += 1
    return count


@inline
def _hash_words(
    data: NDArray[np.uint8], start: int, stop: int, dictionary: Dictionary, hashes: NDArray[np.int32]
) -> int:
    """Write fastText's hash of each word, and of the `</s>` at the end, and count them."""
    count = 0
    i = word_start(data, start, stop)
    while i < stop:
        first, i = i, word_stop(data, i, stop)
        if is_end(data, first, i):
            break
        entry = find_entry(dictionary, hash_bytes(data, first, i))
        if not is_label(data, first, i, entry, dictionary.words):
            hashes[count] = np.int32(fnv_hash(data, first, i))
            count += 1
        i = word_start(data, i, stop)
    hashes[count] = np.int32(fnv_hash(_END, 0, len(_END)))
    return count + 1


@inline
def _add_phrases(
    hashes: NDArray[np.int32],
    words: int,
    model: Classifier,
    found: NDArray[np.int32],
    hidden: NDArray[np.float32],
) -> int:
    """Add the rows of every run of 2 to `phrase` words, and count them."""
    count = 0
    for first in range(words):
        state = np.uint64(np.int64(hashes[first]))
        for word in range(first + 1, min(first + model.phrase, words)):
            state = state * _PHRASE + np.uint64(np.int64(hashes[word]))
            row = ngram_row(model.dictionary, state % np.uint64(model.dictionary.buckets))
            if row >= 0:
                found[0] = row
                add_rows(model.matrix, found, 1, hidden)
                count += 1
    return count


@kernel
def classify(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], model: Classifier, memory: Memory
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The most probable label of each text (int32, -1 where there is none) and its probability (float32, 0 to 1).

    A text without a letter (`str.isalpha`) has no label, nor has one of which the model knows nothing.
    """
    texts = len(offsets) - 1
    labels = np.full(texts, -1, np.int32)
    probabilities = np.zeros(texts, np.float32)
    most_bytes = longest(offsets)
    desk = Desk(
        np.empty(most_bytes + 2, np.uint8),
        np.empty(most_bytes + 3, np.int32),
        np.empty(most_bytes + 2, np.uint32),
        np.empty(BATCH, np.int32),
    )
    slots = np.empty(BATCH, np.int32)
    hashes = np.empty(most_bytes // 2 + 2 if model.phrase > 1 else 0, np.int32)
    hidden = np.empty(model.matrix.shape[1], np.float32)
    nodes = np.empty(len(model.output.weights) + 1, np.int32)
    scores = np.empty(len(nodes), np.float64)
    values = np.empty(len(model.output.weights), np.float32)
    for text in range(texts):
        start, stop = offsets[text], offsets[text + 1]
        if not any_of(data, start, stop, LETTER):
            continue
        hidden[:] = 0
        rows = _add_words(data, start, stop, model, memory, desk, slots, hidden)
        if model.phrase > 1:
            words = _hash_words(data, start, stop, model.dictionary, hashes)
            rows += _add_phrases(hashes, words, model, desk.found, hidden)
        if rows == 0:
            continue
        share = np.float32(1.0 / rows)
        hidden *= share
        label, probability = best_label(model.output, hidden, nodes, scores, values)
        if label >= 0:
            labels[text], probabilities[text] = label, min(probability, 1.0)
    return labels, probabilities
