"""Harmful words: how often a text uses the words of a list."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field, PrivateAttr

from filters.kernels.phrases import Phrases, compile_phrases
from filters.resources import Entries
from filters.stage import Filter, Resource, Rule

INSULTS = Entries(files=(Resource(location="package:filters/lists/insults.txt"),))


class HarmfulWords(Filter):
    """Drops documents that use the words of a list too often.

    An entry is a word or several, found between word boundaries whatever its case; entries in Chinese,
    Japanese, Thai, Lao, Khmer and Burmese, which put no spaces between words, are found anywhere
    (`kernels/phrases.py` says exactly how). Texts are compared as they are written, not normalised.

    Measures: `harmful_word_count`, the entries found, and `harmful_word_fraction`, the words inside them
    over all words, 0 for a text without words. C4 (Raffel et al. 2020, 2.2) drops every page with one word
    of its list: that is `max_count: 0` with `max_fraction: null`. A single insult says little about a long
    text, so the default goes by the share.
    """

    stage: Literal["harmful_words"] = "harmful_words"
    words: Entries = Field(
        default=INSULTS, description="The list; a short one of insults in several languages if not given."
    )
    max_count: int | None = Field(
        default=None,
        ge=0,
        description="A document goes where more entries than this are found; null: any.",
    )
    max_fraction: float | None = Field(
        default=0.01,
        ge=0,
        le=1,
        description="A document goes where a larger share of its words is in entries; null: any share.",
    )

    _phrases: Phrases | None = PrivateAttr(default=None)

    def resources(self) -> dict[str, Resource]:
        return self.words.resources("words")

    def load(self, files: dict[str, Path]) -> None:
        self._phrases = compile_phrases(self.words.read("words", files))

    def rules(self) -> tuple[Rule, ...]:
        bounds = (
            ("harmful_word_count", self.max_count, "harmful_words"),
            ("harmful_word_fraction", self.max_fraction, "harmful_word_share"),
        )
        return tuple(
            Rule(measure=measure, comparison=">", bound=bound, reason=reason)
            for measure, bound, reason in bounds
            if bound is not None
        )

    def measure(self, batch: pa.RecordBatch) -> dict[str, NDArray[np.float64]]:
        assert self._phrases is not None, "load was not called"
        found, inside, words = self._phrases.count(batch.column("text"))
        return {
            "harmful_word_count": found.astype(np.float64),
            "harmful_word_fraction": inside / np.maximum(words, 1),
        }
