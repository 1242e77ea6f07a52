"""Gopher's repetition rules (Rae et al. 2021, "Scaling Language Models", appendix A1.1 and table A1)."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from filters.kernels import gopher_repetition
from filters.kernels.gopher_repetition import DUPLICATE, TOP
from filters.ratio import ratio
from filters.rule_table import rule_table
from filters.stage import Filter, Rule


def _bound(default: float, reason: str) -> float | None:
    bound: float | None = Field(default=default, ge=0, description=f"Above: {reason}.")
    return bound


class GopherRepetition(Filter):
    """Drops texts too much of which repeats: lines, paragraphs, and runs of n words (n-grams).

    Words, lines and paragraphs are those of `filters.kernels.words`: `str.split()` words; lines that are not
    blank, without the whitespace at their ends; paragraphs with a blank line between them. All sizes are in
    code points, and a *character fraction* is over the length of the whole text, whitespace included.

    Measures, in the dialect `assay`:
    - `duplicate_line_fraction`: lines that came before / lines. The first of several equal lines is no
      duplicate.
    - `duplicate_line_char_fraction`: the size of those lines / length.
    - `duplicate_paragraph_fraction` and `duplicate_paragraph_char_fraction`: the same of paragraphs; the
      line feeds inside a paragraph belong to it.
    - `top_{n}_gram_char_fraction`, n = 2, 3, 4: the n-gram that occurs most often, the first of several: its
      occurrences times its size, with single spaces in it, / length. Occurrences may overlap, so it can
      exceed 1; where no n-gram occurs twice, the first one is the most frequent.
    - `duplicate_{n}_gram_char_fraction`, n = 5 .. 10: going through the text, an n-gram that came before is a
      duplicate, and its words are passed over: no word counts twice. The size of the words in duplicates,
      without the spaces, / length.

    An empty text has no fractions (NaN, no rule fires); a text with fewer than n words has 0 characters in
    n-grams.

    Where the paper is silent this is datatrove's reading (repeats after the first, the whole text below the
    line, the two ways to measure an n-gram), so that published FineWeb bounds mean what they meant; unlike
    there, n-grams are equal only if their words are, not if their letters are ("ab c" is not "a bc"), and
    whitespace at the ends of lines is nothing. dolma, redpajama and dclm count the first occurrence too,
    over characters in words.

    Another dialect is a subclass with its own `dialect`, defaults and `measure`; the rules stay.
    """

    stage: Literal["gopher_repetition"] = "gopher_repetition"
    dialect: Literal["assay"] = "assay"

    max_duplicate_line_fraction: float | None = _bound(0.30, "duplicate_lines")
    max_duplicate_paragraph_fraction: float | None = _bound(0.30, "duplicate_paragraphs")
    max_duplicate_line_char_fraction: float | None = _bound(0.20, "duplicate_line_characters")
    max_duplicate_paragraph_char_fraction: float | None = _bound(0.20, "duplicate_paragraph_characters")
    max_top_2_gram_char_fraction: float | None = _bound(0.20, "top_2_gram")
    max_top_3_gram_char_fraction: float | None = _bound(0.18, "top_3_gram")
    max_top_4_gram_char_fraction: float | None = _bound(0.16, "top_4_gram")
    max_duplicate_5_gram_char_fraction: float | None = _bound(0.15, "duplicate_5_grams")
    max_duplicate_6_gram_char_fraction: float | None = _bound(0.14, "duplicate_6_grams")
    max_duplicate_7_gram_char_fraction: float | None = _bound(0.13, "duplicate_7_grams")
    max_duplicate_8_gram_char_fraction: float | None = _bound(0.12, "duplicate_8_grams")
    max_duplicate_9_gram_char_fraction: float | None = _bound(0.11, "duplicate_9_grams")
    max_duplicate_10_gram_char_fraction: float | None = _bound(0.10, "duplicate_10_grams")

    def rules(self) -> tuple[Rule, ...]:
        reasons = {
            "duplicate_line_fraction": "duplicate_lines",
            "duplicate_paragraph_fraction": "duplicate_paragraphs",
            "duplicate_line_char_fraction": "duplicate_line_characters",
            "duplicate_paragraph_char_fraction": "duplicate_paragraph_characters",
            **{f"top_{n}_gram_char_fraction": f"top_{n}_gram" for n in TOP},
            **{f"duplicate_{n}_gram_char_fraction": f"duplicate_{n}_grams" for n in DUPLICATE},
        }
        return rule_table(
            *((measure, ">", getattr(self, f"max_{measure}"), reason) for measure, reason in reasons.items())
        )

    def measure(self, batch: pa.RecordBatch) -> dict[str, NDArray[np.float64]]:
        counts = gopher_repetition.count(batch.column("text"))
        parts = {
            "duplicate_line_char_fraction": "duplicate_line_characters",
            "duplicate_paragraph_char_fraction": "duplicate_paragraph_characters",
            **{f"top_{n}_gram_char_fraction": f"top_{n}_gram_characters" for n in TOP},
            **{f"duplicate_{n}_gram_char_fraction": f"duplicate_{n}_gram_characters" for n in DUPLICATE},
        }
        return {
            "duplicate_line_fraction": ratio(counts["duplicate_lines"], counts["lines"]),
            "duplicate_paragraph_fraction": ratio(counts["duplicate_paragraphs"], counts["paragraphs"]),
            **{measure: ratio(counts[part], counts["characters"]) for measure, part in parts.items()},
        }
