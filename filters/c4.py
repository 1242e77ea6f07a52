"""C4's cleaning (Raffel et al. 2020, "Exploring the Limits of Transfer Learning", section 2.2)."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from filters.kernels import c4
from filters.kernels.substrings import compile_substrings
from filters.rule_table import rule_table
from filters.stage import Editor, Filter, Rule

POLICY_PHRASES = (
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
)
_JAVASCRIPT = ("javascript",)
_ANY_LENGTH = 2**62


class C4Lines(Editor):
    """Keeps the lines of a page that look like sentences, and takes citation marks out of them.

    A line is what stands between line feeds, without the whitespace at its ends; blank lines go, and the
    lines that stay are joined by single line feeds. A text no line of which stays becomes empty.

    In the dialect `assay`, first the citation marks are taken out of the text, in one pass from left to
    right: `[`, then `edit`, or `citation needed`, or any number of ASCII digits, then `]`. Then a line stays
    if
    - it has at least `min_words` `str.split()` words,
    - it ends in terminal punctuation: a sentence mark of any script or an end quotation mark (`TERMINAL` of
      `filters.kernels.unicode`), and not in an ellipsis, which marks text that was cut off,
    - none of its words has more than `max_word_length` code points,
    - "javascript" stands nowhere in it, letter case aside,
    - none of `policy_phrases` stands in it, letter case aside.

    The origin's code, which the paper sums up, has these rules for English; its end quotation mark is `"`
    alone. datatrove and dolma ask for three words. FineWeb runs this with three words, and terminal
    punctuation switched off.

    Another dialect is a subclass with its own `dialect`, defaults and `edit`.
    """

    stage: Literal["c4_lines"] = "c4_lines"
    dialect: Literal["assay"] = "assay"

    min_words: int | None = Field(default=5, ge=0, description="Lines with fewer words go.")
    terminal_punctuation: bool = Field(
        default=True, description="Whether lines that do not end in terminal punctuation go."
    )
    max_word_length: int | None = Field(default=1000, ge=0, description="Lines with a longer word go.")
    javascript: bool = Field(default=True, description="Whether lines that mention Javascript go.")
    policy_phrases: tuple[str, ...] | None = Field(
        default=POLICY_PHRASES, description="Lines that hold one of these go. Null: none."
    )
    citations: bool = Field(
        default=True, description="Whether [1], [edit] and [citation needed] are taken out."
    )

    def edit(self, batch: pa.RecordBatch) -> pa.LargeStringArray:
        phrases = (self.policy_phrases or ()) + (_JAVASCRIPT if self.javascript else ())
        return c4.edit_lines(
            batch.column("text"),
            citations=self.citations,
            terminal=self.terminal_punctuation,
            min_words=self.min_words or 0,  # 0 words are asked of a line either way
            max_word_characters=_ANY_LENGTH if self.max_word_length is None else self.max_word_length,
            phrases=compile_substrings(phrases),
        )


class C4Pages(Filter):
    """Drops pages with too few sentences, too much text, code, or filler text.

    Put it after `c4_lines`: then it judges, as the origin does, what is left of the page. (The origin bounds
    the length before that; dclm looks for `{` and filler text anywhere.)

    Measures, in the dialect `assay`:
    - `sentence_count`: as `filters.kernels.sentences` counts them, by marks alone, in any script. A line
      that is not empty has at least one. (The origin uses NLTK's English punkt; datatrove asks for five,
      dolma for none.)
    - `character_count`: code points.
    - `curly_bracket_count`: how often `{` stands in the text.
    - `lorem_ipsum_count`: how often "lorem ipsum" does, letter case aside.

    Another dialect is a subclass with its own `dialect`, defaults and `measure`; the rules stay.
    """

    stage: Literal["c4_pages"] = "c4_pages"
    dialect: Literal["assay"] = "assay"

    min_sentences: int | None = Field(default=3, ge=0, description="Fewer: too_few_sentences.")
    max_characters: int | None = Field(default=190_000, ge=0, description="More: too_many_characters.")
    max_curly_brackets: int | None = Field(default=0, ge=0, description="More: curly_bracket.")
    max_lorem_ipsums: int | None = Field(default=0, ge=0, description="More: lorem_ipsum.")

    def rules(self) -> tuple[Rule, ...]:
        return rule_table(
            ("sentence_count", "<", self.min_sentences, "too_few_sentences"),
            ("character_count", ">", self.max_characters, "too_many_characters"),
            ("curly_bracket_count", ">", self.max_curly_brackets, "curly_bracket"),
            ("lorem_ipsum_count", ">", self.max_lorem_ipsums, "lorem_ipsum"),
        )

    def measure(self, batch: pa.RecordBatch) -> dict[str, NDArray[np.float64]]:
        counts = c4.count_pages(batch.column("text"))
        return {
            "sentence_count": counts["sentences"].astype(np.float64),
            "character_count": counts["characters"].astype(np.float64),
            "curly_bracket_count": counts["curly_brackets"].astype(np.float64),
            "lorem_ipsum_count": counts["lorem_ipsums"].astype(np.float64),
        }
