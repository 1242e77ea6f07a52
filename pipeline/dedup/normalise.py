"""When near-duplicate detection takes two characters for the same, and what it takes for a word."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from filters.kernels.minhash import ALONE, DROP, SPACE

_CODE_POINTS = 0x110000
# Beyond the third plane only plane 14 (tags, variation selectors) has characters that are not for private
# use.
_ASSIGNED = (range(0x34000), range(0xE0000, 0xE1000))
_ACCENTS = range(0x300, 0x370)

# Scripts that put no spaces between words. Each character counts as a word: five of them are a phrase, where
# the run up to the next space would be a sentence and a single changed character would hide a copy.
_UNSPACED = (
    range(0x0E00, 0x0F00),  # Thai, Lao
    range(0x0F40, 0x0FBD),  # Tibetan
    range(0x1000, 0x10A0),  # Burmese
    range(0x1780, 0x1800),  # Khmer
    range(0x3041, 0x3130),  # Hiragana, Katakana, Bopomofo
    range(0x31A0, 0x3200),  # their extensions, strokes
    range(0x3400, 0x4DC0),  # Han
    range(0x4E00, 0xA000),
    range(0xF900, 0xFB00),
    range(0xFF66, 0xFFA0),  # half-width Katakana
    range(0x20000, 0x33480),
)


class Normalisation(BaseModel):
    """What near-duplicates may differ in. The defaults are those of FineWeb (rules: lower case, digits to 0,
    punctuation and accents away); white space never matters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lower: bool = Field(default=True, description="Capital letters count as small ones.")
    digits: bool = Field(default=True, description="Every decimal digit, of any script, counts as 0.")
    punctuation: bool = Field(
        default=True,
        description="Punctuation and symbols count as spaces; invisible format characters are left out.",
    )
    accents: bool = Field(
        default=True,
        description="Letters lose their accents (U+0300 to U+036F); vowel signs of other scripts stay.",
    )

    def character(self, char: str) -> str:
        """What a character counts as: another, `" "` for a separator, or `""` for nothing. The definition."""
        if char.isspace():
            return " "
        if self.lower:
            char = char.lower()[0]  # the one longer result, of U+0130, is an i with an accent
        if self.accents:
            if ord(char) in _ACCENTS:
                return ""
            decomposed = unicodedata.normalize("NFD", char)
            if all(ord(mark) in _ACCENTS for mark in decomposed[1:]):
                char = decomposed[0]
        category = unicodedata.category(char)
        if self.digits and category == "Nd":
            return "0"
        if self.punctuation and category[0] in "PS":
            return " "
        if self.punctuation and category == "Cf":
            return ""
        return char

    def words(self, text: str) -> list[str]:
        """The words that a text counts as. The definition; `filters.kernels.minhash.fold` is what runs."""
        folded = ((char, self.character(char)) for char in text)
        spaced = [f" {as_} " if as_ and _stands_alone(char) else as_ for char, as_ in folded]
        return [word for word in "".join(spaced).split(" ") if word]

    def table(self, characters: bool) -> NDArray[np.uint32]:
        """`character` for every code point, as `filters.kernels.minhash.fold` wants it (uint32[1114112]).

        `characters`: shingles are made of code points, so that no character is a word of its own.
        """
        return _table(self, characters)


def _stands_alone(char: str) -> bool:
    return any(ord(char) in script for script in _UNSPACED)


@lru_cache(maxsize=4)
def _table(normalisation: Normalisation, characters: bool) -> NDArray[np.uint32]:
    table = np.arange(_CODE_POINTS, dtype=np.uint32)
    codes = {"": DROP, " ": SPACE}
    for plane in _ASSIGNED:
        for code in plane:
            if 0xD800 <= code < 0xE000:
                continue  # surrogates: no text holds one
            folded = normalisation.character(chr(code))
            table[code] = codes[folded] if folded in codes else ord(folded)
    if not characters:
        for script in _UNSPACED:
            span = table[script.start : script.stop]
            span[span < SPACE] |= ALONE
    table.flags.writeable = False
    return table
