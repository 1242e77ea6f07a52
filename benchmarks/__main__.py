"""`python -m benchmarks`: everything that is compared with peers or has an aim, in a quarter of an hour.

Each part is a command of its own too, with more to choose: `stages`, `end_to_end`, `growth`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from benchmarks import end_to_end, growth, stages
from benchmarks.stages import RESULTS, DocumentFiles, Json, Quick
from benchmarks.table import Row, machine, show, write


def main(
    documents: DocumentFiles = None,
    archives: Annotated[list[Path] | None, typer.Option(help="WARC, for `html` and `warc`.")] = None,
    quick: Quick = False,
    json: Json = RESULTS / "all.json",
) -> None:
    """Every comparison, one table after the other."""
    given = documents or []
    print("; ".join(f"{name}: {value}" for name, value in machine().items()), flush=True)
    rows: list[Row] = []

    def add(title: str, found: list[Row]) -> None:
        show(title, found)
        rows.extend(found)
        write(json, rows)

    add(stages.TITLE, stages.run([], given, archives or [], *(stages.QUICK if quick else stages.FULL)))
    add(end_to_end.TITLE, end_to_end.run(given, *(end_to_end.QUICK if quick else end_to_end.FULL)))
    add(growth.TITLE, growth.run(given, growth.QUICK if quick else growth.FULL))


if __name__ == "__main__":
    typer.run(main)
