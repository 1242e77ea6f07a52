"""Sentences, by marks alone: no abbreviations, no model, the same rule for every language.

A sentence ends
- at the end of its line;
- at a mark of `END` (`。` `।` `؟` ...), wherever it stands;
- at a mark of `END_SPACED` (`.` `?` `!` `…` ...) that whitespace or the end of the line follows; more marks,
  closing quotes and closing brackets may stand between the two.

What lies between two ends is a sentence if anything but whitespace, marks and closing quotes and brackets is
in it. So "Wait... what?! (Really.)" has three, a heading is one, "3.5" ends none, and "Mr. Lee" ends one
that people would not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from filters.kernels.blocks import NONE, SIZE, between, equal, lowest
from filters.kernels.jit import inline
from filters.kernels.unicode import CLOSER, END, END_SPACED, SPACE, character

_LINE_FEED = 10
_NO_CONTENT = SPACE | END | END_SPACED | CLOSER


@inline
def _content(data: NDArray[np.uint8], i: int, stop: int) -> int:
    """The first character from i on that has content, `stop` if none has."""
    while i < stop:
        bits, width = character(data, i, stop)
        if bits & _NO_CONTENT == 0:
            return i
        i += width
    return stop


@inline
def _may_end(data: NDArray[np.uint8], i: int, stop: int) -> int:
    """The first byte from i on that is a line feed, a mark in ASCII, or the first of a character above ASCII."""
    while i < stop:
        found = equal(data, i, stop, _LINE_FEED) | between(data, i, stop, 0x80, 0xFF)
        found |= equal(data, i, stop, 0x21) | equal(data, i, stop, 0x2E) | equal(data, i, stop, 0x3F)
        if found != NONE:
            return i + int(lowest(found))
        i += SIZE
    return stop


@inline
def _end(data: NDArray[np.uint8], i: int, stop: int) -> int:
    """The byte after the end of the sentence that has content before i; after `stop` if nothing ends it."""
    marked = False  # only marks and closers since a mark that needs whitespace
    while i < stop:
        bits, width = character(data, i, stop)
        if bits & END or data[i] == _LINE_FEED or (marked and bits & SPACE):
            return i + width
        marked = bits & END_SPACED != 0 or (marked and bits & CLOSER != 0)
        i += width
        if not marked and i < stop and data[i] < 0x80:
            i = _may_end(data, i, stop)
    return stop


@inline
def count_sentences(data: NDArray[np.uint8], start: int, stop: int) -> int:
    """The sentences of data[start:stop]."""
    count = 0
    i = _content(data, start, stop)
    while i < stop:
        count += 1
        i = _content(data, _end(data, i, stop), stop)
    return count
