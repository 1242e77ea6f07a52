"""Language: keep the languages that are wanted, where they are sure."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field

from filters.stage import Filter, Rule


class LanguageFilter(Filter):
    """Drops documents of other languages, and documents whose language is not sure.

    Measures: `language_kept` (1 where the language is one of `keep`, else 0; a document without a language
    has 0) and `language_score` (NaN where a source gave a language and no score; such a document is not
    unsure).
    """

    requires: ClassVar[frozenset[str]] = frozenset({"language"})

    stage: Literal["language_filter"] = "language_filter"
    keep: tuple[str, ...] | None = Field(
        default=None,
        min_length=1,
        description="The languages to keep, as the language stage writes them (`en`); null keeps every one.",
    )
    min_score: float | None = Field(
        default=0.65,
        ge=0,
        le=1,
        description="A document goes where its score is not above this (FineWeb, Penedo et al. 2024, keeps "
        "scores above 0.65). Null: any score.",
    )

    def rules(self) -> tuple[Rule, ...]:
        rules = []
        if self.keep is not None:
            rules.append(Rule(measure="language_kept", comparison="<", bound=1, reason="language_not_kept"))
        if self.min_score is not None:
            rules.append(
                Rule(
                    measure="language_score", comparison="<=", bound=self.min_score, reason="language_unsure"
                )
            )
        return tuple(rules)

    def measure(self, batch: pa.RecordBatch) -> dict[str, NDArray[np.float64]]:
        languages = batch.column("language")
        keep = languages.unique() if self.keep is None else pa.array(self.keep, languages.type)
        kept = pc.is_in(languages, value_set=keep, skip_nulls=True)
        scores = batch.column("language_score").cast(pa.float64()).fill_null(float("nan"))
        return {
            "language_kept": kept.cast(pa.float64()).to_numpy(zero_copy_only=False),
            "language_score": scores.to_numpy(zero_copy_only=False),
        }
