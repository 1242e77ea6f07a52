"""How much to collect: raw data needed for a target, from what a run kept of what it read."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.errors import UserError
from pipeline.ledger import ENDS, QUANTITIES, UNKNOWN_LANGUAGE
from pipeline.ledger_files import fold_each, listing
from pipeline.planning.estimate import Estimate, ratio
from pipeline.report.figures import stage_figures
from pipeline.report.numbers import NOTHING, count, percent, quantity
from pipeline.rundir import RunDirectory
from pipeline.sources.unit import Unit

FEW_UNITS = 30  # below, intervals from the variation between units are too narrow more often than they say
SCRAPE = "the whole scrape"
STORED = "stored bytes"  # of the input files as they lie there, compressed or not

_SUFFIXES = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}
_AMOUNT = re.compile(r"(\d+(?:_\d+)*(?:\.\d+)?(?:e[+-]?\d+)?)\s*([kmbt]?)(?:\s*tokens)?", re.IGNORECASE)


def parse_amount(text: str) -> int:
    """Tokens from `300B` (billion), `4T`, `1.5e12`, `250 M`, `10k` or a plain number.

    Raises:
        UserError: it is none of these, or not above zero.
    """
    match = _AMOUNT.fullmatch(text.strip())
    value = float(match[1].replace("_", "")) * _SUFFIXES[match[2].lower()] if match else 0.0
    if not 1 <= value < 1e30:
        raise UserError(
            f"{text!r} is not an amount of tokens. Write 300B (billion), 4T (trillion), 250M, 10k, 1.5e12 "
            "or a whole number above zero."
        )
    return round(value)


@dataclass(frozen=True)
class Need:
    """How much has to be collected, in one quantity."""

    quantity: str  # one of QUANTITIES, or STORED
    of: str  # SCRAPE, or a language
    final_tokens_per_raw: Estimate
    raw: Estimate


@dataclass(frozen=True)
class Plan:
    """Raw data for a target, by the retention of one run. `needs` is empty where nothing was kept."""

    target_tokens: int
    language: str | None
    units: int  # that were finished and held something
    raw_tokens: int  # that this run read, in the language if one was asked for
    final_tokens: int  # that it kept of them
    needs: tuple[Need, ...]
    warnings: tuple[str, ...]

    @property
    def feasible(self) -> bool:
        return bool(self.needs)

    def as_json(self) -> dict[str, Any]:
        """Plain data for `json.dumps`: the fields, and `feasible`. An interval that there is not is null."""
        return {**asdict(self), "feasible": self.feasible}


def plan(run: RunDirectory, target_tokens: int, language: str | None = None) -> Plan:
    """How much raw data gives `target_tokens` final tokens (of `language`), with what this run's units say.

    Raises:
        UserError: not a run directory, no unit is finished, or the run has nothing in that language.
    """
    read = _read(run, language)
    everything, wanted = read.everything, read.wanted
    final = wanted.final["tokens"]
    kept = int(final.sum())
    needs = []
    if kept:
        names = ("tokens", "documents", "bytes")
        needs = [_need(name, SCRAPE, final, everything.raw[name], target_tokens) for name in (*names, STORED)]
        if language is not None and wanted.raw["tokens"].sum() >= kept:
            needs += [_need(name, language, final, wanted.raw[name], target_tokens) for name in names]
    return Plan(
        target_tokens=target_tokens,
        language=language,
        units=int((everything.raw["tokens"] > 0).sum()),
        raw_tokens=int(wanted.raw["tokens"].sum()),
        final_tokens=kept,
        needs=tuple(need for need in needs if need is not None),
        warnings=tuple(_warnings(read, language, target_tokens)),
    )


@dataclass(frozen=True)
class _Ends:
    """Raw and final amounts of each unit: float64 by quantity, one value per unit."""

    raw: dict[str, NDArray[np.float64]]
    final: dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class _Read:
    everything: _Ends
    wanted: _Ends  # the same, or that of one language
    unidentified: float  # share of the raw tokens in documents that have no language
    deduplicated: (
        float | None
    )  # share that deduplicators took of the tokens that reached them; None without any
    unfinished: int


def _read(run: RunDirectory, language: str | None) -> _Read:
    stages = run.stages()
    of_language = pc.field("language") == language if language is not None else None
    by_unit, wanted_by_unit, by_language, by_stage = fold_each(
        run,
        [
            (("outcome", "unit"), None),
            (("outcome", "unit"), of_language),
            (("outcome", "language"), ENDS),
            (("stage", "outcome"), None),
        ],
    )
    if language is not None and not len(wanted_by_unit):
        found = sorted(set(by_language["language"].to_pylist()))
        raise UserError(
            f"{run.url} holds nothing in the language `{language}`. It holds: "
            f"{', '.join(found) or 'nothing'}."
        )
    all_units = run.units()
    done = listing(run, max(stage.number for stage in stages)).done(len(all_units))
    units = [unit for unit in all_units if done[unit.index]]
    if not units:
        raise UserError(
            f"{run.url}: no unit of this run is finished, so there is nothing to plan from. Finish "
            "the run first."
        )
    figures = [stage for stage in stage_figures(by_stage, stages) if stage["kind"] == "deduplicator"]
    came = figures[0]["in"]["tokens"] if figures else 0
    raw = by_language.filter(pc.field("outcome") == "in")
    unidentified = raw.filter(pc.field("language") == UNKNOWN_LANGUAGE)
    return _Read(
        everything=_ends(by_unit, units),
        wanted=_ends(wanted_by_unit, units),
        unidentified=(pc.sum(unidentified["tokens"]).as_py() or 0)
        / max(pc.sum(raw["tokens"]).as_py() or 0, 1),
        deduplicated=sum(stage["dropped"]["tokens"] for stage in figures) / max(came, 1) if figures else None,
        unfinished=len(all_units) - len(units),
    )


def _ends(by_unit: pa.Table, units: list[Unit]) -> _Ends:
    ends = []
    for outcome in ("in", "out"):
        rows = {row["unit"]: row for row in by_unit.filter(pc.field("outcome") == outcome).to_pylist()}
        ends.append(
            {
                name: np.array([rows[u.index][name] if u.index in rows else 0 for u in units], np.float64)
                for name in QUANTITIES
            }
        )
    ends[0][STORED] = np.array([unit.bytes for unit in units], np.float64)
    return _Ends(*ends)


def _need(
    name: str, of: str, final: NDArray[np.float64], raw: NDArray[np.float64], target: int
) -> Need | None:
    if not raw.sum():
        return None  # the size of the input is not known (a source that does not say)
    per_raw = ratio(final, raw, share=name == "tokens")
    return Need(name, of, per_raw, per_raw.needed_for(target))


def _warnings(read: _Read, language: str | None, target: int) -> list[str]:
    raw = read.everything.raw["tokens"]
    held = int((raw > 0).sum())
    kept = float(read.wanted.final["tokens"].sum())
    scale = target / kept if kept else 0.0
    warnings = [_deduplication_warning(read.deduplicated, scale)]
    if held == 1:
        warnings.append(
            "This run has one unit, so nothing says how much retention varies: there is no interval."
        )
    elif held < FEW_UNITS:
        warnings.append(
            f"The intervals rest on {held} units. Below {FEW_UNITS} they are rough; more files, or "
            "smaller units, make them better."
        )
    if held > 1 and raw.max() > raw.sum() / 2:
        warnings.append(
            f"One unit holds {percent(float(raw.max() / raw.sum()))} of the raw tokens: these figures "
            "are mostly those of that one."
        )
    if language is not None and read.unidentified:
        warnings.append(
            f"{percent(read.unidentified)} of the raw tokens have no language: their documents went before "
            f"it was found, or it could not be told. What of that was `{language}` is missing from the raw "
            f"amounts of `{language}`, not from those of the whole scrape."
        )
    if read.unfinished:
        warnings.append(f"The run is not finished: {read.unfinished} units are missing here.")
    return warnings


def _deduplication_warning(deduplicated: float | None, scale: float) -> str:
    if deduplicated is None:
        return (
            "This recipe removes no duplicates. If the real job will, expect to need more: the larger the "
            "scrape, the larger the share of it that stands elsewhere in it."
        )
    reach = f" This plan is for {count(scale)} times what this run kept." if scale > 1 else ""
    return (
        f"Deduplication took {percent(deduplicated)} of the tokens that reached it in this run, and will "
        "take more of a larger scrape: a sample holds few of the copies of its pages, so it over-states what "
        "deduplication keeps. Read every amount as the least that is needed; the intervals do not cover "
        f"this.{reach}"
    )


def print_plan(plan: Plan, console: Console) -> None:
    """Print a plan as tables of what to collect, and below them what to beware of. Fits 80 columns."""
    of = f" of `{plan.language}`" if plan.language else ""
    what = f"{count(plan.target_tokens)} tokens{of}"
    console.print()
    if plan.feasible:
        console.print(Text(f"For {what}, collect:", style="bold"))
        for group in dict.fromkeys(need.of for need in plan.needs):
            needs = [need for need in plan.needs if need.of == group]
            console.print()
            console.print(_table(needs, group))
            console.print(Text(_retention(needs[0], of), style="dim"))
    else:
        reason = f"Not possible: this run kept nothing of {count(plan.raw_tokens)} raw tokens{of}"
        console.print(Text(f"{reason}, so no amount of such data gives {what}.", style="bold red"))
    console.print()
    for warning in plan.warnings:
        console.print(Text(f"! {warning}", style="yellow"))


def _retention(need: Need, of: str) -> str:
    kept = need.final_tokens_per_raw
    raw = "raw tokens" if need.of == SCRAPE else f"raw tokens of `{need.of}`"
    interval = f" (95 %: {percent(kept.low)} to {percent(kept.high)})" if kept.low is not None else ""
    return f"{percent(kept.value)} of the {raw} became final tokens{of}{interval}."


def _table(needs: list[Need], of: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column(of if of == SCRAPE else f"of it, in `{of}`", overflow="fold")
    for header in ("about", "95 % from", "to"):
        table.add_column(header, justify="right", no_wrap=True)
    for need in needs:
        ends = (need.raw.low, need.raw.high)
        low, high = (quantity(need.quantity, end) if end is not None else NOTHING for end in ends)
        about = Text(quantity(need.quantity, need.raw.value), style="bold")
        table.add_row(Text(_NAMES[need.quantity]), about, Text(low), Text(high))
    return table


_NAMES = {
    "tokens": "raw tokens",
    "documents": "raw documents",
    "bytes": "raw text (UTF-8)",
    STORED: "files as stored",
}
