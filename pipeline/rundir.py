"""A run directory: where everything of a run lies.

recipe.yaml      the recipe as it was resolved, every default written out
manifest.json    inputs, versions, hashes of every model and word list, the stages in order
units.parquet    the units, in order
ledger/P/U       what unit U of pass P counted; there when the unit is done (`pipeline.ledger_files`)
tallies/P/U      what its documents were counted by besides (`pipeline.tallies`)
parts/P/U        the documents that unit U of pass P let through (those of the last pass stay)
dropped/P/U      every document dropped there: id, url, stage, reason, measures; its text if asked
duplicates/S/U   what deduplicator S dropped from unit U, and because of whom
unreadable/U     records of the input that gave no document: file, offset, cause
sums/            ledger/, tallies/ and unreadable/ added up for 1,000 units at a time, for the report
failed/P/U       why unit U failed in pass P; only while it is not done
tokenizer.json   the tokenizer that counted and encoded
resources/       models and word lists that were fetched for the run
shards/          the token shards, as `datasets.load_from_disk` wants them
report.*         the report (html, md, json); README.md, a card of the dataset
costs.json       what the run cost, phase by phase; no two attempts write it alike, and report.html shows it
profile.json     where the core-seconds went, if that was asked
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import pyarrow as pa

from filters.stage import Rule
from pipeline import files
from pipeline.errors import UserError
from pipeline.sources.unit import Unit, unit_name

_UNITS = "units.parquet"
_UNIT = pa.schema(
    [
        ("index", pa.int64()),
        ("path", pa.string()),
        ("format", pa.string()),
        ("start", pa.int64()),
        ("stop", pa.int64()),
        ("bytes", pa.int64()),
    ]
)


@dataclass(frozen=True)
class StageEntry:
    """A stage as the ledger and the report know it. `kind` is `source` for reading and `tokenizer` for the last."""

    label: str
    stage: str
    kind: str
    number: int  # the pass in which it acts on documents, from 0
    rules: tuple[Rule, ...] = ()  # of a filter

    def to_json(self) -> dict[str, Any]:
        """As the manifest has it."""
        return {**asdict(self), "rules": [rule.model_dump() for rule in self.rules]}

    @staticmethod
    def from_json(entry: dict[str, Any]) -> StageEntry:
        return StageEntry(**{**entry, "rules": tuple(Rule(**rule) for rule in entry.get("rules", ()))})


@dataclass(frozen=True)
class RunDirectory:
    """The names of everything in a run directory, and how the small files are read and written."""

    url: str

    def path(self, *names: str) -> str:
        return files.join(self.url, *names)

    def ledger(self, number: int, unit: int) -> str:
        return self.path("ledger", str(number), f"{unit_name(unit)}.parquet")

    def tallies(self, number: int, unit: int) -> str:
        return self.path("tallies", str(number), f"{unit_name(unit)}.parquet")

    def part(self, number: int, unit: int) -> str:
        return self.path("parts", str(number), f"{unit_name(unit)}.parquet")

    def dropped(self, number: int, unit: int) -> str:
        return self.path("dropped", str(number), f"{unit_name(unit)}.parquet")

    def duplicates(self, label: str) -> str:
        return self.path("duplicates", label)

    def unreadable(self, unit: int) -> str:
        return self.path("unreadable", f"{unit_name(unit)}.parquet")

    def failed(self, number: int, unit: int) -> str:
        return self.path("failed", str(number), f"{unit_name(unit)}.json")

    def read_json(self, name: str) -> Any:
        """A JSON file of the run directory.

        Raises:
            UserError: it is not there: this is not a run directory, or the run never started.
        """
        url = self.path(name)
        if not files.exists(url):
            raise UserError(
                f"{self.url} is not a run directory: it has no {name}. `assay run RECIPE INPUT --out {self.url}` makes one."
            )
        return json.loads(files.read_bytes(url))

    def write_json(self, name: str, content: Any) -> None:
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        files.write_bytes(self.path(name), text.encode())

    def units(self) -> list[Unit]:
        """All units, in order.

        Raises:
            UserError: this is not a run directory, or the run never started.
        """
        self.read_json("manifest.json")
        columns = (column.to_pylist() for column in files.read_table(self.path(_UNITS)).columns)
        return [Unit(*values) for values in zip(*columns, strict=True)]

    def unit(self, index: int) -> Unit:
        """One unit, out of a table that a process reads once."""
        (row,) = _unit_table(self.path(_UNITS)).slice(index, 1).to_pylist()
        return Unit(**row)

    def write_units(self, units: Sequence[Unit]) -> None:
        columns = {field.name: [getattr(unit, field.name) for unit in units] for field in _UNIT}
        files.write_table(self.path(_UNITS), pa.table(columns, _UNIT))

    def stages(self) -> list[StageEntry]:
        """Reading first, the recipe's stages in order, tokenizing last."""
        return [StageEntry.from_json(entry) for entry in self.read_json("manifest.json")["stages"]]


@lru_cache(maxsize=2)
def _unit_table(url: str) -> pa.Table:
    return files.read_table(url)
