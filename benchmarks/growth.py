"""Whether memory and time keep to their promises as the input grows: runs of the recipe `fineweb` at several sizes.

    python -m benchmarks.growth                                   # 100 MB and 1 GB of JSON Lines
    python -m benchmarks.growth --megabytes 500 --megabytes 5000  # ten times the input

The memory is the most that a worker process ever held (resident, its libraries among it). The input is the documents again
and again, with other ids and addresses and their sentences dealt out anew; it needs its size again twice on the disk.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.documents import default_documents, write_input
from benchmarks.fineweb_run import make_recipe, run_assay
from benchmarks.processes import Watched
from benchmarks.stages import RESULTS, DocumentFiles, Json, Quick
from benchmarks.table import Row, progress, show, write

TITLE = "Growth, recipe fineweb (MB of JSON Lines)"
FULL, QUICK = (100.0, 1000.0), (0.3, 0.6)  # megabytes
WORKERS = 2
MOST_MEMORY = 1.2  # GB
MORE_MEMORY = 1.1  # times as much, whatever the input
MORE_TIME = 1.05  # for each time the input


def measure(documents: Sequence[Path], sizes: Sequence[float], folder: Path) -> list[Row]:
    """A run for each size (megabytes, rising), after a little one that warms up."""
    rows, runs = [], []
    recipe = None
    for megabytes in (1.0, *sizes):
        progress(f"growth: writing {megabytes:g} MB of documents")
        data = folder / "input"
        write_input(documents, int(megabytes * 1e6), data)
        if recipe is None:
            recipe, _ = make_recipe(data / "part-00000.jsonl", folder)
        watched, _ = run_assay(recipe, data, WORKERS, folder)
        shutil.rmtree(data)
        progress(f"growth: {megabytes:g} MB: {watched.wall:.1f} s")
        runs.append(watched)
        if len(runs) > 1:
            rows += _rows(megabytes, watched)
    return rows + _grown(sizes, runs[1:])


def _rows(megabytes: float, run: Watched) -> list[Row]:
    what = f"{megabytes:g} MB"
    worker, driver = (held / 1e9 for held in (run.workers_memory or run.memory, run.memory))
    note = f"{run.wall:.1f} s, {run.cpu:.1f} s of CPU, {WORKERS} workers"
    return [
        Row(what, "rate", megabytes / run.wall, "MB/s", note=note, rounds={"wall": [run.wall], "cpu": [run.cpu]}),
        Row(what, "memory of a worker", worker, "GB", aim=f"< {MOST_MEMORY} GB", met=worker < MOST_MEMORY),
        Row(what, "memory of the driver", driver, "GB"),
    ]  # fmt: skip


def _grown(sizes: Sequence[float], runs: Sequence[Watched]) -> list[Row]:
    """The largest beside the smallest."""
    if len(sizes) < 2:
        return []
    times = sizes[-1] / sizes[0]
    first, last = runs[0], runs[-1]
    memory = (last.workers_memory or last.memory) / (first.workers_memory or first.memory)
    wall, most = last.wall / first.wall, times * MORE_TIME
    what = f"{times:g} times the input"
    return [
        Row(what, "time", wall, "times", aim=f"<= {most:g}", met=wall <= most),
        Row(what, "time of the CPU", last.cpu / first.cpu, "times"),
        Row(what, "memory of a worker", memory, "times", aim=f"<= {MORE_MEMORY}", met=memory <= MORE_MEMORY),
    ]


def run(documents: Sequence[Path], sizes: Sequence[float]) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as scratch:
        folder = Path(scratch)
        return measure(documents or default_documents(folder), sorted(sizes), folder)


def main(
    documents: DocumentFiles = None,
    megabytes: Annotated[list[float] | None, typer.Option(help="A size; may be given again.")] = None,
    quick: Quick = False,
    json: Json = RESULTS / "growth.json",
) -> None:
    """Memory and time as the input grows."""
    rows = run(documents or [], megabytes or (QUICK if quick else FULL))
    show(TITLE, rows)
    write(json, rows)


if __name__ == "__main__":
    typer.run(main)
