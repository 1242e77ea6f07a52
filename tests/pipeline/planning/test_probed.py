"""A plan with a probe goes by the pool as it was measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from written_run import STAGES, Page, Written, write_run

from pipeline.errors import UserError
from pipeline.planning.goals import Goal
from pipeline.planning.load import planning_by
from pipeline.planning.plan import plan
from pipeline.rundir import RunDirectory

PAGES = [
    Page((4 * tokens, tokens, tokens), language=language, goes=None if kept else ("gopher_quality", "reason"))
    for tokens, language, kept in (
        (400, "en", True),
        (100, "de", True),
        (450, "en", False),
        (50, "de", False),
    )
]
SHARES = [0.001, 0.01, 0.1, 1.0]


def run(folder: Path) -> RunDirectory:
    """Half of the tokens of each unit are kept, a fifth of them German."""
    return write_run(folder, [Written(PAGES, stored=500)] * 40, STAGES)


def probe(**changes: Any) -> dict[str, Any]:
    """A pool of 1,600 documents and 400,000 tokens, of which 40 % are left: each document is there twice."""
    return {
        "pool": {"documents": 1600, "bytes": 1_600_000, "tokens": 400_000, "stored_bytes": 200_000},
        "probes": 500,
        "retention": {"tokens": {"value": 0.4, "low": 0.38, "high": 0.42}},
        "deduplicators": [{"name": "near", "sizes": [[2, 800]]}],
        "curve": [{"share": q, "documents": {"value": (1 - (1 - q) ** 2) / (2 * q), "low": None, "high": None}}
                  for q in SHARES],
        "warnings": ["There are 500 probes."],
        **changes,
    }  # fmt: skip


@pytest.fixture
def planning(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "probe.json").write_text(json.dumps(probe()))
    return planning_by(run(tmp_path / "run"), probe=str(tmp_path))


def test_the_pool_gives_what_was_measured(planning: dict[str, Any]) -> None:
    made = plan(planning, Goal(160_000))
    assert made["times"]["value"] == pytest.approx(1, rel=1e-6)
    assert made["times"]["low"] < 1
    assert not made["certain"]  # no document is there once, so nothing says that more would bring new ones
    assert made["needs"]["documents"]["value"] == pytest.approx(1600, rel=1e-6)
    assert made["needs"]["stored bytes"]["value"] == pytest.approx(200_000, rel=1e-6)
    assert made["pool"]["possible"] and made["pool"]["gives"][0]["final"]["value"] == pytest.approx(160_000)
    assert made["warnings"][0] == "There are 500 probes."
    assert not any("whole files" in warning for warning in made["warnings"])


def test_a_small_part_of_the_pool_has_few_copies(planning: dict[str, Any]) -> None:
    made = plan(planning, Goal(3200))
    assert made["times"]["value"] == pytest.approx(0.01, rel=0.03)  # where nearly everything is left, 80 %


def test_beyond_the_pool_there_is_a_range(planning: dict[str, Any]) -> None:
    made = plan(planning, Goal(240_000))
    assert made["times"]["low"] > 1
    assert made["times"]["high"] is None or made["times"]["high"] > made["times"]["low"]


def test_languages_keep_their_share(planning: dict[str, Any]) -> None:
    german = planning["languages"]["de"]
    assert german["yield"]["tokens"][1] == pytest.approx(0.2 * 160_000)
    assert german["raw"]["documents"] == pytest.approx(800)


def test_what_is_no_probe(tmp_path: Path) -> None:
    of = run(tmp_path / "run")
    with pytest.raises(UserError, match=r"there is no .*probe.json.*assay probe"):
        planning_by(of, probe=str(tmp_path))
    (tmp_path / "probe.json").write_text("[")
    with pytest.raises(UserError, match="is not JSON"):
        planning_by(of, probe=str(tmp_path))
    (tmp_path / "other.json").write_text(json.dumps({"pool": {}}))
    with pytest.raises(UserError, match="it has no curve"):
        planning_by(of, probe=str(tmp_path / "other.json"))
    with pytest.raises(UserError, match="not with --like"):
        planning_by(None, like="dclm", probe=str(tmp_path))
