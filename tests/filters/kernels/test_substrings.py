"""Phrases are found where the lower-cased text holds the lower-cased phrase."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from filters.kernels.buffers import text_buffers
from filters.kernels.jit import kernel
from filters.kernels.substrings import compile_substrings, count_ends, lower

# K, Kelvin and the long s are of different widths in UTF-8; dotted İ has no lower-case form of one character.
letters = st.text(alphabet="abABkKKsSſiİıσςΣßẞäÄяЯ𐐀𐐨 ")


@kernel
def _count(data: NDArray[np.uint8], offsets: NDArray[np.int64], steps: NDArray[np.int32]) -> int:
    return count_ends(data, offsets[0], offsets[1], steps)


def count(text: str, phrases: tuple[str, ...]) -> int:
    steps = compile_substrings(phrases).steps
    return int(_count(*text_buffers(pa.array([text], pa.large_string())), steps))


def lowered(text: str) -> str:
    return "".join(map(lower, text))


def ends(text: str, phrases: tuple[str, ...]) -> int:
    return sum(
        any(phrase and lowered(text[:stop]).endswith(lowered(phrase)) for phrase in phrases)
        for stop in range(1, len(text) + 1)
    )


@given(letters, st.lists(letters.map(lambda text: text[:4]), max_size=4).map(tuple))
def test_few_letters(text: str, phrases: tuple[str, ...]) -> None:
    assert count(text, phrases) == ends(text, phrases)


@given(st.text(), st.text(), st.text(min_size=1))
def test_any_text(before: str, after: str, phrase: str) -> None:
    text = before + phrase + after
    assert count(text, (phrase,)) == ends(text, (phrase,)) > 0


def test_no_phrases_find_nothing() -> None:
    assert count("some text", ()) == count("some text", ("",)) == 0


def test_nothing_has_case_above_the_last_that_is_looked_at() -> None:
    assert all(chr(point).lower() == chr(point) for point in range(0x20000, 0x110000))


def test_only_dotted_i_has_a_longer_lower_case_form() -> None:
    longer = [chr(point) for point in range(0x110000) if len(chr(point).lower()) > 1]
    assert longer == ["İ"]
