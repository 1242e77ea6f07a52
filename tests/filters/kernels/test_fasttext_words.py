"""fastText's words and their subwords are what their plain definitions say."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from filters.kernels.fasttext_dictionary import Dictionary, index_entries
from filters.kernels.fasttext_words import Scratch, find_words, fnv_hash, sum_word
from filters.kernels.hashing import hash_bytes
from filters.kernels.jit import kernel

WORDS = ["</s>", "the", "été", "夕方", "<a>"]
BUCKETS = 50
texts = st.one_of(
    st.text(),
    st.text(alphabet="ab é夕🙂<>_ \t\n\v\f\r\0\x1c\x85\xa0\u2028"),
    st.lists(st.sampled_from([*WORDS, "__label__", "__label__a", "x" * 9]), max_size=6).map(" ".join),
)


@kernel
def _scratch(size: int) -> Scratch:
    return Scratch(
        np.empty(size + 2, np.int64),
        np.empty(size + 2, np.uint64),
        np.empty(size + 2, np.int32),
        np.empty(size + 2, np.uint8),
        np.empty(size + 3, np.int32),
        np.empty(size + 2, np.uint32),
        np.empty(size + 3, np.int32),
    )


@kernel
def _find(data: NDArray[np.uint8]) -> tuple[int, NDArray[np.int64]]:
    scratch = _scratch(len(data))
    return find_words(data, 0, len(data), scratch), scratch.edges


@kernel
def _sum(
    data: NDArray[np.uint8], dictionary: Dictionary, matrix: NDArray[np.float32]
) -> tuple[int, NDArray[np.float32]]:
    sums = np.full(matrix.shape[1], 7, np.float32)
    key = hash_bytes(data, 0, len(data))
    return sum_word(data, 0, len(data), key, dictionary, matrix, _scratch(len(data)), sums), sums


@kernel
def _fnv(data: NDArray[np.uint8]) -> int:
    return fnv_hash(data, 0, len(data))


def array(content: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(content, np.uint8)


def hash_of(content: bytes) -> int:
    """FNV-1a of 32 bits, but that a byte is a signed number."""
    state = 2166136261
    for byte in content:
        state = (state ^ (byte - 256 if byte > 127 else byte)) * 16777619 & 0xFFFFFFFF
    return state


def ids_of(word: str, minn: int, maxn: int) -> list[int]:
    spelled = "<" + word + ">"
    return [
        hash_of(spelled[start : start + n].encode()) % BUCKETS
        for start in range(len(spelled))
        for n in range(max(minn, 1), min(maxn, len(spelled) - start) + 1)
        if not (n == 1 and start in (0, len(spelled) - 1))
    ]


def rows_of(word: str, minn: int, maxn: int, kept: dict[int, int] | None) -> Counter[int]:
    if word not in WORDS and word.startswith("__label__"):
        return Counter()
    own = [WORDS.index(word)] if word in WORDS else []
    ids = ids_of(word, minn, maxn)
    places = ids if kept is None else [kept[number] for number in ids if number in kept]
    return Counter(own + [len(WORDS) + place for place in places])


def dictionary(minn: int, maxn: int, kept: dict[int, int] | None) -> Dictionary:
    ends = np.cumsum([len(word.encode()) for word in WORDS])
    edges = np.stack([np.concatenate([[0], ends[:-1]]), ends], 1)
    bits, rows = np.zeros(0, np.uint8), np.zeros(0, np.int32)
    if kept is not None:
        rows = np.array([kept.get(bucket, 0) for bucket in range(BUCKETS)], np.int32)
        bits = np.packbits([bucket in kept for bucket in range(BUCKETS)], bitorder="little")
    slots, entries = index_entries(array("".join(WORDS).encode()), edges)
    return Dictionary(slots, entries, len(WORDS), bits, rows, BUCKETS, minn, maxn)


@given(texts)
@example("ab </s> cd")
@example("1234567 12345678 123456789")
def test_find_words(text: str) -> None:
    content = text.encode()
    expected = [word for word in re.split(b"[ \n\r\t\v\f\0]+", content) if word]
    if b"</s>" in expected:
        expected = expected[: expected.index(b"</s>")]
    words, edges = _find(array(content))
    assert [content[edges[2 * word] : edges[2 * word + 1]] for word in range(words)] == expected


@given(st.binary())
def test_fnv_hash(content: bytes) -> None:
    assert _fnv(array(content)) == hash_of(content)


@given(
    texts,
    st.integers(0, 4),
    st.integers(0, 7),
    st.none()
    | st.lists(st.integers(0, BUCKETS - 1), unique=True).map(lambda ids: {i: k for k, i in enumerate(ids)}),
)
@example("the", 2, 4, None)
@example("x" * 200, 1, 3, None)
def test_sum_word(text: str, minn: int, maxn: int, kept: dict[int, int] | None) -> None:
    matrix = np.eye(len(WORDS) + BUCKETS, dtype=np.float32)  # so that a sum counts each row
    for word in re.split("[ \n\r\t\v\f\0]+", text):
        if word:
            count, sums = _sum(array(word.encode()), dictionary(minn, maxn, kept), matrix)
            expected = rows_of(word, minn, maxn, kept)
            assert (count, {row: sums[row] for row in np.flatnonzero(sums)}) == (expected.total(), expected)
