"""The bias audit: its figures are those of the documents, and length alone is not flagged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written_run import Page, Written, write_run

from filters.audit.groups import GROUPS
from pipeline.report.audit import NOTE, NOTE_BY_BYTES
from pipeline.report.build import build_report
from pipeline.report.markdown import report_markdown
from pipeline.report.matched import FEWEST
from pipeline.report.write import write_report

WOMEN, MEN, SCOTTISH = (GROUPS.index(name) for name in ("women", "men", "Scottish English"))


def page(at: int, *groups: int, goes: str | None = None, length: int = 40) -> Page:
    """A document in English of these groups."""
    bits = 1 | sum(1 << group for group in groups)
    reason = (goes, "why") if goes else None
    keeper = (0, "k", None) if goes == "near" else None
    return Page((length, 8, 10 + at % 3), id=f"d{at}", groups=bits, goes=reason, keeper=keeper)


PAGES = st.lists(
    st.tuples(
        st.sets(st.sampled_from([WOMEN, MEN, SCOTTISH])),
        st.sampled_from([None, None, "gopher_quality", "near", "fineweb"]),
        st.sampled_from([20, 40, 63, 64, 5000]),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=15)
@given(PAGES)
def test_figures_are_those_of_the_documents(tmp_path_factory: pytest.TempPathFactory, drawn: Any) -> None:
    pages = [page(at, *groups, goes=goes, length=length) for at, (groups, goes, length) in enumerate(drawn)]
    foreign = [Page((9, 9, 9), id=f"f{at}") for at in range(3)]
    half = len(pages) // 2
    units = [Written([*pages[:half], *foreign]), Written(pages[half:])]
    audit = build_report(write_run(tmp_path_factory.mktemp("run"), units, groups=GROUPS))["audit"]
    assert audit["raw"]["documents"] == len(pages)
    kept = [p for p in pages if p.goes is None]
    assert audit["overall"]["value"] == pytest.approx(len(kept) / len(pages))
    assert {entry["group"] for entry in audit["groups"]} == {
        GROUPS[g] for groups, *_ in drawn for g in groups
    }
    for entry in audit["groups"]:
        bit = 1 << GROUPS.index(entry["group"])
        own = [p for p in pages if p.groups & bit]
        left = [p for p in own if p.goes is None]
        assert entry["raw"]["documents"] == len(own)
        assert entry["raw"]["tokens"] == sum(p.amounts[2] for p in own)
        assert entry["kept"]["value"] == pytest.approx(len(left) / len(own))
        would_be = sum(share_of(pages, p.amounts[0]) for p in own)
        assert entry["expected"] == pytest.approx(would_be / len(own))
        assert entry["matched"]["value"] == (pytest.approx(len(left) / would_be) if would_be else None)
        assert entry["ratio"]["value"] == (
            pytest.approx(len(left) / len(own) * len(pages) / len(kept)) if kept else None
        )
        tokens = sum(p.amounts[2] for p in left) / sum(p.amounts[2] for p in own)
        assert entry["kept_tokens"]["value"] == pytest.approx(tokens)
        assert not entry["flagged"]
        for stage in entry["stages"]:
            order = ["gopher_quality", "near", "fineweb"]
            before = [
                p for p in own if p.goes is None or order.index(p.goes[0]) >= order.index(stage["stage"])
            ]
            on = [p for p in before if p.goes is None or p.goes[0] != stage["stage"]]
            assert stage["kept"] == pytest.approx(len(on) / len(before))


def share_of(pages: list[Page], length: int) -> float:
    """What is kept of the pages in the class of this length."""
    alike = [p for p in pages if max(p.amounts[0].bit_length(), 5) == max(length.bit_length(), 5)]
    return sum(p.goes is None for p in alike) / len(alike)


def a_run(folder: Path, dropped: float) -> dict[str, Any]:
    """600 documents of all, of which 1 in 10 is dropped, and 300 about women, of which this share is, by one stage."""
    draw = np.random.default_rng(1)
    rest = [page(at, MEN, goes="gopher_quality" if draw.random() < 0.1 else None) for at in range(600)]
    women = [page(600 + at, WOMEN, goes="fineweb" if draw.random() < dropped else None) for at in range(300)]
    few = [page(900 + at, SCOTTISH, goes="fineweb") for at in range(FEWEST - 1)]
    return write_report(write_run(folder, [Written([*rest, *women, *few])], groups=GROUPS))


def test_a_group_that_is_kept_less_is_flagged_and_a_small_one_never(tmp_path: Path) -> None:
    report = a_run(tmp_path, 0.6)
    found = {entry["group"]: entry for entry in report["audit"]["groups"]}
    women = found["women"]
    assert women["flagged"] and women["matched"]["high"] < 0.8 and women["worst_stage"] == "fineweb"
    assert not found["Scottish English"]["flagged"] and found["Scottish English"]["kept"]["value"] == 0
    assert found["Scottish English"]["kept"]["high"] < 0.05
    text = (tmp_path / "report.md").read_text()
    assert "| women | **yes** | fineweb | 300 |" in text
    assert "Too few to judge, with fewer than 100 documents: Scottish English (99)." in text
    assert json.loads((tmp_path / "report.json").read_text())["audit"] == report["audit"]


def test_what_differs_a_little_is_not_flagged(tmp_path: Path) -> None:
    found = {entry["group"]: entry for entry in a_run(tmp_path, 0.15)["audit"]["groups"]}
    assert not found["women"]["flagged"] and not found["men"]["flagged"]


def test_a_run_without_the_audit_says_nothing_of_it(tmp_path: Path) -> None:
    report = build_report(write_run(tmp_path, [Written([page(0, WOMEN)])]))
    assert report["audit"] is None
    assert "bias audit" not in report_markdown(report)


def test_what_is_dropped_for_its_length_is_not_flagged(tmp_path: Path) -> None:
    """Of long documents a tenth is kept, of short ones all; women are spoken of in long ones."""
    draw = np.random.default_rng(2)

    def some(count: int, *groups: int, long: float) -> list[Page]:
        lengths = np.where(draw.random(count) < long, 900, 100)
        goes = (lengths == 900) & (draw.random(count) < 0.9)
        start = len(pages)
        return [
            page(start + at, *groups, goes="fineweb" if gone else None, length=int(length))
            for at, (length, gone) in enumerate(zip(lengths, goes, strict=True))
        ]

    pages: list[Page] = []
    pages += some(1000, MEN, long=0.3)
    pages += some(400, WOMEN, long=0.9)
    audit = build_report(write_run(tmp_path, [Written(pages)], groups=GROUPS))["audit"]
    women = next(entry for entry in audit["groups"] if entry["group"] == "women")
    assert women["ratio"]["high"] < 0.8
    assert women["matched"]["low"] < 1 < women["matched"]["high"] and not women["flagged"]
    assert women["expected"] < 0.3 < audit["overall"]["value"]


def test_a_sample_by_bytes_is_said_to_be_one(tmp_path: Path) -> None:
    run = write_run(tmp_path, [Written([page(0, WOMEN)])], groups=GROUPS)
    assert build_report(run)["audit"]["note"] == NOTE
    drawn = {
        "by": "bytes",
        "per_byte": 0.01,
        "inputs": ["in"],
        "pool": {"documents": 9, "bytes": 999, "stored_bytes": 99, "files": 1},
    }
    run.write_json("manifest.json", {**run.read_json("manifest.json"), "sample": drawn})
    assert build_report(run)["audit"]["note"] == NOTE + NOTE_BY_BYTES
