"""FineWeb's own rules (Penedo et al. 2024, "The FineWeb Datasets", section 3.6)."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from filters.kernels import fineweb
from filters.ratio import ratio
from filters.rule_table import rule_table
from filters.stage import Filter, Rule


class FineWeb(Filter):
    """Drops texts that are lists, menus or copies of their own lines.

    Lines are those of `filters.kernels.words`: not blank, without the whitespace at their ends. A fraction
    of nothing is NaN and fires no rule.

    Measures, in the dialect `assay`:
    - `terminal_line_fraction`: lines whose last character is a sentence mark of any script or an end
      quotation mark (`TERMINAL` of `filters.kernels.unicode`) / lines.
    - `short_line_fraction`: lines of at most `short_line_characters` code points / lines.
    - `duplicate_line_char_fraction`: the size of lines that came before / length of the text, both in code
      points: the measure of Gopher's repetition rules. (datatrove leaves line feeds out of the length.)
    - `newline_word_ratio`: line feeds between lines, which is lines - 1, / `str.split()` words. (datatrove
      counts the line feeds around blank lines too, so there the number hangs on how the extractor separates
      paragraphs.)

    Another dialect is a subclass with its own `dialect`, defaults and `measure`; the rules stay.
    """

    stage: Literal["fineweb"] = "fineweb"
    dialect: Literal["assay"] = "assay"

    min_terminal_line_fraction: float | None = Field(
        default=0.12, ge=0, le=1, description="Below: too_few_terminal_lines."
    )
    max_short_line_fraction: float | None = Field(
        default=0.67, ge=0, description="Above: too_many_short_lines."
    )
    max_duplicate_line_char_fraction: float | None = Field(
        default=0.01,
        ge=0,
        description="Above: duplicate_line_characters. The paper prints 0.1; the English data had 0.01.",
    )
    max_newline_word_ratio: float | None = Field(default=0.3, ge=0, description="Above: too_many_newlines.")
    short_line_characters: int = Field(default=30, ge=0, description="A line of at most so many is short.")

    def rules(self) -> tuple[Rule, ...]:
        return rule_table(
            ("terminal_line_fraction", "<", self.min_terminal_line_fraction, "too_few_terminal_lines"),
            ("short_line_fraction", ">", self.max_short_line_fraction, "too_many_short_lines"),
            (
                "duplicate_line_char_fraction",
                ">",
                self.max_duplicate_line_char_fraction,
                "duplicate_line_characters",
            ),
            ("newline_word_ratio", ">", self.max_newline_word_ratio, "too_many_newlines"),
        )

    def measure(self, batch: pa.RecordBatch) -> dict[str, NDArray[np.float64]]:
        counts = fineweb.count(batch.column("text"), self.short_line_characters)
        lines = counts["lines"]
        return {
            "terminal_line_fraction": ratio(counts["terminal_lines"], lines),
            "short_line_fraction": ratio(counts["short_lines"], lines),
            "duplicate_line_char_fraction": ratio(counts["duplicate_line_characters"], counts["characters"]),
            "newline_word_ratio": ratio(np.maximum(lines - 1, 0), counts["words"]),
        }
