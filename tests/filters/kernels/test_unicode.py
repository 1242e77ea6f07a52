"""The classes of every code point there is."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from filters.kernels import unicode
from filters.kernels.buffers import text_buffers
from filters.kernels.chunks import count_points
from filters.kernels.jit import kernel
from filters.kernels.unicode import character, last_character

POINTS = [chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000]


@kernel
def _classes(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Of the characters of one text, and three bytes that are cut off."""
    out = np.zeros(count_points(data, offsets[0], offsets[1]), np.uint8)
    i, stop = offsets[0], offsets[1]
    for place in range(len(out)):
        bits, width = character(data, i, stop)
        out[place] = bits
        i += width
    return out


@kernel
def _last(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> int:
    return last_character(data, offsets[0], offsets[1])


@kernel
def _cut(data: NDArray[np.uint8], stop: int) -> tuple[int, int]:
    return character(data, 0, stop)


def buffers(text: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    return text_buffers(pa.array([text], pa.large_string()))


def test_all_code_points() -> None:
    classes = _classes(*buffers("".join(POINTS)))
    assert len(classes) == len(POINTS)

    def having(bit: int) -> set[str]:
        return {POINTS[place] for place in np.flatnonzero(classes & bit)}

    assert having(unicode.SPACE) == {c for c in POINTS if c.isspace()}
    assert having(unicode.LETTER) == {c for c in POINTS if c.isalpha()}
    assert having(unicode.END_SPACED) == set(unicode.SENTENCE_MARKS_SPACED)
    assert having(unicode.END) == set(unicode.SENTENCE_MARKS)
    assert having(unicode.QUOTE) == set(unicode.CLOSING_QUOTES)
    assert having(unicode.BRACKET) == set(unicode.CLOSING_BRACKETS)


def test_the_classes_of_marks_exclude_each_other() -> None:
    marks = (
        unicode.SENTENCE_MARKS_SPACED
        + unicode.SENTENCE_MARKS
        + unicode.CLOSING_QUOTES
        + unicode.CLOSING_BRACKETS
    )
    assert len(set(marks)) == len(marks)
    assert not any(mark.isspace() or mark.isalnum() for mark in marks)


@given(st.text(min_size=1))
def test_last_character(text: str) -> None:
    assert _last(*buffers(text)) == _classes(*buffers(text[-1]))[0]


def test_a_character_that_is_cut_off_is_not_read_past_the_end() -> None:
    for cut in ("é", "中", "𐀀"):
        data = np.frombuffer(cut.encode(), np.uint8)
        for stop in range(1, len(data)):
            assert _cut(data, stop) == (0, stop)
