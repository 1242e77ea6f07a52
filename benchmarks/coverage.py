"""How often the intervals of the plan hold what happens: `python -m benchmarks.coverage`, as Markdown.

From pools whose clusters are known, and from a run on real documents, pilots are drawn again and again by documents.
What each says of the whole is compared with the whole. Nominal is 95 %; at least 93 % are aimed at.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Annotated

import numpy as np
import typer

from benchmarks.documents import default_documents
from benchmarks.populations import Pool, pools
from benchmarks.recrawled import by_units, fates_of, figures_of, plant, run_on
from benchmarks.stages import DocumentFiles, Quick
from benchmarks.table import progress
from pipeline.planning.backtest.compare import FEWEST, predictions
from pipeline.planning.backtest.fates import Fates
from pipeline.planning.backtest.pilot import send
from pipeline.planning.estimate import ratio
from pipeline.planning.unseen import extrapolate
from pipeline.planning.unseen.bracket import closed_form
from pipeline.planning.unseen.extrapolate import Z
from pipeline.report.numbers import NOTHING, percent
from pipeline.rundir import RunDirectory, StageEntry

TIMES = (2, 10, 100, 1000)
PILOT = 10_000  # documents
MORE = (
    1.03  # times as many are drawn, so that by no chance the pool is more times as large than it stands for
)
PILOTS, QUICK_PILOTS = 200, 20
RECIPES = ("fineweb", "quickstart")  # of one deduplicator and of three
UNITS = 30  # in a pilot of whole units
AIM = 0.93
MISSED = " ✗"
SEED = 5


@dataclass(frozen=True)
class Said:
    """What one pilot said, beside what was true."""

    truth: float
    alone: float  # the pilot's own share
    low: float
    high: float
    point: float | None = None

    @property
    def covers(self) -> bool:
        rounding = 1e-9
        return self.low - rounding <= self.truth <= self.high + rounding


def main(
    documents: DocumentFiles = None,
    run: Annotated[
        list[Path] | None,
        typer.Option(
            help="A finished run of one input in many files, instead of new ones. Several times for more."
        ),
    ] = None,
    quick: Quick = False,
) -> None:
    """Every table of `docs/coverage.md` that says how often an interval held."""
    pilots = QUICK_PILOTS if quick else PILOTS
    title(f"Deduplication of made-up pools, {pilots} pilots each")
    table(_POOL_COLUMNS, pool_rows(pilots))
    with tempfile.TemporaryDirectory() as folder:
        for made in map(RunDirectory, map(str, run)) if run else _new_runs(documents or [], Path(folder)):
            name, fates, stages = (
                made.read_json("manifest.json")["recipe"]["name"],
                fates_of(made),
                made.stages(),
            )
            planted = plant(fates, stages, np.random.default_rng(SEED))
            title(
                f"`{name}` on {len(planted.hashes):,} real documents with planted re-crawls, {pilots} pilots each"
            )
            table(_PLANTED_COLUMNS, planted_rows(planted, stages, pilots))
            title(
                f"Filters of `{name}`: pilots of 1 % of {len(fates.hashes):,} real documents, and of {UNITS} of "
                "their files"
            )
            table(_FILTER_COLUMNS, filter_rows(made, fates, stages, pilots))


def _new_runs(documents: Sequence[Path], folder: Path) -> Iterator[RunDirectory]:
    documents = documents or default_documents(folder)
    for recipe in RECIPES:
        progress(f"running the recipe {recipe}")
        yield run_on(documents, folder / recipe, recipe)


_POOL_COLUMNS = (
    "pool",
    "times",
    "it was",
    "pilot itself",
    "interval",
    "covers",
    "point off by",
    "closed form alone",
)


def pool_rows(pilots: int) -> Iterator[list[str]]:
    """A row for each pool and how many times the pilot it is."""
    for name, pool in pools().items():
        for times in TIMES:
            progress(f"{name}, {times} times")
            said = [_of_pool(pool, times, np.random.default_rng([SEED, times, at])) for at in range(pilots)]
            found, closed = zip(*said, strict=True)
            alone = f"{_covers(closed)} at {_width(closed)}" if times > 2 else NOTHING
            yield [name, f"{times:,}", *_columns(found), alone]


def _of_pool(pool: Pool, times: int, random: np.random.Generator) -> tuple[Said, Said]:
    """What one pilot says, and what the closed form alone would."""
    whole = pool.thinned(min(1.0, times * PILOT / pool.documents), random)
    pilot = whole.thinned(MORE / times, random)
    clusters, beyond = pilot.as_clusters(), whole.documents / pilot.documents
    found = extrapolate(clusters, beyond)
    return (
        Said(whole.retention, pilot.retention, found.low, found.high, found.point),
        Said(whole.retention, pilot.retention, *closed_form(clusters.seen, beyond, Z)),
    )


_PLANTED_COLUMNS = (
    "tokens that go on",
    "times",
    "it was",
    "pilot itself",
    "interval",
    "covers",
    "point off by",
)


def planted_rows(fates: Fates, stages: Sequence[StageEntry], pilots: int) -> Iterator[list[str]]:
    whole = send(fates, np.arange(len(fates.hashes)), stages)
    truths = {one.stage: one.went_on.sum() / one.came.sum() for one in whole.passed}
    truths[len(stages)] = whole.final.sum() / whole.raw.sum()
    names = [*(stage.label for stage in stages), "final of raw"]
    for times in (times for times in TIMES if len(fates.hashes) >= FEWEST * times):
        progress(f"planted, {times} times")
        told: dict[int, list[Said]] = {}
        for at in range(pilots):
            random = np.random.default_rng([SEED, times, at])
            drawn = np.flatnonzero(random.random(len(fates.hashes)) < 1 / times)
            pilot = send(fates, drawn, stages)
            for stage, one in predictions(pilot, len(fates.hashes) / len(drawn)).items():
                told.setdefault(stage, []).append(
                    Said(truths[stage], one.alone, one.low, one.high, one.point)
                )
        for stage, said in sorted(told.items()):
            yield [names[stage], f"{times:,}", *_columns(said)]


_FILTER_COLUMNS = ("filter", "it was", "by documents", "covers", "by files", "covers")


def filter_rows(
    run: RunDirectory, fates: Fates, stages: Sequence[StageEntry], pilots: int
) -> Iterator[list[str]]:
    progress("filters")
    figures = {stage["name"]: stage for stage in figures_of(run)}
    truths = {name: stage["out"]["tokens"] / stage["in"]["tokens"] for name, stage in figures.items()}
    units = by_units(run)
    by_documents: dict[str, list[Said]] = {name: [] for name in units}
    by_files: dict[str, list[Said]] = {name: [] for name in units}
    for at in range(pilots):
        random = np.random.default_rng([SEED, at])
        drawn = np.flatnonzero(random.random(len(fates.hashes)) < 0.01)
        said = predictions(send(fates, drawn, stages), 100)
        chosen = random.choice(len(run.units()), UNITS, replace=False)
        for place, stage in enumerate(stages):
            name = stage.label
            if name in units:
                one = said[place]
                by_documents[name].append(Said(truths[name], one.alone, one.low, one.high))
                came, went_on = units[name]
                kept = ratio(went_on[chosen], came[chosen], share=True)
                ends = (kept.value, kept.low or 0.0, kept.high or 1.0)
                by_files[name].append(Said(truths[name], *ends))
    for name in units:
        columns = [_columns(said)[2:4] for said in (by_documents[name], by_files[name])]
        yield [name, percent(truths[name]), *columns[0], *columns[1]]


def _columns(said: Sequence[Said]) -> list[str]:
    """Truth, the pilot itself, interval (medians), coverage, and how far the point is off."""
    low, high = median(one.low for one in said), median(one.high for one in said)
    off = [abs(one.point - one.truth) for one in said if one.point is not None]
    return [
        percent(fmean(one.truth for one in said)),
        percent(fmean(one.alone for one in said)),
        f"{percent(low)} to {percent(high)}",
        _covers(said),
        f"{100 * median(off):.2f} points" if 2 * len(off) > len(said) else NOTHING,
    ]


def _covers(said: Sequence[Said]) -> str:
    share = fmean(one.covers for one in said)
    return f"{percent(share)}{'' if share >= AIM else MISSED}"


def _width(said: Sequence[Said]) -> str:
    return f"{100 * median(one.high - one.low for one in said):.1f} points"


def title(text: str) -> None:
    print(f"\n**{text}**\n")


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A Markdown table; figures to the right."""
    print(f"| {' | '.join(columns)} |")
    print(f"|---|{'---:|' * (len(columns) - 1)}", flush=True)
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    typer.run(main)
