"""report.json's `planning`: all that `assay plan` and the page's form compute a plan from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.ledger import QUANTITIES, UNKNOWN_LANGUAGE
from pipeline.ledger_files import listing
from pipeline.planning import crawls, laws
from pipeline.planning.curve import SCENARIOS, Shrinkage, final_tokens, grid, shrinkage
from pipeline.planning.estimate import Estimate, ratio
from pipeline.planning.groups import Ends, of_documents, of_units
from pipeline.planning.unseen import ASSUMED_UNEVENNESS, Clusters
from pipeline.planning.warnings import warnings_of
from pipeline.rundir import RunDirectory

STORED = "stored bytes"  # of the input files as they lie there, compressed or not
MEASURED_IN = ("tokens", "documents", "bytes", STORED)
LANGUAGES = 100  # that can be planned for
_SMALLEST = -2  # power of ten: the smallest part of the run whose retention is worked out
_DIGITS = 8  # what a linear program gives beyond these is noise
_CRAWL = re.compile(r"\.(warc|wet|arc)(\.\w+)*$")


def planning_figures(run: RunDirectory, report: dict[str, Any], tallies: pa.Table) -> dict[str, Any]:
    """The key `planning`.

    Args:
        report: what is known of the run by now: `totals`, `stages`, `duplicates`, `languages`, `units`, `complete`,
            `intervals` and `dominance`.
        tallies: of the run, added up.

    Returns:
        `raw`, `final` (amounts), `stored_bytes`, `basis` of the intervals and its `groups`; `yield`: final tokens of a
        corpus as large as this run's, with an end for each quantity in which "as large" may be measured;
        `distinct`: rho and `times`, columns; `curve`: final tokens, rows; `languages`; `pool` that the input was
        drawn from; and what the form needs besides. docs/report.md says more.
    """
    manifest = run.read_json("manifest.json")
    sample = manifest.get("sample")
    # A run under way is judged by the units that are through: of the others it has read documents but let out none.
    basis = report["intervals"]["basis"] if report["complete"] else "units"
    ends = _ends(run, report, basis, tallies)
    scale = _scale(report, ends) if basis == "documents" else 1.0
    raw = {name: scale * float(ends.total("raw", name).sum()) for name in QUANTITIES}
    stored = _stored_bytes(run, ends, sample, raw["documents"])
    yielded = _yield(ends.total("final", "tokens"), ends, stored, scale)
    clusters = deduplicators(report)
    distinct = shrinkage(clusters, grid())
    columns = _columns(distinct)
    figures = {
        "source": "this run",
        "raw": _whole(raw),
        "final": _whole({name: scale * float(ends.total("final", name).sum()) for name in QUANTITIES}),
        "stored_bytes": round(stored),
        "web": _is_crawl(manifest, sample),
        "basis": basis if _groups(ends) > 1 else None,
        "groups": _groups(ends),
        "yield": yielded,
        "distinct": columns,
        "curve": curve_rows(yielded, columns),
        "measured": _measured(clusters, raw["tokens"], yielded["tokens"][1]),
        "bracket_by": distinct.by,
        "scenarios": list(SCENARIOS) if distinct.by else [],
        "languages": _languages(ends, stored, scale),
        "pool": _pool(sample, raw["bytes"]),
        "laws": laws.figures(),
        "crawls": crawls.figures(),
    }
    return {**figures, "warnings": warnings_of(report, figures, sample)}


def deduplicators(report: dict[str, Any]) -> list[Clusters]:
    """The sets of copies that each deduplicator found, weighted by tokens; documents without a copy are sets of one."""
    came = {stage["name"]: stage["in"] for stage in report["stages"] if stage["kind"] == "deduplicator"}
    raw, effective = report["totals"]["raw"]["documents"], report["dominance"]["documents_effective"]
    unevenness = max(raw / effective, 1.0) if effective else ASSUMED_UNEVENNESS
    found = []
    for entry in report["duplicates"]:
        documents, tokens = came[entry["stage"]]["documents"], came[entry["stage"]]["tokens"]
        if not documents:
            continue
        alone = [
            1,
            max(documents - entry["documents"], 0),
            max(tokens - sum(held for *_, held in entry["sizes"]), 0),
        ]
        table = np.array([alone, *entry["sizes"]], np.float64)
        sizes = table[:, 0].astype(np.int64)
        found.append(Clusters(sizes, table[:, 1], table[:, 2], unevenness=unevenness))
    return found


def curve_rows(yielded: dict[str, list[float | None]], distinct: dict[str, Any]) -> list[dict[str, Any]]:
    """Final tokens at each point of the grid, where size is measured in raw tokens."""
    columns = final_tokens(yielded["tokens"], distinct)
    return [
        {"times": times, **{end: columns[end][at] for end in ("low", "point", "high")}}
        for at, times in enumerate(distinct["times"])
    ]


def _measured(clusters: list[Clusters], raw: float, final: float | None) -> list[dict[str, float]]:
    """What random parts of the run would have kept of their raw tokens, and the run itself: by rarefaction."""
    if not raw or final is None:
        return []
    smaller = shrinkage(clusters, grid(_SMALLEST, 0))
    return [
        {"times": float(times), "retention": final / raw * float(rho)}
        for times, rho in zip(smaller.times, smaller.point, strict=True)
    ]


def _columns(distinct: Shrinkage) -> dict[str, Any]:
    return {
        "times": [_rounded(value) for value in distinct.times],
        **{end: [_rounded(value) for value in getattr(distinct, end)] for end in ("low", "point", "high")},
    }


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else float(f"{value:.{_DIGITS}g}")


def _ends(run: RunDirectory, report: dict[str, Any], basis: str, tallies: pa.Table) -> Ends:
    if basis == "documents":
        return of_documents(tallies)
    last = max(stage["pass"] for stage in report["stages"])
    return of_units(run, listing(run, last).done(report["units"]["count"]))


def _groups(ends: Ends) -> int:
    return int((ends.total("raw", "tokens") > 0).sum())


def _scale(report: dict[str, Any], ends: Ends) -> float:
    """Documents drawn by bytes stand for others; this brings their sum back to the number that was read."""
    weighted = float(ends.total("raw", "documents").sum())
    return float(report["totals"]["raw"]["documents"] / weighted) if weighted else 1.0


def _stored_bytes(run: RunDirectory, ends: Ends, sample: dict[str, Any] | None, documents: float) -> float:
    """Of the files that hold so many documents where they come from: a sample's own files are others."""
    if sample is not None:
        pool = sample["pool"]
        return float(pool["stored_bytes"] * documents / pool["documents"]) if pool["documents"] else 0.0
    if ends.stored is not None:
        return float(ends.stored.sum())
    return float(sum(unit.bytes for unit in run.units()))


def _yield(
    final: NDArray[np.float64], ends: Ends, stored: float, scale: float
) -> dict[str, list[float | None]]:
    """Final tokens of a corpus as large as this run's: [low, value, high] for each way to measure its size.

    Only the ends differ: how much a corpus yields that is known by its documents is less sure where documents
    differ in length than of one that is known by its tokens.
    """
    value = scale * float(final.sum())
    yielded: dict[str, list[float | None]] = {}
    for name in MEASURED_IN:
        by_unit = name == STORED and ends.stored is not None
        raw = ends.stored if by_unit else ends.total("raw", "bytes" if name == STORED else name)
        if raw is None or not raw.sum() or not final.sum() or (name == STORED and not stored):
            yielded[name] = [None, value if value else None, None]
            continue
        found = _share(final, raw, name == "tokens", ends)
        size = scale * float(raw.sum())
        low, high = (None if end is None else end * size for end in (found.low, found.high))
        yielded[name] = [low, value, high]
    return yielded


def _share(final: NDArray[np.float64], raw: NDArray[np.float64], of_tokens: bool, ends: Ends) -> Estimate:
    dealt = ends.stored is None
    whole = ends.total("raw", "tokens") if dealt and not of_tokens else None
    return ratio(final, raw, share=of_tokens, dealt=dealt, whole=whole)


def _languages(ends: Ends, stored: float, scale: float) -> dict[str, Any]:
    """The languages of which most is left, each with its yield from the whole corpus."""
    whole = float(ends.total("final", "tokens").sum())
    kept = {code: float(amounts["tokens"].sum()) for code, amounts in ends.final.items()}
    listed = sorted((code for code in kept if kept[code]), key=lambda code: (-kept[code], code))[:LANGUAGES]
    return {
        code: {
            "share": kept[code] / whole,
            "raw": _whole(_summed(ends.raw.get(code), scale)),
            "final": _whole(_summed(ends.final[code], scale)),
            "yield": _yield(ends.final[code]["tokens"], ends, stored, scale),
        }
        for code in listed
    } | {
        code: {
            "share": 0.0,
            "raw": _whole(_summed(ends.raw[code], scale)),
            "final": _NOTHING,
            "yield": _NEVER,
        }
        for code in sorted(set(ends.raw) - set(listed) - {UNKNOWN_LANGUAGE})[: LANGUAGES - len(listed)]
    }


_NOTHING = dict.fromkeys(QUANTITIES, 0)
_NEVER = {name: [None, None, None] for name in MEASURED_IN}


def _summed(amounts: dict[str, NDArray[np.float64]] | None, scale: float) -> dict[str, float]:
    if amounts is None:
        return dict.fromkeys(QUANTITIES, 0.0)
    return {name: scale * float(amounts[name].sum()) for name in QUANTITIES}


def _whole(amount: dict[str, float]) -> dict[str, int]:
    return {name: round(value) for name, value in amount.items()}


def _pool(sample: dict[str, Any] | None, held: float) -> dict[str, Any] | None:
    """What the input was drawn from, and how many times the bytes of this run it has."""
    if sample is None or not held:
        return None
    pool = sample["pool"]
    return {**pool, "times": pool["bytes"] / held}


def _is_crawl(manifest: dict[str, Any], sample: dict[str, Any] | None) -> bool:
    """Whether the input is that of a web crawl, so that its documents are pages."""
    paths: Sequence[str] = sample["inputs"] if sample else [entry["path"] for entry in manifest["inputs"]]
    return bool(paths) and all(_CRAWL.search(str(path)) for path in paths)
