"""A real run, and the same with pages that were crawled again and again planted in it."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.documents import ROOT
from pipeline import files
from pipeline.ledger_files import fold
from pipeline.planning.backtest.compare import gain_of
from pipeline.planning.backtest.fates import Fates, Floats, read_fates
from pipeline.report.figures import stage_figures
from pipeline.rundir import RunDirectory, StageEntry

FILE_DOCUMENTS = 500  # a file is a unit, and many units are wanted

# Of the documents so many are in clusters of that size, when the copies are planted.
RECRAWLED = {1: 0.5, 2: 0.15, 5: 0.1, 20: 0.1, 100: 0.1, 1000: 0.05}
AGAIN = 0.7  # of copies: those that the first of several deduplicators finds


def run_on(documents: Sequence[Path], folder: Path, recipe: str) -> RunDirectory:
    """A run of one of the recipes in `configs/` on these JSON Lines, in files of 500 documents."""
    inputs = folder / "in"
    inputs.mkdir(parents=True)
    place = ROOT / "configs" / f"{recipe}.yaml"
    lines = (line for path in documents for line in _lines(path))
    for number, block in enumerate(iter(lambda: list(islice(lines, FILE_DOCUMENTS)), [])):
        (inputs / f"part-{number:05d}.jsonl").write_bytes(b"".join(block))
    command = [sys.executable, "-m", "pipeline.cli", "run", str(place), str(inputs)]
    subprocess.run([*command, "--out", str(folder / "run")], check=True, capture_output=True, cwd=ROOT)
    return RunDirectory(str(folder / "run"))


def _lines(path: Path) -> Iterator[bytes]:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        yield from file


def figures_of(run: RunDirectory) -> list[dict[str, Any]]:
    return stage_figures(fold(run, ["stage", "outcome"]), run.stages())


def fates_of(run: RunDirectory) -> Fates:
    return read_fates(run, gain_of(figures_of(run)), 1.0)


def plant(fates: Fates, stages: Sequence[StageEntry], random: np.random.Generator) -> Fates:
    """The same documents, some of them many times, under ids of their own.

    With one deduplicator all copies are its duplicates. Of several, 70 of 100 copies are for the first, as a page that is
    crawled again; the others for a later one, as the same text at another URL. Those are crawled
    again as the original is: the copies that an earlier one finds are shared out among what a later one will find, each to
    any. A copy goes where its original goes, as far as that is before the deduplicator that it is for.
    """
    deduplicators = [at for at, stage in enumerate(stages) if stage.kind == "deduplicator"]
    sizes = np.array(list(RECRAWLED))
    clusters = np.array(list(RECRAWLED.values())) / sizes
    copies = random.choice(sizes, len(fates.hashes), p=clusters / clusters.sum()) - 1
    original = np.repeat(np.arange(len(fates.hashes)), copies)
    later = len(deduplicators) - 1
    shares = [AGAIN, *[(1 - AGAIN) / later] * later] if later else [1.0]
    found_by = random.choice(deduplicators, len(original), p=shares)
    own = np.arange(len(original)) + len(fates.hashes)
    fate = fates.went[original]
    keeper, went = own.copy(), fate.copy()
    for stage in deduplicators:
        with_original = (fate == stage) & (found_by >= stage)
        keeper[with_original] = fates.keeper[original[with_original]]
        here = (fate > stage) & (found_by == stage)
        others = np.flatnonzero((fate > stage) & (found_by > stage))
        went[here] = stage
        keeper[here] = _any_of(original[here], original[others], own[others], random)
    tokens = fates.tokens[original] * fates.gain[went] / fates.gain[fate]
    return Fates(
        hashes=np.append(fates.hashes, random.integers(0, 2**64, len(original), np.uint64)),
        went=np.append(fates.went, went),
        tokens=np.append(fates.tokens, tokens),
        keeper=np.append(fates.keeper, keeper),
        drawn=np.ones(len(fates.hashes) + len(original), np.bool_),
        gain=fates.gain,
    )


def _any_of(
    originals: NDArray[np.int64],
    of: NDArray[np.int64],
    candidates: NDArray[np.int64],
    random: np.random.Generator,
) -> NDArray[np.int64]:
    """For each original itself or one of the candidates of it, by chance. `of` rises: whose each candidate is."""
    if not len(of):
        return originals
    first, end = np.searchsorted(of, originals), np.searchsorted(of, originals, side="right")
    chosen = first - 1 + (random.random(len(originals)) * (end - first + 1)).astype(np.int64)
    return np.where(chosen < first, originals, candidates[np.maximum(chosen, 0)])


def by_units(run: RunDirectory) -> dict[str, tuple[Floats, Floats]]:
    """Tokens that came to each filter and that went on, of each unit: float64[units]."""
    count = len(run.units())
    found = {}
    tables = [
        files.read_table(url)
        for number in files.names(run.path("ledger"))
        for url in files.list_files(run.path("ledger", number), ".parquet")
    ]
    rows = pa.concat_tables(tables).to_pandas()
    for stage in run.stages():
        if stage.kind == "filter":
            of_stage = rows[rows["stage"] == stage.label]
            came, went_on = (
                np.bincount(some["unit"], some["tokens"], count)
                for some in (of_stage[of_stage["outcome"] == outcome] for outcome in ("in", "out"))
            )
            found[stage.label] = (came, went_on)
    return found
