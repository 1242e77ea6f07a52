"""A plan with a probe: the pool's retention as it was measured, in place of what a sample of it lets one guess."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from pipeline import files
from pipeline.errors import UserError
from pipeline.planning.curve import Shrinkage, grid, shrinkage
from pipeline.planning.unseen import Clusters

PROBE = "probe.json"
_SMALLEST = -4  # power of ten: the smallest share of the pool that can be planned for


def read_probe(place: str) -> dict[str, Any]:
    """What `assay probe` wrote: the file, or the one in this folder.

    Raises:
        UserError: there is none, or it is something else.
    """
    url = place if place.endswith(".json") else files.join(place, PROBE)
    if not files.exists(url):
        raise UserError(
            f"--probe {place}: there is no {url}. `assay probe RECIPE FILES --out FOLDER` makes one."
        )
    try:
        found: dict[str, Any] = json.loads(files.read_bytes(url))
    except ValueError as error:
        raise UserError(f"--probe {place}: {url} is not JSON ({error})") from error
    missing = {"pool", "probes", "retention", "deduplicators", "curve", "warnings"} - set(found)
    if missing:
        raise UserError(f"--probe {place}: {url} is not what `assay probe` writes: it has no {min(missing)}")
    return found


def with_probe(planning: dict[str, Any], probe: dict[str, Any]) -> dict[str, Any]:
    """The figures of a run with the pool in the place of the run: its size, its yield, and how both grow.

    Up to the pool `times` follows the probe's own curve; beyond, the pool's sets of copies are a sample of a still larger
    one. Of the run are left: the share of each language, the rates, what is a page.
    """
    pool, kept = probe["pool"], probe["retention"]["tokens"]
    larger = pool["documents"] / planning["raw"]["documents"]
    final = [None if kept[end] is None else kept[end] * pool["tokens"] for end in ("low", "value", "high")]
    grown = (final[1] or 0) / (planning["final"]["tokens"] or 1)
    stored = pool.get("stored_bytes") or planning["stored_bytes"] * larger
    distinct = _distinct(probe)
    return {
        **planning,
        "source": f"the probe of {pool['documents']:,} documents",
        "raw": {**pool, "words": None},
        "final": {"tokens": final[1]},
        "stored_bytes": stored,
        "basis": "probes",
        "groups": probe["probes"],
        "yield": dict.fromkeys(planning["yield"], final),
        "distinct": {
            "times": distinct.times.tolist(),
            **{
                end: [None if np.isnan(value) else float(value) for value in getattr(distinct, end)]
                for end in ("low", "point", "high")
            },
        },
        "bracket_by": distinct.by,
        "languages": {
            code: {
                **of,
                "raw": _grown(of["raw"], larger),
                "final": _grown(of["final"], grown),
                "yield": {
                    name: [None if end is None else end * grown for end in ends]
                    for name, ends in of["yield"].items()
                },
            }
            for code, of in planning["languages"].items()
        },
        "pool": {**pool, "stored_bytes": stored, "times": 1.0},
    }


def _grown(amount: dict[str, float], by: float) -> dict[str, float]:
    return {name: value * by for name, value in amount.items()}


def _distinct(probe: dict[str, Any]) -> Shrinkage:
    """rho over shares of the pool as the probe has it, and beyond the pool by what is not seen yet."""
    smaller = grid(_SMALLEST, 0)[:-1]
    shares = np.array([entry["share"] for entry in probe["curve"]])
    kept = np.array([entry["documents"]["value"] for entry in probe["curve"]])
    order = np.argsort(shares)
    rho = np.interp(np.log(smaller), np.log(shares[order]), kept[order] / kept[order][-1])
    beyond = shrinkage([_clusters(probe, entry) for entry in probe["deduplicators"]], grid())
    return Shrinkage(
        np.concatenate([smaller, beyond.times]),
        np.concatenate([rho, beyond.low]),
        np.concatenate([rho, beyond.point]),
        np.concatenate([rho, beyond.high]),
        beyond.by,
    )


def _clusters(probe: dict[str, Any], entry: dict[str, Any]) -> Clusters:
    """The pool's sets of copies, as the probes tell them.

    Of c probes in sets of k documents, c N / (n k) sets are made of N documents and n probes; c is a count, so the
    variance of that is its value times N / (n k).
    """
    table = np.array(entry["sizes"], np.float64).reshape(-1, 2)
    sizes, clusters = table[:, 0], table[:, 1]
    stands_for = probe["pool"]["documents"] / probe["probes"]
    return Clusters(sizes.astype(np.int64), clusters, None, clusters * stands_for / sizes)
