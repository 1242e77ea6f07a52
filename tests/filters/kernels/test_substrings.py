"""Phrases are found where the lower-cased text holds the lower-cased phrase."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from filters.kernels.buffers import text_buffers
from filters.kernels.jit import kernel
from filters.kernels.substrings import compile_substrings, count_ends, lower, may_stand

# K, Kelvin and the long s are of different widths in UTF-8; dotted İ has no lower-case form of one character.
letters = st.text(alphabet="abABkKKsSſiİıσςΣßẞäÄяЯ𐐀𐐨 ")


@kernel
def _count(data: NDArray[np.uint8], offsets: NDArray[np.int64], steps: NDArray[np.int32]) -> int:
    return count_ends(data, offsets[0], offsets[1], steps)


@kernel
def _may_stand(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], steps: NDArray[np.int32], probes: NDArray[np.uint8]
) -> bool:
    return may_stand(data, offsets[1], offsets[2], steps, probes)


def may(text: str, phrases: tuple[str, ...]) -> bool:
    compiled = compile_substrings(phrases)
    texts = pa.array(["abcd", text, "abcd"], pa.large_string())
    return bool(_may_stand(*text_buffers(texts), compiled.steps, compiled.probes))


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


@given(letters, st.lists(letters.map(lambda text: text[:6]), max_size=4).map(tuple))
def test_a_phrase_that_stands_may_stand(text: str, phrases: tuple[str, ...]) -> None:
    assert may(text, phrases) or not ends(text, phrases)


@given(st.text(), st.text(), st.text(min_size=1), st.booleans())
def test_any_phrase_that_stands_may_stand(before: str, after: str, phrase: str, upper: bool) -> None:
    spelled = "".join(c.upper() if upper and lower(c.upper()) == lower(c) else c for c in phrase)
    assert may(before + spelled + after, (phrase,))


def test_what_has_no_four_bytes_of_a_phrase_is_passed_over() -> None:
    phrases = ("privacy policy", "cookie policy", "файлы")
    assert not may("This page has its own price. " * 9 + "cook, poli and полы", phrases)
    assert may("x" * 70 + "COOKIE POLICY", phrases)
    assert may("ФАЙЛЫ", phrases)
    assert not may("some text", ()) and not may("some text", ("",))


def test_few_probes_serve_many_phrases() -> None:
    phrases = tuple(f"phrase {number}" for number in range(16))
    assert len(compile_substrings(phrases).probes) == 1
    assert len(compile_substrings((*phrases, "another")).probes) == 0  # they are too many
    assert may("some text", (*phrases, "another"))


def test_no_phrases_find_nothing() -> None:
    assert count("some text", ()) == count("some text", ("",)) == 0


def test_nothing_has_case_above_the_last_that_is_looked_at() -> None:
    assert all(chr(point).lower() == chr(point) for point in range(0x20000, 0x110000))


def test_only_dotted_i_has_a_longer_lower_case_form() -> None:
    longer = [chr(point) for point in range(0x110000) if len(chr(point).lower()) > 1]
    assert longer == ["İ"]
