"""Gopher's quality rules (Rae et al. 2021, "Scaling Language Models", appendix A1.1)."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field, field_validator

from filters.kernels import gopher_quality
from filters.ratio import ratio
from filters.rule_table import rule_table
from filters.stage import Filter, Rule

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
BULLETS = ("•", "●", "*", "-")


class GopherQuality(Filter):
    """Drops texts that do not look like prose: by their length, words, symbols and lines.

    Words and lines are those of `filters.kernels.words`: `str.split()` words, and lines that are not blank,
    without the whitespace at their ends. A mean or a fraction of nothing is NaN and fires no rule; a text
    without words goes as `too_few_words`.

    Measures, in the dialect `assay`:
    - `word_count`.
    - `mean_word_length`: code points in words / words.
    - `hash_word_ratio` and `ellipsis_word_ratio`: occurrences of `#`, and of `...` or `…`, anywhere in the
      text / words. The paper bounds "either", so each has its own rule. (dclm adds them up; dolma counts
      words that hold one.)
    - `bullet_line_fraction`: lines that begin with one of `bullets` / lines.
    - `ellipsis_line_fraction`: lines that end in `...` or `…` / lines.
    - `letter_word_fraction`: words with at least one letter of any script (`str.isalpha`) / words.
    - `stop_word_count`: how many of `stop_words` are words of the text, each counted once, letter case as
      written. "The" and "the," are not "the". (dolma and NeMo Curator count occurrences; dclm lowers case.)

    datatrove, which made FineWeb, differs in that its words are a language's tokens, punctuation apart.

    Another dialect is a subclass with its own `dialect`, defaults and `measure`; the rules stay.
    """

    stage: Literal["gopher_quality"] = "gopher_quality"
    dialect: Literal["assay"] = "assay"

    min_words: int | None = Field(default=50, ge=0, description="Fewer words: too_few_words.")
    max_words: int | None = Field(default=100_000, ge=0, description="More words: too_many_words.")
    min_mean_word_length: float | None = Field(default=3, ge=0, description="Below: words_too_short.")
    max_mean_word_length: float | None = Field(default=10, ge=0, description="Above: words_too_long.")
    max_hash_word_ratio: float | None = Field(default=0.1, ge=0, description="Above: too_many_hash_signs.")
    max_ellipsis_word_ratio: float | None = Field(default=0.1, ge=0, description="Above: too_many_ellipses.")
    max_bullet_line_fraction: float | None = Field(
        default=0.9, ge=0, description="Above: too_many_bullet_lines."
    )
    max_ellipsis_line_fraction: float | None = Field(
        default=0.3, ge=0, description="Above: too_many_ellipsis_lines."
    )
    min_letter_word_fraction: float | None = Field(
        default=0.8, ge=0, le=1, description="Below: too_few_words_with_letters."
    )
    min_stop_words: int | None = Field(default=2, ge=0, description="Fewer: too_few_stop_words.")
    stop_words: tuple[str, ...] | None = Field(
        default=STOP_WORDS,
        description="Frequent words of the texts' language; the default is English. Null turns the rule off.",
    )
    bullets: tuple[str, ...] = Field(
        default=BULLETS, description="What a bulleted line begins with. The paper does not list them."
    )

    @field_validator("stop_words")
    @classmethod
    def _are_words(cls, words: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for word in words or ():
            if word.split() != [word]:
                raise ValueError(f"{word!r} is not one word, so it would never be found")
        return words

    @field_validator("bullets")
    @classmethod
    def _are_not_empty(cls, bullets: tuple[str, ...]) -> tuple[str, ...]:
        for bullet in bullets:
            if not bullet or bullet != bullet.strip():
                raise ValueError(
                    f"{bullet!r} is empty or has whitespace at an end, so no line begins with it"
                )
        return bullets

    def rules(self) -> tuple[Rule, ...]:
        return rule_table(
            ("word_count", "<", self.min_words, "too_few_words"),
            ("word_count", ">", self.max_words, "too_many_words"),
            ("mean_word_length", "<", self.min_mean_word_length, "words_too_short"),
            ("mean_word_length", ">", self.max_mean_word_length, "words_too_long"),
            ("hash_word_ratio", ">", self.max_hash_word_ratio, "too_many_hash_signs"),
            ("ellipsis_word_ratio", ">", self.max_ellipsis_word_ratio, "too_many_ellipses"),
            ("bullet_line_fraction", ">", self.max_bullet_line_fraction, "too_many_bullet_lines"),
            ("ellipsis_line_fraction", ">", self.max_ellipsis_line_fraction, "too_many_ellipsis_lines"),
            ("letter_word_fraction", "<", self.min_letter_word_fraction, "too_few_words_with_letters"),
            (
                "stop_word_count",
                "<",
                None if self.stop_words is None else self.min_stop_words,
                "too_few_stop_words",
            ),
        )

    def measure(self, batch: pa.RecordBatch) -> dict[str, NDArray[np.float64]]:
        counts = gopher_quality.count(batch.column("text"), self.stop_words or (), self.bullets)
        words, lines = counts["words"], counts["lines"]
        return {
            "word_count": words.astype(np.float64),
            "mean_word_length": ratio(counts["word_characters"], words),
            "hash_word_ratio": ratio(counts["hash_signs"], words),
            "ellipsis_word_ratio": ratio(counts["ellipses"], words),
            "bullet_line_fraction": ratio(counts["bullet_lines"], lines),
            "ellipsis_line_fraction": ratio(counts["ellipsis_lines"], lines),
            "letter_word_fraction": ratio(counts["words_with_letter"], words),
            "stop_word_count": counts["stop_words"].astype(np.float64),
        }
