"""Words, lines and paragraphs, found in UTF-8 bytes: the definitions that every filter shares.

- A *word* is what `str.split()` gives: a run of characters none of which is whitespace (`str.isspace`).
  Punctuation belongs to the word it touches, and a text in a script without spaces is one long word.
- A *line* is what stands between line feeds, without the whitespace at its two ends (so that `\\r\\n` ends a
  line as `\\n` does). A line without a word is blank, and a blank line is no line. U+0085, U+2028, form
  feeds and lone carriage returns are whitespace and end no line.
- A *paragraph* is a run of lines with no blank line between them.

In plain Python, where the text of a paragraph is its lines with a line feed between two:

    words = text.split()
    stripped = [line.strip() for line in text.split("\\n")]
    lines = [line for line in stripped if line]
    paragraphs = ["\\n".join(run) for some, run in itertools.groupby(stripped, bool) if some]

A kernel has scratch arrays, as long as the `longest` text asks for, that `find_lines` fills anew for each text.
Word w is `data[edges[2 * w]:edges[2 * w + 1]]`. Line l is the words from `line_starts[l]` up to
`line_starts[l + 1]`, and paragraphs are made of lines in the same way.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.kernels.blocks import NONE, ONE, SIZE, between, equal, first, lowest, ones, without_lowest
from filters.kernels.buffers import text_buffers
from filters.kernels.chunks import count_points
from filters.kernels.hashing import hash_bytes
from filters.kernels.jit import inline, kernel
from filters.kernels.unicode import SPACE, character

_LINE_FEED = 10
_AT_ONCE = 4
EDGES_MORE = 2 + _AT_ONCE  # how much longer than the longest text `edges` is


@inline
def longest(offsets: NDArray[np.int64]) -> int:
    """The most bytes that a text has."""
    most = 0
    for text in range(len(offsets) - 1):
        most = max(most, int(offsets[text + 1] - offsets[text]))
    return most


@inline
def _wide_spaces(data: NDArray[np.uint8], i: int, stop: int) -> tuple[np.uint64, np.uint64]:
    """The bytes of whitespace above ASCII that starts in the block at i: in this block, and in the next."""
    here = after = NONE
    if between(data, i, stop, 0x80, 0xFF) == NONE:
        return here, after
    maybe = (  # U+0080 to U+00BF, U+1680 to U+16BF, U+2000 to U+207F and U+3000
        equal(data, i, stop, 0xC2)
        | equal(data, i, stop, 0xE1) & equal(data, i + 1, stop, 0x9A)
        | equal(data, i, stop, 0xE2) & between(data, i + 1, stop, 0x80, 0x81)
        | equal(data, i, stop, 0xE3) & equal(data, i + 1, stop, 0x80) & equal(data, i + 2, stop, 0x80)
    )
    while maybe != NONE:
        k = lowest(maybe)
        bits, width = character(data, i + k, stop)
        if bits & SPACE:
            here |= first(width) << np.uint64(k)
            after |= first(width) >> ONE >> np.uint64(SIZE - 1 - k)
        maybe = without_lowest(maybe)
    return here, after


@inline
def spaces(data: NDArray[np.uint8], i: int, stop: int) -> tuple[np.uint64, np.uint64]:
    """The bytes of whitespace that starts in the block at i: in this block, and in the next."""
    wide, after = _wide_spaces(data, i, stop)
    return between(data, i, stop, 0x09, 0x0D) | between(data, i, stop, 0x1C, 0x20) | wide, after


@inline
def _write_places(mask: np.uint64, i: int, places: NDArray[np.int64], count: int) -> int:
    """Write the place of each bit of a block's mask to places[count:], and count on.

    Always some at once, and so perhaps a few places too many, which the next ones overwrite: how many bits a mask has
    cannot be predicted, and to guess at each would take most of the time.
    """
    end = count + int(ones(mask))
    while count < end:
        for k in range(_AT_ONCE):
            places[np.uint64(count + k)] = i + lowest(mask)
            mask = without_lowest(mask)
        count += _AT_ONCE
    return end


@inline
def find_lines(
    data: NDArray[np.uint8],
    start: int,
    stop: int,
    edges: NDArray[np.int64],
    line_starts: NDArray[np.int64],
    paragraph_starts: NDArray[np.int64],
) -> tuple[int, int, int]:
    """Find the words, lines and paragraphs of data[start:stop], and count each.

    Writes where each word starts and ends, the first word of each line and the first line of each paragraph, and
    after the last start where it ends. `edges` is EDGES_MORE longer than the text; the others have
    room for one more than there are words.
    """
    edge = lines = paragraphs = 0
    first_word = first_line = 0  # of the line and the paragraph that are being read
    line_starts[0] = paragraph_starts[0] = 0
    outside, carried = ONE, NONE
    for i in range(start, stop, SIZE):
        space, after = spaces(data, i, stop)
        space |= carried
        changes = (space ^ (space << ONE | outside)) & first(stop - i)
        outside, carried = space >> np.uint64(SIZE - 1), after
        feeds = equal(data, i, stop, _LINE_FEED)
        while feeds != NONE:
            words = (edge + int(ones(changes & (feeds ^ (feeds - ONE))))) // 2  # begun before this line feed
            if words > first_word:
                lines += 1
                line_starts[lines] = first_word = words
            elif lines > first_line:
                paragraphs += 1
                paragraph_starts[paragraphs] = first_line = lines
            feeds = without_lowest(feeds)
        edge = _write_places(changes, i, edges, edge)
    edges[edge] = stop
    words = (edge + 1) // 2
    if words > first_word:
        lines += 1
        line_starts[lines] = words
    if lines > first_line:
        paragraphs += 1
        paragraph_starts[paragraphs] = lines
    return words, lines, paragraphs


@inline
def count_word_points(data: NDArray[np.uint8], edges: NDArray[np.int64], start: int, stop: int) -> int:
    """The code points in the words from `start` up to `stop`."""
    points = 0
    for word in range(start, stop):
        points += count_points(data, edges[2 * word], edges[2 * word + 1])
    return points


@inline
def _count(data: NDArray[np.uint8], start: int, stop: int) -> int:
    """The words of data[start:stop]."""
    words = 0
    outside, carried = ONE, NONE
    for i in range(start, stop, SIZE):
        space, after = spaces(data, i, stop)
        space |= carried
        words += int(ones(~space & (space << ONE | outside) & first(stop - i)))
        outside, carried = space >> np.uint64(SIZE - 1), after
    return words


@inline
def line_span(edges: NDArray[np.int64], line_starts: NDArray[np.int64], line: int) -> tuple[int, int]:
    """Where a line starts and ends, in bytes: its first word's start and its last one's end."""
    return edges[2 * line_starts[line]], edges[2 * line_starts[line + 1] - 1]


@kernel
def _count_words(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    counts = np.empty(len(offsets) - 1, np.int64)
    for text in range(len(counts)):
        counts[text] = _count(data, offsets[text], offsets[text + 1])
    return counts


@kernel
def _hash_texts(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.uint64]:
    hashes = np.empty(len(offsets) - 1, np.uint64)
    for text in range(len(hashes)):
        hashes[text] = hash_bytes(data, offsets[text], offsets[text + 1])
    return hashes


def count_words(texts: pa.LargeStringArray) -> NDArray[np.int64]:
    """`len(text.split())` of each text, int64 (texts,)."""
    return _count_words(*text_buffers(texts))


def hash_words(words: tuple[str, ...]) -> NDArray[np.uint64]:
    """`hash_bytes` of each of these words, uint64 (words,)."""
    return _hash_texts(*text_buffers(pa.array(words, pa.large_string())))
