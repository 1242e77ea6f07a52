"""What kind of character a code point is, as bits, and reading one from UTF-8.

Whitespace and letters are those of `str.isspace` and `str.isalpha` of the running Python, so a word is what
`str.split` gives and a letter is a letter in any script. The marks that end sentences are listed here;
Python does not know them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from filters.kernels.jit import inline

SPACE = 1
LETTER = 2
END_SPACED = 4  # ends a sentence where whitespace or the end of the line follows: 3.5 and a.b end nothing
END = 8  # ends a sentence wherever it stands: its script may write no spaces, and gives it no other use
QUOTE = 16  # closes a quotation
BRACKET = 32  # closes a bracket

CLOSER = QUOTE | BRACKET  # may stand between a mark and the whitespace after it
TERMINAL = (
    END_SPACED | END | QUOTE
)  # "terminal punctuation": a period, question or exclamation mark, or end quote

SENTENCE_MARKS_SPACED = ".?!…‽⁇⁈⁉"
SENTENCE_MARKS = (
    "。．！？｡︒︕︖"  # Chinese and Japanese, wide, half-wide and vertical
    "؟۔܀܁܂"  # Arabic, Urdu, Syriac
    "।॥෴"  # Indic dandas, Sinhala
    "၊။។៕།༎"  # Burmese, Khmer, Tibetan
    "։՞՜።፧፨"  # Armenian, Ethiopic
    "᙮᠃᠉᱾᱿"  # Canadian syllabics, Mongolian, Santali
)
CLOSING_QUOTES = '"”’»›」』＂｣〞'
CLOSING_BRACKETS = ")]}）］｝】〕〉》"

_LAST_PLANE_WITH_CLASSES = 0x40000  # nothing above it is a letter or a space (a test holds this)


def _classes() -> NDArray[np.uint8]:
    """The bits of every code point, uint8 (0x110000,)."""
    characters = np.arange(_LAST_PLANE_WITH_CLASSES, dtype=np.uint32).view("<U1")
    classes = np.zeros(0x110000, np.uint8)
    low = classes[:_LAST_PLANE_WITH_CLASSES]
    low |= np.strings.isspace(characters) * np.uint8(SPACE)  # str.isspace of each, many at a time
    low |= np.strings.isalpha(characters) * np.uint8(LETTER)
    for bit, members in (
        (END_SPACED, SENTENCE_MARKS_SPACED),
        (END, SENTENCE_MARKS),
        (QUOTE, CLOSING_QUOTES),
        (BRACKET, CLOSING_BRACKETS),
    ):
        classes[[ord(member) for member in members]] |= np.uint8(bit)
    return classes


# In the functions below np.int64 widens a byte (numba would keep uint8, and shift its bits out), int is for
# the type checker, and an unsigned index spares the question whether it counts from the end.

# Most runs of 256 code points are alike, so the table has two stages: which run, then which of its members.
_CLASSES = _classes()
_RUNS, _RUN_OF = np.unique(_CLASSES.reshape(-1, 256).view("V256")[:, 0], return_inverse=True)
_CLASS = _RUNS.view(np.uint8).reshape(-1)
_RUN = _RUN_OF.reshape(-1).astype(np.uint16)
_ASCII = _CLASSES[:128].copy()


@inline
def class_of(point: int) -> int:
    """The bits of a code point."""
    return int(np.int64(_CLASS[np.int64(_RUN[point >> 8]) << 8 | point & 255]))


@inline
def decode(data: NDArray[np.uint8], at: int) -> tuple[np.int64, int]:
    """The code point at this byte of valid UTF-8, and how many bytes it takes."""
    first = np.int64(data[at])
    if first < 0x80:
        return first, 1
    if first < 0xE0:
        return (first & 0x1F) << 6 | (np.int64(data[at + 1]) & 0x3F), 2
    if first < 0xF0:
        return (first & 0x0F) << 12 | (np.int64(data[at + 1]) & 0x3F) << 6 | (
            np.int64(data[at + 2]) & 0x3F
        ), 3
    high = (first & 0x07) << 18 | (np.int64(data[at + 1]) & 0x3F) << 12
    return high | (np.int64(data[at + 2]) & 0x3F) << 6 | (np.int64(data[at + 3]) & 0x3F), 4


@inline
def character(data: NDArray[np.uint8], i: int, stop: int) -> tuple[int, int]:
    """The bits of the character that starts at byte i, and its width in bytes (which never passes `stop`)."""
    lead = int(np.int64(data[np.uint64(i)]))
    if lead < 0x80:
        return int(np.int64(_ASCII[np.uint64(lead)])), 1
    width = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    if i + width > stop:
        return 0, stop - i
    point = lead & (0x7F >> width)
    for k in range(1, width):
        point = point << 6 | int(np.int64(data[i + k])) & 0x3F
    return class_of(point), width


@inline
def any_of(data: NDArray[np.uint8], start: int, stop: int, wanted: int) -> bool:
    """Whether a character of data[start:stop] has one of the wanted bits."""
    while start < stop:
        bits, width = character(data, start, stop)
        if bits & wanted:
            return True
        start += width
    return False


@inline
def last_character(data: NDArray[np.uint8], start: int, stop: int) -> int:
    """The bits of the last character of data[start:stop], which is not empty."""
    i = stop - 1
    while i > start and data[i] & 0xC0 == 0x80:
        i -= 1
    bits, _ = character(data, i, stop)
    return bits
