"""The label of each text by a fastText classifier.

The hidden vector of a text is the mean of its words' rows and, if the model has such, its phrases' (n-grams of
words). Words come again and again, so the sum of a word's rows is kept in a memory that lives as long as the
model. A word has one slot there, and takes it from whichever word had it: so the memory never grows. A sum that is
remembered is the very one that would be computed again, so what a text is given does not depend on what was read
before it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from filters.kernels.fasttext_dictionary import Dictionary, find_entry, has_row, ngram_row
from filters.kernels.fasttext_labels import Output, best_label
from filters.kernels.fasttext_words import (
    END,
    Scratch,
    add_rows,
    find_words,
    fnv_hash,
    is_label,
    sum_word,
)
from filters.kernels.hashing import hash_bytes
from filters.kernels.jit import inline, kernel
from filters.kernels.unicode import LETTER, any_of
from filters.kernels.words import longest

_END = np.frombuffer(END, np.uint8)
_PHRASE = np.uint64(116049371)  # what fastText multiplies with to hash an n-gram of words
_AT_ONCE = 1024  # n-grams of a word, of every length, whose rows are added at once: room for most words' own


class Memory(NamedTuple):
    """The words met lately: the hash of the one in each slot and how many rows it has (uint64, slots x 2; a power
    of two of slots), and the sum of these rows (float32, slots x size of a row)."""

    words: NDArray[np.uint64]
    sums: NDArray[np.float32]


class Classifier(NamedTuple):
    """`matrix` is the input matrix, float32 (rows, size of a row). `phrase` is how many words an n-gram of words has
    at most (1: the model has none)."""

    dictionary: Dictionary
    matrix: NDArray[np.float32]
    output: Output
    phrase: int


@inline
def _add_words(
    data: NDArray[np.uint8],
    words: int,
    model: Classifier,
    memory: Memory,
    scratch: Scratch,
    hidden: NDArray[np.float32],
) -> int:
    """Add the rows of these words, and count them.

    Sums that wait in their slots are added before a word takes a slot, which may be one of theirs.
    """
    mask = len(memory.words) - 1
    rows = added = 0
    for word in range(words):
        key = scratch.keys[word]
        slot = int(np.int64(key)) & mask
        if memory.words[slot, 0] != key:
            add_rows(memory.sums, scratch.slots, added, word, hidden)
            added = word
            start, stop = scratch.edges[2 * word], scratch.edges[2 * word + 1]
            count = sum_word(
                data, start, stop, key, model.dictionary, model.matrix, scratch, memory.sums[slot]
            )
            memory.words[slot, 0], memory.words[slot, 1] = key, np.uint64(count)
        scratch.slots[word] = slot
        rows += int(np.int64(memory.words[slot, 1]))
    add_rows(memory.sums, scratch.slots, added, words, hidden)
    return rows


@inline
def _hash_words(data: NDArray[np.uint8], words: int, dictionary: Dictionary, scratch: Scratch) -> int:
    """Write fastText's own hash of each word, and of the `</s>` at the end, into `slots`, and count them."""
    count = 0
    for word in range(words):
        start, stop = scratch.edges[2 * word], scratch.edges[2 * word + 1]
        if not is_label(data, start, stop, find_entry(dictionary, scratch.keys[word]), dictionary.words):
            scratch.slots[count] = np.int32(fnv_hash(data, start, stop))
            count += 1
    scratch.slots[count] = np.int32(fnv_hash(_END, 0, len(_END)))
    return count + 1


@inline
def _add_phrases(
    hashes: NDArray[np.int32],
    words: int,
    model: Classifier,
    found: NDArray[np.int32],
    hidden: NDArray[np.float32],
) -> int:
    """Add the rows of every run of 2 to `phrase` words with these hashes, and count them."""
    count = 0
    for first in range(words):
        state = np.uint64(np.int64(hashes[first]))
        for word in range(first + 1, min(first + model.phrase, words)):
            state = state * _PHRASE + np.uint64(np.int64(hashes[word]))
            bucket = state % np.uint64(model.dictionary.buckets)
            if has_row(model.dictionary, bucket):
                found[0] = ngram_row(model.dictionary, bucket)
                add_rows(model.matrix, found, 0, 1, hidden)
                count += 1
    return count


@inline
def _add_text(
    data: NDArray[np.uint8],
    start: int,
    stop: int,
    model: Classifier,
    memory: Memory,
    scratch: Scratch,
    hidden: NDArray[np.float32],
) -> int:
    """Add the rows of data[start:stop], which is a line with `</s>` at its end, and count them."""
    words = find_words(data, start, stop, scratch)
    rows = _add_words(data, words, model, memory, scratch, hidden)
    end = find_entry(model.dictionary, hash_bytes(_END, 0, len(_END)))
    if 0 <= end < model.dictionary.words:
        scratch.found[0] = end
        add_rows(model.matrix, scratch.found, 0, 1, hidden)
        rows += 1
    if model.phrase > 1:
        words = _hash_words(data, words, model.dictionary, scratch)
        rows += _add_phrases(scratch.slots, words, model, scratch.found, hidden)
    return rows


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
    scratch = Scratch(
        np.empty(most_bytes + 2, np.int64),
        np.empty(most_bytes // 2 + 2, np.uint64),
        np.empty(most_bytes // 2 + 2, np.int32),
        np.empty(most_bytes + 2, np.uint8),
        np.empty(most_bytes + 3, np.int32),
        np.empty(most_bytes + 2, np.uint32),
        np.empty(most_bytes + _AT_ONCE, np.int32),
    )
    hidden = np.empty(model.matrix.shape[1], np.float32)
    nodes = np.empty(len(model.output.weights) + 1, np.int32)
    scores = np.empty(len(nodes), np.float64)
    values = np.empty(len(model.output.weights), np.float32)
    for text in range(texts):
        start, stop = offsets[text], offsets[text + 1]
        if not any_of(data, start, stop, LETTER):
            continue
        hidden[:] = 0
        rows = _add_text(data, start, stop, model, memory, scratch, hidden)
        if rows == 0:
            continue
        hidden *= np.float32(1.0 / rows)
        label, probability = best_label(model.output, hidden, nodes, scores, values)
        if label >= 0:
            labels[text], probabilities[text] = label, min(probability, 1.0)
    return labels, probabilities
