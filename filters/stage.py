"""What a stage is: the four kinds, and a rule."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["annotator", "editor", "filter", "deduplicator"]
Comparison = Literal["<", "<=", ">", ">=", "=="]

_COMPARE = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
}


class Rule(BaseModel):
    """A document goes, for `reason`, where `measure comparison bound` holds (`word_count < 50`).

    The comparison is written as it is published, so whether the bound itself still passes is part of the rule.
    A measure that is NaN (not defined for this document) never fires.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    measure: str
    comparison: Comparison
    bound: float
    reason: str

    def fires(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """One boolean per document, from one float64 per document."""
        fired: NDArray[np.bool_] = _COMPARE[self.comparison](values, self.bound)
        return fired


class Resource(BaseModel):
    """A file that a stage needs: a model or a word list.

    `location` is a local path, any fsspec URL, or `package:MODULE/FILE` for one that an installed package ships.
    It is fetched once, before the run, and its hash is kept in the manifest; a `sha256` that is given must match.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    location: str
    sha256: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")


class Stage(BaseModel):
    """The recipe settings of one stage, and what it does.

    A stage is made from the recipe on the driver, shipped to the workers as its settings, and opened there once
    with `load`. Subclasses add `stage: Literal["..."]`, the name that a recipe calls it by.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: ClassVar[Kind]
    extra: ClassVar[str | None] = None  # the optional dependencies it needs: `pip install assay[...]`
    requires: ClassVar[frozenset[str]] = frozenset()  # columns that an earlier stage must have added
    provides: ClassVar[frozenset[str]] = frozenset()  # columns that it adds
    slow: ClassVar[bool] = False  # a filter that costs far more than reading: a probe asks it about a few

    stage: str
    name: str | None = Field(
        default=None, description="How the report calls this stage; its kind if not given."
    )

    @property
    def label(self) -> str:
        return self.name or self.stage

    def resources(self) -> dict[str, Resource]:
        """The files to fetch before the run, by the setting they come from."""
        return {}

    def load(self, files: dict[str, Path]) -> None:
        """Open what `resources` named, now at these local paths. Called once in each worker process."""


class Annotator(Stage):
    """Adds columns and leaves the text alone."""

    kind: ClassVar[Kind] = "annotator"

    def annotate(self, batch: pa.RecordBatch) -> dict[str, pa.Array]:
        """The columns to set, one value per document."""
        raise NotImplementedError


class Editor(Stage):
    """Changes texts and keeps every document (a text may become empty)."""

    kind: ClassVar[Kind] = "editor"

    def edit(self, batch: pa.RecordBatch) -> pa.LargeStringArray:
        """The new texts, one per document."""
        raise NotImplementedError


class Filter(Stage):
    """Measures documents and drops those on which a rule fires."""

    kind: ClassVar[Kind] = "filter"

    def rules(self) -> tuple[Rule, ...]:
        """In the order in which a document's reason is looked for. A bound that is `null` makes no rule."""
        raise NotImplementedError

    def measure(self, batch: pa.RecordBatch) -> dict[str, NDArray[np.float64]]:
        """One float64 per document for each measure, whether or not a rule uses it."""
        raise NotImplementedError
