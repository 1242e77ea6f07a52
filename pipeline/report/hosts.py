"""Whose documents they are: the largest hosts, and the public suffixes of all."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.ledger import FIRST, LAST, QUANTITIES
from pipeline.report.figures import amounts, group_figures, retention
from pipeline.tallies.hosts import NAMED, NO_HOST
from pipeline.tallies.table import CUT

_LISTED = 40


def host_figures(tallies: pa.Table) -> dict[str, Any]:
    """The report's `hosts`: the 40 with most raw tokens, how many there are, and what lists too long lost.

    A host of which fewer than `at_most` tokens were read may be missing. Documents without a host are `without`.
    """
    raw, final = host_rows(tallies, FIRST, "in"), host_rows(tallies, LAST, "out")
    named = raw.filter(NAMED).sort_by([("tokens", "descending"), ("other", "ascending")])
    largest = named.slice(0, _LISTED).to_pylist()
    among = pa.array([row["other"] for row in largest], pa.string())
    kept = final.filter(pc.field("other").isin(among)).to_pylist()
    final_of = {row["other"]: _amount(row) for row in kept}
    nothing = dict.fromkeys(QUANTITIES, 0)
    no_host = pc.field("place") == NO_HOST
    return {
        "listed": [
            {"host": row["other"], **_ends(_amount(row), final_of.get(row["other"], nothing))}
            for row in largest
        ],
        "count": len(named),
        "cut": cut_figures(raw),
        "without": _ends(amounts(raw.filter(no_host)), amounts(final.filter(no_host))),
    }


def host_rows(tallies: pa.Table, stage: str, outcome: str) -> pa.Table:
    """The list of hosts of a stage and outcome: `read`, `in`; `tokenize`, `out`; a deduplicator's `dropped`."""
    return tallies.filter(
        (pc.field("kind") == "host") & (pc.field("stage") == stage) & (pc.field("name") == outcome)
    )


def cut_figures(hosts: pa.Table) -> dict[str, int]:
    """What a list of hosts lost: documents and tokens in all, and how many tokens of one host at most."""
    cut = hosts.filter(CUT)
    at_most = pc.sum(cut["place"]).as_py() or 0
    return {"documents": amounts(cut)["documents"], "tokens": amounts(cut)["tokens"], "at_most": at_most}


def suffix_figures(tallies: pa.Table, limit: int) -> list[dict[str, Any]]:
    """The report's `suffixes`, as `languages`. Documents without a host, or at an address, have the suffix ""."""
    rows = tallies.filter(pc.field("kind") == "suffix").select(["name", "other", *QUANTITIES])
    return group_figures(rows.rename_columns(["outcome", "suffix", *QUANTITIES]), "suffix", limit)


def _amount(row: dict[str, Any]) -> dict[str, int]:
    return {name: row[name] for name in QUANTITIES}


def _ends(raw: dict[str, int], final: dict[str, int]) -> dict[str, Any]:
    return {"raw": raw, "final": final, "retention": retention(raw, final)}
