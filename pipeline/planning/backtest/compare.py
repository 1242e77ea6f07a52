"""What each pilot of a run would have said of the whole, beside what the whole came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import numpy as np

from pipeline import files
from pipeline.errors import UserError
from pipeline.ledger_files import fold
from pipeline.planning.backtest.fates import Fates, Floats, Places, read_fates
from pipeline.planning.backtest.pilot import Passed, Pilot, send
from pipeline.planning.curve import shrinkage
from pipeline.planning.estimate import CONFIDENCE, Estimate, ratio
from pipeline.planning.unseen import Clusters
from pipeline.report.figures import stage_figures
from pipeline.report.numbers import counted, percent
from pipeline.rundir import RunDirectory, StageEntry

SHARES = {0.001: 100, 0.01: 100, 0.1: 10}  # of the documents in a pilot, and how many pilots at most
FEWEST = 50  # documents in a pilot
HELD = 5_000_000  # documents in memory
DOMINANT = 0.01  # share of the raw tokens from which one document is named
FINAL = "final"


@dataclass(frozen=True)
class Prediction:
    """What one pilot says of one share of the whole's tokens."""

    alone: float  # the share in the pilot itself
    point: float | None
    low: float
    high: float


@dataclass(frozen=True)
class Told:
    """What the pilots of one size said of a stage (or of all: `final`), and what happened.

    Args:
        truth: the share of the tokens that came in and went on, in the whole run.
        alone, point, low, high: medians over the pilots that said something; `alone` is the share in the pilot
            itself, `point` None where they give none.
        pilots: how many said something; a stage that nothing reached says nothing.
        covered: the share of them whose low and high have the truth between them.
    """

    name: str
    kind: str
    truth: float | None
    alone: float | None = None
    point: float | None = None
    low: float | None = None
    high: float | None = None
    pilots: int = 0
    covered: float | None = None


@dataclass(frozen=True)
class Size:
    """Pilots of one size: their share of the documents, how many there are, and how many documents each has (median)."""

    share: float
    pilots: int
    documents: int
    stages: tuple[Told, ...]
    final: Told


@dataclass(frozen=True)
class Backtest:
    """All sizes, and why some are left out. `drawn` is the share of the documents that pilots are made of."""

    documents: int
    raw_tokens: int
    final_tokens: int
    drawn: float
    nominal: float
    sizes: tuple[Size, ...]
    skipped: dict[str, str]  # by share
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def backtest(run: RunDirectory, held: int = HELD) -> Backtest:
    """Predict a finished run from disjoint pilots of 0.1 %, 1 % and 10 % of its documents, drawn by hash of the id.

    Args:
        held: of a run with more documents pilots are made of so many of them. What they are compared with is the
            whole run all the same.

    Raises:
        UserError: not a run directory, not finished, or nothing was read.
    """
    stages = run.stages()
    figures = stage_figures(fold(run, ["stage", "outcome"]), stages)
    documents, raw = figures[0]["in"]["documents"], figures[0]["in"]["tokens"]
    if not raw:
        raise UserError(f"{run.url}: this run has read nothing, so there is nothing to predict.")
    if not files.exists(run.path("done.json")):
        raise UserError(
            f"{run.url}: this run is not finished, so there is nothing to compare pilots with. Run its "
            "`assay run` command again; it goes on."
        )
    drawn = min(1.0, held / documents)
    fates = read_fates(run, gain_of(figures), drawn)
    truths = [_share(stage["out"]["tokens"], stage["in"]["tokens"]) for stage in figures]
    truths.append(figures[-1]["out"]["tokens"] / raw)
    sizes, skipped = [], {}
    for share, most in SHARES.items():
        pilots = min(most, int(drawn / share + 1e-9))
        if documents * share < FEWEST:
            skipped[f"{share:g}"] = (
                f"{counted(round(documents * share), 'document')}; fewer than {FEWEST} say little"
            )
        elif not pilots:
            skipped[f"{share:g}"] = f"only {drawn:.2g} of the documents are held in memory"
        else:
            sizes.append(_size(fates, stages, share, pilots, truths))
    return Backtest(
        documents=documents,
        raw_tokens=raw,
        final_tokens=figures[-1]["out"]["tokens"],
        drawn=drawn,
        nominal=CONFIDENCE,
        sizes=tuple(sizes),
        skipped=skipped,
        notes=tuple(_notes(figures, fates, drawn)),
    )


def gain_of(figures: Sequence[dict[str, Any]]) -> Floats:
    """What of a token reaches each stage, by what editors before it took out."""
    left = [
        stage["out"]["tokens"] / stage["in"]["tokens"]
        if stage["kind"] == "editor" and stage["out"]["tokens"]
        else 1.0
        for stage in figures
    ]
    return np.cumprod([1.0, *left])


def _notes(figures: Sequence[dict[str, Any]], fates: Fates, drawn: float) -> list[str]:
    notes = []
    documents, raw = (figures[0]["in"][name] for name in ("documents", "tokens"))
    largest = float(fates.tokens_at(0, np.arange(len(fates.hashes))).max(initial=0.0)) / raw
    if largest > DOMINANT:
        notes.append(
            f"One document holds {percent(largest)} of the raw tokens. What becomes of it no pilot without it can say."
        )
    editors = [stage["name"] for stage in figures if stage["kind"] == "editor" and stage["trimmed"]["tokens"]]
    if editors:
        notes.append(
            f"What {' and '.join(editors)} took out is known of all documents together: each is taken to have "
            "lost the same share."
        )
    if drawn < 1:
        notes.append(
            f"Of {documents:,} documents {drawn * documents:,.0f} were drawn to make pilots of, by hash of the id."
        )
    return notes


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _size(
    fates: Fates, stages: Sequence[StageEntry], share: float, pilots: int, truths: Sequence[float | None]
) -> Size:
    sent = [send(fates, _slice(fates, at, share), stages) for at in range(pilots)]
    said = [predictions(pilot, 1 / share) for pilot in sent if pilot.raw.sum()]
    told = [
        _told(stage.label, stage.kind, truths[at], [one[at] for one in said if at in one])
        for at, stage in enumerate(stages)
        if stage.kind in ("filter", "deduplicator")
    ]
    final = _told(FINAL, FINAL, truths[-1], [one[len(stages)] for one in said])
    return Size(share, pilots, round(median(pilot.documents for pilot in sent)), tuple(told), final)


def _slice(fates: Fates, at: int, share: float) -> Places:
    """The drawn documents with hashes in the at-th part of the range."""
    ends = [min(int((at + more) * share * 2.0**64), 2**64 - 1) for more in (0, 1)]
    first, last = np.searchsorted(fates.hashes, np.array(ends, np.uint64))
    return np.arange(first, last)


def predictions(pilot: Pilot, times: float) -> dict[int, Prediction]:
    """What a pilot says of the whole, `times` as large, by the place of the stage; of the final share of raw tokens by
    the number after the last.

    A filter is taken to keep of the whole what it keeps of the pilot, a deduplicator what the plan says of its clusters
    (`pipeline.planning.curve`). The final share is that of the pilot, times how much less of the whole is distinct than of the
    pilot, for all deduplicators together. (A filter after a deduplicator meets more copies in a pilot than in the whole.
    Where it treats copies unlike other documents, its share differs for that, and no interval says so.)
    """
    passed = [one for one in pilot.passed if one.came.sum() > 0]
    said: dict[int, Prediction] = {}
    met: list[Clusters] = []
    for one in passed:
        said[one.stage] = _of_stage(one, met, times)
        if one.clusters is not None:
            met.append(one.clusters)
    kept = ratio(pilot.final, pilot.raw, share=True, dealt=True)
    said[pilot.stages] = _scaled(_shrunk(met, times), kept.value, *_ends(kept))
    return said


def _of_stage(one: Passed, met: Sequence[Clusters], times: float) -> Prediction:
    """Of a filter, or of a deduplicator after those that were `met` before: what all leave of what these leave."""
    alone = min(float(one.went_on.sum() / one.came.sum()), 1.0)
    if one.clusters is None:
        return Prediction(alone, alone, *_ends(ratio(one.went_on, one.came, share=True, dealt=True)))
    before, after = _shrunk(met, times), _shrunk([*met, one.clusters], times)
    rho = (after[0] / before[2], after[1] / before[1], after[2] / before[0])
    return _scaled(rho, alone, alone, alone)


def _shrunk(met: Sequence[Clusters], times: float) -> tuple[float, float, float]:
    """Low, point and high of how much less of the whole is distinct than of the pilot; the point may be NaN."""
    rho = shrinkage(met, np.array([times]))
    return float(rho.low[0]), float(rho.point[0]), float(rho.high[0])


def _scaled(rho: tuple[float, float, float], value: float, low: float, high: float) -> Prediction:
    """A share of the pilot, with its interval, as that of the whole."""
    point = None if np.isnan(rho[1]) else min(value * rho[1], 1.0)
    return Prediction(value, point, low * rho[0], min(high * rho[2], 1.0))


def _ends(estimate: Estimate) -> tuple[float, float]:
    """Without an interval anything may be."""
    return (
        0.0 if estimate.low is None else estimate.low,
        1.0 if estimate.high is None else estimate.high,
    )


def _told(name: str, kind: str, truth: float | None, said: Sequence[Prediction]) -> Told:
    if truth is None or not said:
        return Told(name, kind, truth)
    points = [one.point for one in said if one.point is not None]
    rounding = 1e-9
    return Told(
        name,
        kind,
        truth,
        alone=median(one.alone for one in said),
        point=median(points) if 2 * len(points) > len(said) else None,
        low=median(one.low for one in said),
        high=median(one.high for one in said),
        pilots=len(said),
        covered=sum(one.low - rounding <= truth <= one.high + rounding for one in said) / len(said),
    )
