"""JSON Lines to shards by the recipe `fineweb`: Assay beside datatrove, which runs its own blocks for FineWeb.

    python -m benchmarks.end_to_end --documents posts.jsonl.gz --megabytes 100 --peer-megabytes 3

datatrove takes some ten seconds for a megabyte, so it gets the first few only. Assay gets the same few (then most of its
time is its start), and in other runs as much as makes that small: both ratios are shown. The runs take turns, each with one
worker and with two; times are by the clock, from the start of the command to its end. What each rule is to mean is each
one's own reading, so they keep different documents: see `datatrove_fineweb` for what it runs.

Also from these runs: how long it takes until the first unit begins, what a second worker gains, and the megabytes that a
core makes of the whole chain.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Annotated

import typer

from benchmarks.contestants import size
from benchmarks.documents import default_documents, texts_of, write_input
from benchmarks.fineweb_run import make_recipe, run_assay
from benchmarks.processes import ONE_THREAD, Watched, watch
from benchmarks.rounds import ENVIRONMENTS
from benchmarks.stages import RESULTS, DocumentFiles, Json, Quick
from benchmarks.table import Row, progress, show, write

TITLE = "End to end, recipe fineweb (MB of text by the clock)"
FULL, QUICK = (400.0, 3.0, 2), (0.4, 0.2, 1)  # megabytes, megabytes for peers, rounds
WORKERS = (1, 2)
FASTER = 200.0  # than datatrove, with two workers each
A_CORE = 15.0  # MB/s
DATATROVE = ENVIRONMENTS / "peers" / "bin" / "python"


@dataclass
class Runs:
    """The runs of one command on one input."""

    who: str
    workers: int
    megabytes: float
    start: Callable[[], tuple[Watched, int]]
    done: list[Watched] = field(default_factory=list)
    tokens: int = 0

    @property
    def title(self) -> str:
        return f"{self.who}, {self.workers} worker{'s' if self.workers > 1 else ''}"

    @property
    def wall(self) -> float:
        return median(run.wall for run in self.done)

    @property
    def cpu(self) -> float:
        return median(run.cpu for run in self.done)

    @property
    def rate(self) -> float:
        return self.megabytes / self.wall

    def row(self, what: str, ratio: float | None = None) -> Row:
        note = f"{self.wall:.1f} s, {self.cpu:.1f} s of CPU, {self.tokens:,} tokens left"
        rounds = {"wall": [run.wall for run in self.done], "cpu": [run.cpu for run in self.done]}
        return Row(what, self.title, self.rate, "MB/s", self.megabytes, ratio, note=note, rounds=rounds)


def run_datatrove(
    data: Path, workers: int, tokenizer: Path, model: Path, folder: Path
) -> tuple[Watched, int]:
    """One run and how many tokens it leaves; what it wrote is removed, but for its word lists."""
    out = folder / "datatrove"
    script = Path(__file__).with_name("datatrove_fineweb.py")
    command = [DATATROVE, script, data, out, workers, tokenizer, model]
    watched = watch(list(map(str, command)), {**ONE_THREAD, "HF_ASSETS_CACHE": str(folder / "assets")})
    tokens = sum(int(file.read_text().splitlines()[1]) for file in (out / "tokens").glob("*.metadata"))
    shutil.rmtree(out)
    return watched, tokens


def measure(
    documents: Sequence[Path], megabytes: float, peer_megabytes: float, rounds: int, folder: Path
) -> list[Row]:
    """All runs, in turns, and what follows from them."""
    from filters.language import LID176
    from filters.resources import fetch

    progress(f"writing {megabytes:g} MB of documents, and a tokenizer trained on them")
    little, part, whole = folder / "little", folder / "part", folder / "whole"
    write_input(documents, 200_000, little)
    # A file for each worker at least: datatrove cuts none.
    write_input(documents, int(peer_megabytes * 1e6), part, int(peer_megabytes * 5e5))
    write_input(documents, int(megabytes * 1e6), whole, int(megabytes * 1.25e5))
    recipe, tokenizer = make_recipe(whole / "part-00000.jsonl", folder)
    model = fetch(LID176, Path())

    def assay(data: Path, workers: int = 1) -> Runs:
        return Runs("Assay", workers, _megabytes(data), partial(run_assay, recipe, data, workers, folder))

    def datatrove(data: Path, workers: int = 1) -> Runs:
        start = partial(run_datatrove, data, workers, tokenizer, model, folder)
        return Runs("datatrove", workers, _megabytes(data), start)

    installed = DATATROVE.exists()
    small = {workers: assay(part, workers) for workers in WORKERS}
    large = {workers: assay(whole, workers) for workers in WORKERS}
    peer = {workers: datatrove(part, workers) for workers in WORKERS if installed}
    # Kernels are compiled, word lists unpacked, files known to the disk's cache, before anything counts.
    _take_turns([assay(little), *([datatrove(little)] if installed else [])], 1, "warming up")
    _take_turns([*small.values(), *peer.values(), *large.values()], rounds, "round")
    return [*_compared(small, large, peer), *_alone(large)]


def _megabytes(data: Path) -> float:
    """Of text in a folder of JSON Lines."""
    return sum(size(list(texts_of(file))) for file in data.glob("*"))


def _take_turns(all_runs: Sequence[Runs], rounds: int, title: str) -> None:
    for number in range(rounds):
        for runs in all_runs:
            watched, runs.tokens = runs.start()
            runs.done.append(watched)
            done = f"{runs.title}, {runs.megabytes:.1f} MB: {watched.wall:.1f} s"
            progress(f"end to end: {title} {number + 1} of {rounds}: {done}")


def _compared(small: dict[int, Runs], large: dict[int, Runs], peer: dict[int, Runs]) -> list[Row]:
    rows = []
    for what, ours in (("same documents", small), ("rate to rate", large)):
        for workers in WORKERS:
            rows.append(ours[workers].row(what))
            if peer:
                aim = FASTER if what == "rate to rate" and workers == WORKERS[-1] else None
                rows.append(_beside(what, ours[workers], peer[workers], aim))
    if not peer:
        rows[-1].note += " (left out: datatrove; `make bench` installs it)"
    return rows


def _beside(what: str, ours: Runs, theirs: Runs, aim: float | None) -> Row:
    row = theirs.row(what, ours.rate / theirs.rate)
    if aim is not None:
        row.aim, row.met = f">= {aim:g}x", ours.rate / theirs.rate >= aim
    by_cpu = (ours.megabytes / ours.cpu) / (theirs.megabytes / theirs.cpu)
    row.note += f"; by CPU {by_cpu:.1f}x"
    return row


def _alone(large: dict[int, Runs]) -> list[Row]:
    one, two = (large[workers] for workers in WORKERS)
    gains, core = one.wall / two.wall, one.megabytes / one.cpu
    return [
        Row("whole chain, a core", "Assay", core, "MB/s", one.megabytes, aim=f">= {A_CORE:g} MB/s", met=core >= A_CORE,
            note="of CPU time, its start among it", rounds={"cpu": [run.cpu for run in one.done]}),
        *map(_start, (one, two)),
        Row("two workers for one", "Assay", gains, "times as fast", one.megabytes, aim=">= 1.9", met=gains >= 1.9),
    ]  # fmt: skip


def _start(runs: Runs) -> Row:
    waits = [run.marked for run in runs.done if run.marked is not None]
    wait = median(waits)
    return Row(
        "start to first unit", runs.title, wait, "s", aim="< 5 s", met=wait < 5, rounds={"wall": waits}
    )


def run(documents: Sequence[Path], megabytes: float, peer_megabytes: float, rounds: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as scratch:
        folder = Path(scratch)
        return measure(documents or default_documents(folder), megabytes, peer_megabytes, rounds, folder)


def main(
    documents: DocumentFiles = None,
    megabytes: Annotated[float, typer.Option(help="Of JSON Lines, for Assay alone.")] = FULL[0],
    peer_megabytes: Annotated[float, typer.Option(help="Of JSON Lines, for Assay and datatrove.")] = FULL[1],
    rounds: Annotated[int, typer.Option(help="Of all runs.")] = FULL[2],
    quick: Quick = False,
    json: Json = RESULTS / "end_to_end.json",
) -> None:
    """JSON Lines to shards, beside datatrove."""
    if quick:
        megabytes, peer_megabytes, rounds = QUICK
    rows = run(documents or [], megabytes, peer_megabytes, rounds)
    show(TITLE, rows)
    write(json, rows)


if __name__ == "__main__":
    typer.run(main)
