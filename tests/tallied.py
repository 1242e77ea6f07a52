"""That tallies and ledger count the same documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pyarrow as pa

from pipeline.ledger import QUANTITIES


def _total(rows: Iterable[dict[str, object]], keys: tuple[str, ...]) -> dict[tuple[object, ...], list[int]]:
    sums: dict[str, Counter[tuple[object, ...]]] = {name: Counter() for name in QUANTITIES}
    for row in rows:
        for name in QUANTITIES:
            sums[name][tuple(row[key] for key in keys)] += row[name]  # type: ignore[assignment]
    return {key: [sums[name][key] for name in QUANTITIES] for key in sums["documents"]}


def disagreements(tallies: pa.Table, ledger: pa.Table) -> list[str]:
    """Every sum of tallies that is not the ledger's, as a sentence; `ledger` has stage, outcome, reason and language.

    Looked at: `replicate` (also by language), `unit`, `length`, `host` and `suffix` against what came in, went on or was
    dropped; every `measure` against what reached its filter.
    """
    counted, found = tallies.to_pylist(), ledger.to_pylist()
    truth = _total(found, ("stage", "outcome"))
    by_language = _total(found, ("stage", "outcome", "language"))
    faults = []
    kinds = ("replicate", "unit", "length", "host", "suffix")
    for kind in kinds:
        rows = [row for row in counted if row["kind"] == kind]
        for key, amounts in _total(rows, ("stage", "name")).items():
            if amounts != truth.get(key):
                faults.append(f"{kind} {key}: {amounts}, but the ledger has {truth.get(key)}")
    languages = [row for row in counted if row["kind"] == "replicate" and row["other"]]
    for key, amounts in _total(languages, ("stage", "name", "other")).items():
        if amounts != by_language.get(key):
            faults.append(f"replicate {key}: {amounts}, but the ledger has {by_language.get(key)}")
    measures = [row for row in counted if row["kind"] == "measure"]
    for key, amounts in _total(measures, ("stage", "name", "other")).items():
        if amounts != truth.get((key[0], "in")):
            faults.append(f"measure {key}: {amounts}, but the ledger has {truth.get((key[0], 'in'))}")
    passed = {key for key in truth if key[1] in ("in", "out")}
    for kind in ("replicate", "unit"):
        there = {(row["stage"], row["name"]) for row in counted if row["kind"] == kind}
        faults += [f"{kind}: nothing of {key}" for key in sorted(passed - there, key=str)]
    return faults
