"""Words, lines and paragraphs are what plain Python says they are."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.json
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from filters.kernels.buffers import text_array, text_buffers
from filters.kernels.jit import kernel
from filters.kernels.words import EDGES_MORE, count_words, find_lines, hash_words, longest

# Whitespace of every kind, what only looks like it (U+200B, U+FEFF), and the ends of the UTF-8 widths.
ODD = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000"
    "\u200b\ufeff\0a\x7f\x80߿ࠀ\uffff𐀀\U0010ffff"
)
texts = st.one_of(st.text(), st.text(alphabet=ODD), st.text(alphabet="ab \n\r"))


@kernel
def _spans(
    data: NDArray[np.uint8], offsets: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], int, int, int]:
    """What is found in the last text."""
    size = longest(offsets)
    edges, lines, paragraphs = (
        np.empty(size + EDGES_MORE, np.int64),
        np.empty(size + 2, np.int64),
        np.empty(size + 2, np.int64),
    )
    start, stop = offsets[len(offsets) - 2], offsets[len(offsets) - 1]
    words, line_count, paragraph_count = find_lines(data, start, stop, edges, lines, paragraphs)
    return edges, lines, paragraphs, words, line_count, paragraph_count


def array(texts: list[str]) -> pa.LargeStringArray:
    return pa.array(texts, pa.large_string())


@given(st.lists(texts, max_size=5), st.integers(0, 3))
def test_count_words_is_split(texts: list[str], start: int) -> None:
    column = array(texts)[start:]
    assert count_words(column).tolist() == [len(text.split()) for text in texts[start:]]


def test_every_code_point_between_two_letters_is_whitespace_where_python_says_so() -> None:
    points = [chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000]
    counts = count_words(array([f"a{character}b" for character in points]))
    assert [c for c, count in zip(points, counts, strict=True) if count == 2] == [
        c for c in points if c.isspace()
    ]


@given(st.lists(st.sampled_from([*ODD, "word", "  "]), max_size=5), st.integers(0, 130))
def test_what_stands_across_the_end_of_a_block(pieces: list[str], before: int) -> None:
    text = "x" * before + "".join(pieces) + "y"
    assert count_words(array([text, text])).tolist() == [len(text.split())] * 2


def test_count_words_of_a_column_without_texts() -> None:
    assert count_words(array([])).tolist() == []
    assert count_words(pa.array(["a b", None], pa.large_string())).tolist() == [2, 0]
    assert count_words(pa.array(["a b", None], pa.string())).tolist() == [2, 0]


def test_a_word_of_a_million_characters() -> None:
    assert count_words(array(["x" * 1_000_000, "é " * 1_000_000])).tolist() == [1, 1_000_000]


@given(texts, texts)
def test_spans(before: str, text: str) -> None:
    edges, lines, paragraphs, words, line_count, paragraph_count = _spans(
        *text_buffers(array([before, text]))
    )
    data = (before + text).encode()

    def between(first_word: int, last_word: int) -> str:
        return data[edges[2 * first_word] : edges[2 * last_word + 1]].decode()

    stripped = [line.strip() for line in text.split("\n")]
    assert [between(word, word) for word in range(words)] == text.split()
    found = [between(lines[line], lines[line + 1] - 1) for line in range(line_count)]
    assert found == [line for line in stripped if line]
    found_paragraphs = [
        found[paragraphs[paragraph] : paragraphs[paragraph + 1]] for paragraph in range(paragraph_count)
    ]
    assert found_paragraphs == [list(run) for some, run in itertools.groupby(stripped, bool) if some]


@given(st.lists(texts, max_size=5))
def test_text_array_undoes_text_buffers(texts: list[str]) -> None:
    assert text_array(*text_buffers(array(texts))).to_pylist() == texts


@given(st.lists(st.text(), min_size=2, max_size=6))
def test_hashes_differ_where_words_do(words: list[str]) -> None:
    hashes = hash_words(tuple(words)).tolist()
    assert len(set(hashes)) == len(set(words))
    alone = [hash_words((word,))[0] for word in words]  # a word at the end of the buffer is read byte by byte
    assert hashes == alone


@pytest.mark.parametrize("size", range(1, 26))
def test_every_byte_and_the_length_are_in_the_hash(size: int) -> None:
    words = ["\0" * size, "\0" * (size + 1), *("\0" * i + "\1" + "\0" * (size - i - 1) for i in range(size))]
    assert len(set(hash_words(tuple(words)).tolist())) == len(words)


def test_on_real_texts(shared_data: Path) -> None:
    table = pa.json.read_json(sorted((shared_data / "text" / "reddit").glob("*.jsonl.gz"))[0])
    column = table.column("text").slice(0, 2000).combine_chunks().cast(pa.large_string())
    assert count_words(column).tolist() == [len(text.split()) for text in column.to_pylist()]
