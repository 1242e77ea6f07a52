"""A run directory: where everything of a run lies.

recipe.yaml      the recipe as it was resolved, every default written out
manifest.json    inputs, versions, hashes of every model and word list, the stages in order
units.json       the units, in order
ledger/P/U       what unit U of pass P counted; there when the unit is done
parts/P/U        the documents that unit U of pass P let through (those of the last pass stay)
dropped/P/U      every document dropped there: id, url, stage, reason, measures; its text if asked
duplicates/S/U   what deduplicator S dropped from unit U, and because of whom
unreadable/U     records of the input that gave no document: file, offset, cause
tokenizer.json   the tokenizer that counted and encoded
resources/       models and word lists that were fetched for the run
shards/          the token shards, as `datasets.load_from_disk` wants them
report.json|md   the report; README.md, a card of the dataset
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from pipeline import files
from pipeline.errors import UserError
from pipeline.sources.unit import Unit


@dataclass(frozen=True)
class StageEntry:
    """A stage as the ledger and the report know it. `kind` is `source` for reading and `tokenizer` for the last."""

    label: str
    stage: str
    kind: str
    number: int  # the pass in which it acts on documents, from 0


@dataclass(frozen=True)
class RunDirectory:
    """The names of everything in a run directory, and how the small files are read and written."""

    url: str

    def path(self, *names: str) -> str:
        return files.join(self.url, *names)

    def ledger(self, number: int, unit: Unit) -> str:
        return self.path("ledger", str(number), f"{unit.name}.parquet")

    def part(self, number: int, unit: Unit) -> str:
        return self.path("parts", str(number), f"{unit.name}.parquet")

    def dropped(self, number: int, unit: Unit) -> str:
        return self.path("dropped", str(number), f"{unit.name}.parquet")

    def duplicates(self, label: str) -> str:
        return self.path("duplicates", label)

    def unreadable(self, unit: Unit) -> str:
        return self.path("unreadable", f"{unit.name}.parquet")

    def ledgers(self) -> list[str]:
        """Every committed ledger file, pass by pass."""
        passes = files.list_files(self.path("ledger"))
        return [url for folder in passes for url in files.list_files(folder, ".parquet")]

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
        return [Unit(**entry) for entry in self.read_json("units.json")]

    def write_units(self, units: list[Unit]) -> None:
        self.write_json("units.json", [asdict(unit) for unit in units])

    def stages(self) -> list[StageEntry]:
        """Reading first, the recipe's stages in order, tokenizing last."""
        return [StageEntry(**entry) for entry in self.read_json("manifest.json")["stages"]]
