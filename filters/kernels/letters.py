"""What words are made of, counted without looking at any word alone: 64 bytes at a time.

Words are those of `filters.kernels.words`; letters are those of `str.isalpha`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from filters.kernels.blocks import NONE, ONE, SIZE, between, first, lowest, ones, without_lowest
from filters.kernels.jit import inline
from filters.kernels.unicode import LETTER, SPACE, character
from filters.kernels.words import spaces


@inline
def _has_letter(data: NDArray[np.uint8], i: int, stop: int) -> bool:
    """Whether a letter stands at i or later in the word that i is in."""
    while i < stop:
        bits, width = character(data, i, stop)
        if bits & (LETTER | SPACE):
            return bits & LETTER != 0
        i += width
    return False


@inline
def count_in_words(data: NDArray[np.uint8], start: int, stop: int) -> tuple[int, int]:
    """The code points in words, and the words that hold a letter.

    A word is passed over from its start to its first byte that is a letter in ASCII or none of ASCII. That is an addition:
    where the bytes to pass over are ones, to add one at the start carries it up to the first zero. What the zero is
    says the rest: a letter, whitespace (the word has ended without one), or a character to look at.
    """
    points = with_letter = 0
    outside, carried, passing = ONE, NONE, NONE
    for i in range(start, stop, SIZE):
        within = first(stop - i)
        space, after = spaces(data, i, stop)
        space |= carried
        high = between(data, i, stop, 0x80, 0xFF) & ~space
        letter = between(data, i, stop, 0x41, 0x5A) | between(data, i, stop, 0x61, 0x7A)
        starts = ~space & (space << ONE | outside)
        passed = within & ~(space | high | letter)
        reached = passed + (starts & within | passing)
        passing = np.uint64(reached < passed)
        with_letter += int(ones(reached & letter))
        unsure = reached & high
        while unsure != NONE:
            with_letter += _has_letter(data, i + lowest(unsure), stop)
            unsure = without_lowest(unsure)
        points += int(ones(within & ~space & ~between(data, i, stop, 0x80, 0xBF)))
        outside, carried = space >> np.uint64(SIZE - 1), after
    return points, with_letter
