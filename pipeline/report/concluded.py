"""What may be concluded from runs side by side: what is the same in them, and what else may be the cause of a difference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pipeline.report.build import Report


@dataclass(frozen=True)
class Compared:
    """One of the runs: its report, the recipe as it was run, and its manifest."""

    name: str
    report: Report
    recipe: dict[str, Any]
    manifest: dict[str, Any]
    tallies: pa.Table


def inputs_of(runs: Sequence[Compared]) -> dict[str, Any]:
    """Files are the same where size and fingerprint are, wherever they lie."""
    held = [
        Counter((entry["bytes"], entry["fingerprint"]) for entry in run.manifest["inputs"]) for run in runs
    ]
    return {
        "same": all(own == held[0] for own in held),
        "shared": [sum((own & held[0]).values()) for own in held],
        "files": [sum(own.values()) for own in held],
        "samples": [run.manifest.get("sample") for run in runs],
    }


def what_differs(same_input: bool, same_recipe: bool) -> tuple[str, str]:
    if same_input and same_recipe:
        return "same", (
            "The same recipe on the same input. Whatever differs comes from the versions of Assay, of a model or of "
            "a word list."
        )
    if same_input:
        return "recipes", (
            "Different recipes on one input: what differs comes from the recipes alone, and on this input it is exact."
        )
    if same_recipe:
        return "inputs", (
            "One recipe on different inputs: what differs comes from the inputs. What a deduplicator takes also "
            "depends on how much it was given: of the same kind of data it takes more of a larger amount."
        )
    return "neither", (
        "Both the recipes and the inputs differ, so no difference here can be put down to one of them. Run one of "
        "the recipes on the other input to tell the two apart."
    )


def cautions(runs: Sequence[Compared], same_input: bool) -> list[str]:
    """What else is not the same, and so may be the cause of a difference."""
    found = []
    if len({(run.manifest.get("tokenizer") or {}).get("sha256") for run in runs}) > 1:
        found.append(
            "The tokenizers differ, so a token of one run is not a token of another: compare shares, or bytes."
        )
    orders = [[stage["name"] for stage in run.report["stages"]] for run in runs]
    common = set(orders[0]).intersection(*orders)
    if len({tuple(name for name in order if name in common) for order in orders}) > 1:
        found.append(
            "The stages stand in different orders. What is left after a stage depends on those before it: compare the "
            "last line, and what stands where the same stages have gone before."
        )
    versions = list(dict.fromkeys(run.report["assay"] for run in runs))
    if len(versions) > 1:
        found.append(f"The runs were made by different versions of Assay: {', '.join(versions)}.")
    resources = [
        {(entry["label"], entry["setting"]): entry["sha256"] for entry in run.manifest.get("resources", ())}
        for run in runs
    ]
    changed = {
        f"{label}.{setting}"
        for label, setting in set().union(*resources)
        if len({own[label, setting] for own in resources if (label, setting) in own}) > 1
    }
    if changed:
        found.append(f"Models or word lists differ in content: {', '.join(sorted(changed))}.")
    for run in runs:
        if not run.report["complete"]:
            found.append(f"{run.name} is not finished: its figures are those of a part of its input.")
        if not run.report["balanced"]:
            found.append(f"The ledger of {run.name} does not balance: its figures are not to be trusted.")
    raw = [run.report["totals"]["raw"]["bytes"] for run in runs]
    if not same_input and min(raw) and max(raw) > 2 * min(raw) and _deduplicates(runs):
        found.append(
            f"The largest input is {max(raw) / min(raw):.1f} times the smallest. After a deduplicator, shares of so "
            "different amounts cannot be compared."
        )
    return found


def _deduplicates(runs: Sequence[Compared]) -> bool:
    return any(stage["kind"] == "deduplicator" for run in runs for stage in run.report["stages"])
