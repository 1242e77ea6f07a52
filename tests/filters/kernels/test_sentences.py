"""Sentences are what the regular expression says they are."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from filters.kernels.buffers import text_buffers
from filters.kernels.jit import kernel
from filters.kernels.sentences import count_sentences
from filters.kernels.unicode import CLOSING_BRACKETS, CLOSING_QUOTES, SENTENCE_MARKS, SENTENCE_MARKS_SPACED

SPACED, ANYWHERE, CLOSERS = (
    "[" + re.escape(characters) + "]"
    for characters in (SENTENCE_MARKS_SPACED, SENTENCE_MARKS, CLOSING_QUOTES + CLOSING_BRACKETS)
)
END = re.compile(rf"{ANYWHERE}|{SPACED}(?:{SPACED}|{CLOSERS})*(?=\s|\Z)")
CONTENT = re.compile(rf"(?!{SPACED}|{ANYWHERE}|{CLOSERS})\S")


def sentences(text: str) -> int:
    return sum(bool(CONTENT.search(piece)) for line in text.split("\n") for piece in END.split(line))


@kernel
def _count(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> int:
    return count_sentences(data, offsets[1], offsets[2])


def count(text: str) -> int:
    return int(_count(*text_buffers(pa.array(["before.", text, "after."], pa.large_string()))))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("\n \n", 0),
        ("...", 0),
        ("A heading", 1),
        ("One. Two! Three? Four", 4),
        ('Wait... what?! (Really.) "Yes." he said', 5),
        ("Version 3.5 of example.com is out", 1),
        ("one\ntwo\r\n\nthree", 3),
        ("今日は。明日は！「はい。」", 3),
        ("क्या? हाँ। नहीं॥", 3),
        ("هل؟ نعم۔", 2),
        ("one.\u3000two.\u2028three", 3),
        ("a.b a. b", 2),
        ("\0", 1),
    ],
)
def test_examples(text: str, expected: int) -> None:
    assert count(text) == sentences(text) == expected


@given(st.one_of(st.text(), st.text(alphabet='ab.!…。।")」 \n\t\u3000')))
def test_is_the_definition(text: str) -> None:
    assert count(text) == sentences(text)
