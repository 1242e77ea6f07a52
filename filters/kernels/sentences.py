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

from filters.kernels.jit import inline
from filters.kernels.unicode import CLOSER, END, END_SPACED, SPACE, character

_LINE_FEED = 10
_NO_CONTENT = SPACE | END | END_SPACED | CLOSER


@inline
def count_sentences(data: NDArray[np.uint8], start: int, stop: int) -> int:
    """The sentences of data[start:stop]."""
    count = 0
    begun = False  # something has been said since the last end
    marked = False  # only marks and closers since a mark that needs whitespace
    i = start
    while i < stop:
        bits, width = character(data, i, stop)
        ends = (bits & END != 0) | (marked & (bits & SPACE != 0)) | (data[i] == _LINE_FEED)
        content = bits & _NO_CONTENT == 0
        count += begun & ends
        begun = (begun & (not ends)) | content
        marked = (marked | (bits & END_SPACED != 0)) & (not ends) & (not content)
        i += width
    return count + begun
