"""Runs side by side: what each stage leaves, why, of which languages; and what may be concluded from it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import yaml

from pipeline import files
from pipeline.errors import UserError
from pipeline.ledger import FIRST, QUANTITIES
from pipeline.report.build import Report, build_report
from pipeline.report.concluded import Compared, cautions, inputs_of, what_differs
from pipeline.report.intervals import group_amounts
from pipeline.report.paired import paired_difference
from pipeline.report.settings import settings_that_differ
from pipeline.rundir import RunDirectory
from pipeline.tallies.files import fold_tallies

MOST = 6  # runs on one page
LANGUAGES = 25

Comparison = dict[str, Any]
Share = dict[str, float | None]  # value, low, high


def compare_runs(runs: Sequence[RunDirectory]) -> Comparison:
    """What `assay report RUN RUN ... --json` prints, and what the page of the comparison shows.

    Keys: `runs` (of each `name`, `recipe`, `assay`, `complete`, `balanced`, `inputs`, `totals`, `retention`,
    `tokenizer`), `kind` and `says` (what may be compared), `cautions`, `paired` (how differences got their
    intervals), `stages`, `reasons`, `languages`, `settings`, `inputs`. Lists of values go by run, in the order in
    which the runs were named; differences are to the first one.

    Raises:
        UserError: fewer than two runs or more than `MOST`, or one of them is not a run directory.
    """
    if not 2 <= len(runs) <= MOST:
        raise UserError(f"{len(runs)} runs: a comparison takes 2 to {MOST} of them.")
    named = zip(names_of([run.url for run in runs]), runs, strict=True)
    return comparison([_compared(name, run) for name, run in named])


def _compared(name: str, run: RunDirectory) -> Compared:
    report = build_report(run)
    recipe = yaml.safe_load(files.read_bytes(run.path("recipe.yaml")))
    return Compared(name, report, recipe, run.read_json("manifest.json"), fold_tallies(run))


def names_of(urls: Sequence[str]) -> list[str]:
    """Short names: the folder of each, with as many of the folders above as tell them apart."""
    parts = [url.rstrip("/").split("/") for url in urls]
    deepest = max(map(len, parts))
    for depth in range(1, deepest + 1):
        names = ["/".join(own[-depth:]) for own in parts]
        if len(set(names)) == len(names):
            return names
    return [f"{'/'.join(own)} ({at})" for at, own in enumerate(parts, 1)]  # one run, named twice


def comparison(runs: Sequence[Compared]) -> Comparison:
    """The figures, from what was read of each run."""
    inputs = inputs_of(runs)
    settings = settings_that_differ([run.recipe for run in runs])
    kind, says = what_differs(inputs["same"], not settings)
    return {
        "runs": [
            {
                "name": run.name,
                **{key: run.report[key] for key in _PASSED_ON},
                "tokenizer": (run.manifest.get("tokenizer") or {}).get("sha256"),
            }
            for run in runs
        ],
        "kind": kind,
        "says": says,
        "cautions": cautions(runs, inputs["same"]),
        "paired": inputs["same"] and _groups_match(runs),
        "stages": _stages(runs, inputs["same"] and _groups_match(runs)),
        "reasons": _reasons(runs),
        "languages": _languages(runs),
        "settings": settings,
        "inputs": inputs,
    }


_PASSED_ON = ("recipe", "assay", "complete", "balanced", "inputs", "totals", "retention")


def _groups_match(runs: Sequence[Compared]) -> bool:
    """Whether all have tallies in groups of the same sort, as many of them."""
    known = [run.report.get("intervals") or {} for run in runs]
    return all(
        of.get("basis") and (of["basis"], of["groups"]) == (known[0]["basis"], known[0]["groups"])
        for of in known
    )


def _stages(runs: Sequence[Compared], paired: bool) -> list[dict[str, Any]]:
    """Of each stage in each quantity: the share of raw that is left after it, and how that differs from the first run.

    `left[quantity]` has an estimate for each run, null where the run has no such stage. `difference[quantity]` has
    one for each run but the first, null where either has none.
    """
    left = [_left(run.report) for run in runs]
    stages = []
    for name in aligned([[stage["name"] for stage in run.report["stages"]] for run in runs]):
        shares = {quantity: [own.get(name, {}).get(quantity) for own in left] for quantity in QUANTITIES}
        together = _paired(runs, name) if paired else {}
        stages.append(
            {
                "name": name,
                "left": shares,
                "difference": {
                    quantity: [
                        together.get((quantity, at)) or difference(other, values[0])
                        for at, other in enumerate(values[1:])
                    ]
                    for quantity, values in shares.items()
                },
            }
        )
    return stages


def _paired(runs: Sequence[Compared], stage: str) -> dict[tuple[str, int], dict[str, Any]]:
    """The differences at one stage by quantity and run but the first, where both have it."""
    base, *others = runs
    if not _has(base, stage):
        return {}
    basis = base.report["intervals"]["basis"]
    groups = [
        (group_amounts(run.tallies, basis, stage, "out"), group_amounts(run.tallies, basis, FIRST, "in"))
        if _has(run, stage)
        else None
        for run in runs
    ]
    assert groups[0] is not None
    found = {}
    for at in range(len(others)):
        own = groups[at + 1]
        for row, quantity in enumerate(QUANTITIES):
            estimate = own and paired_difference(
                own[0][row], own[1][row], groups[0][0][row], groups[0][1][row]
            )
            if estimate:
                found[quantity, at] = asdict(estimate)
    return found


def _has(run: Compared, stage: str) -> bool:
    return any(entry["name"] == stage for entry in run.report["stages"])


def _left(report: Report) -> dict[str, dict[str, Share]]:
    """The share of raw that is left after each stage; with its interval where the report has one."""
    raw = report["totals"]["raw"]
    known = {stage["name"]: stage for stage in (report.get("intervals") or {}).get("stages", ())}
    return {
        stage["name"]: {
            quantity: known.get(stage["name"], {}).get(quantity)
            or {"value": stage["out"][quantity] / raw[quantity], "low": None, "high": None}
            for quantity in QUANTITIES
            if raw[quantity]
        }
        for stage in report["stages"]
    }


def aligned(orders: Sequence[Sequence[str]]) -> list[str]:
    """All names once: in the order of the first list, what only others have behind what stands before it there."""
    merged = list(orders[0])
    for order in orders[1:]:
        behind = 0
        for name in order:
            if name not in merged:
                merged.insert(behind, name)
            behind = max(behind, merged.index(name) + 1)
    return merged


def difference(share: Share | None, base: Share | None) -> Share | None:
    """One share less another, with the interval that follows from theirs (MOVER).

    For independent estimates p - q, with intervals (l, u) and (l', u'), the ends lie sqrt((p - l)^2 + (u' - q)^2) below
    and sqrt((u - p)^2 + (q - l')^2) above (Zou and Donner 2008, Statistics in Medicine 27:1693, section 2). Shares of
    the same documents are not independent; see `pipeline.report.paired`.
    """
    if share is None or base is None or share["value"] is None or base["value"] is None:
        return None
    p, q = share["value"], base["value"]
    if None in (share["low"], share["high"], base["low"], base["high"]):
        return {"value": p - q, "low": None, "high": None}
    below = math.hypot(p - _number(share["low"]), _number(base["high"]) - q)
    above = math.hypot(_number(share["high"]) - p, q - _number(base["low"]))
    return {"value": p - q, "low": p - q - below, "high": p - q + above}


def _number(value: float | None) -> float:
    assert value is not None
    return value


def _reasons(runs: Sequence[Compared]) -> list[dict[str, Any]]:
    """What each reason took in each run, as an amount and as shares of raw; null where the run has no such stage."""
    zero = dict.fromkeys(QUANTITIES, 0)
    order = aligned([[stage["name"] for stage in run.report["stages"]] for run in runs])
    dropped = [
        {(entry["stage"], entry["reason"]): entry["dropped"] for entry in run.report["reasons"]}
        for run in runs
    ]
    has = [{stage["name"] for stage in run.report["stages"]} for run in runs]
    entries = []
    for stage, reason in dict.fromkeys(key for own in dropped for key in own):
        amounts = [
            own.get((stage, reason), zero) if stage in there else None
            for own, there in zip(dropped, has, strict=True)
        ]
        shares = [_of_raw(run.report, amount) for run, amount in zip(runs, amounts, strict=True)]
        if any(amount and amount["documents"] for amount in amounts):
            entries.append({"stage": stage, "reason": reason, "dropped": amounts, "of_raw": shares})
    return sorted(entries, key=lambda entry: (order.index(entry["stage"]), -_most(entry), entry["reason"]))


def _of_raw(report: Report, amount: dict[str, int] | None) -> dict[str, float | None] | None:
    if amount is None:
        return None
    raw = report["totals"]["raw"]
    return {name: amount[name] / raw[name] if raw[name] else None for name in QUANTITIES}


def _most(entry: dict[str, Any]) -> float:
    return max((share["tokens"] or 0.0) for share in entry["of_raw"] if share)


def _languages(runs: Sequence[Compared]) -> list[dict[str, Any]]:
    """The languages that hold most of any run's raw tokens: raw and final share of all, and what is left of each."""
    found: list[dict[str | None, dict[str, Any]]] = [
        {entry["language"]: entry for entry in run.report["languages"]} for run in runs
    ]
    totals = [run.report["totals"] for run in runs]
    entries: list[dict[str, Any]] = []
    for language in dict.fromkeys(language for own in found for language in own if language is not None):
        own = [entries_of.get(language) for entries_of in found]
        entries.append(
            {
                "language": language,
                **{
                    end: [
                        _part(entry[end]["tokens"] if entry else 0, total[end]["tokens"])
                        for entry, total in zip(own, totals, strict=True)
                    ]
                    for end in ("raw", "final")
                },
                "retention": [entry["retention"]["tokens"] if entry else None for entry in own],
            }
        )
    entries.sort(key=lambda entry: (-max(share or 0 for share in entry["raw"]), entry["language"]))
    return entries[:LANGUAGES]


def _part(part: int, whole: int) -> float | None:
    return part / whole if whole else None
