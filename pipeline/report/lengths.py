"""Documents by their length in tokens, raw and final."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.tallies.gather import LENGTHS


def length_figures(tallies: pa.Table) -> dict[str, dict[str, list[Any]]]:
    """The report's `lengths`: `low` <= tokens < `high`, and how many documents and tokens that is."""
    rows = tallies.filter(pc.field("kind") == "length").sort_by("place")
    return {
        name: _figures(rows.filter(pc.field("name") == of)) for name, of in (("raw", "in"), ("final", "out"))
    }


def _figures(rows: pa.Table) -> dict[str, list[Any]]:
    low, high = LENGTHS.ends(rows["place"].to_numpy())
    columns = {name: rows[name].to_pylist() for name in ("documents", "tokens")}
    return {"low": low.tolist(), "high": high.tolist(), **columns}
