"""The bias audit: its figures are those of the documents, its intervals cover, and chance alone is hardly ever flagged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from written_run import Page, Written, write_run

from filters.audit.groups import GROUPS
from pipeline.report.audit import FEWEST, Ends, compared, differing, distance
from pipeline.report.build import build_report
from pipeline.report.markdown import report_markdown
from pipeline.report.write import write_report

WOMEN, MEN, SCOTTISH = (GROUPS.index(name) for name in ("women", "men", "Scottish English"))


def page(at: int, *groups: int, goes: str | None = None) -> Page:
    """A document in English of these groups."""
    bits = 1 | sum(1 << group for group in groups)
    reason = (goes, "why") if goes else None
    keeper = (0, "k", None) if goes == "near" else None
    return Page((40, 8, 10 + at % 3), id=f"d{at}", groups=bits, goes=reason, keeper=keeper)


PAGES = st.lists(
    st.tuples(
        st.sets(st.sampled_from([WOMEN, MEN, SCOTTISH])),
        st.sampled_from([None, None, "gopher_quality", "near", "fineweb"]),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=15)
@given(PAGES)
def test_figures_are_those_of_the_documents(tmp_path_factory: pytest.TempPathFactory, drawn: Any) -> None:
    pages = [page(at, *groups, goes=goes) for at, (groups, goes) in enumerate(drawn)]
    foreign = [Page((9, 9, 9), id=f"f{at}") for at in range(3)]
    half = len(pages) // 2
    units = [Written([*pages[:half], *foreign]), Written(pages[half:])]
    audit = build_report(write_run(tmp_path_factory.mktemp("run"), units, groups=GROUPS))["audit"]
    assert audit["raw"]["documents"] == len(pages)
    kept = [p for p in pages if p.goes is None]
    assert audit["overall"]["value"] == pytest.approx(len(kept) / len(pages))
    assert {entry["group"] for entry in audit["groups"]} == {GROUPS[g] for groups, _ in drawn for g in groups}
    for entry in audit["groups"]:
        bit = 1 << GROUPS.index(entry["group"])
        own = [p for p in pages if p.groups & bit]
        left = [p for p in own if p.goes is None]
        assert entry["raw"]["documents"] == len(own)
        assert entry["raw"]["tokens"] == sum(p.amounts[2] for p in own)
        assert entry["kept"]["value"] == pytest.approx(len(left) / len(own))
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
    assert women["flagged"] and women["ratio"]["high"] < 0.8 and women["worst_stage"] == "fineweb"
    assert not found["Scottish English"]["flagged"] and found["Scottish English"]["kept"]["value"] == 0
    assert found["Scottish English"]["kept"]["high"] < 0.05
    text = (tmp_path / "report.md").read_text()
    assert "| women | **yes** | fineweb | 300 |" in text
    assert "fewer than 100: Scottish English (99)" in text
    assert json.loads((tmp_path / "report.json").read_text())["audit"] == report["audit"]


def test_what_differs_a_little_is_not_flagged(tmp_path: Path) -> None:
    found = {entry["group"]: entry for entry in a_run(tmp_path, 0.15)["audit"]["groups"]}
    assert not found["women"]["flagged"] and not found["men"]["flagged"]


def test_a_run_without_the_audit_says_nothing_of_it(tmp_path: Path) -> None:
    report = build_report(write_run(tmp_path, [Written([page(0, WOMEN)])]))
    assert report["audit"] is None
    assert "bias audit" not in report_markdown(report)


def draw_ends(
    draw: np.random.Generator, documents: int, share: float, rest: int, others: float
) -> tuple[Ends, Ends]:
    """A group of so many documents, of which this share is kept, and all with the `rest`."""

    def one(count: int, chance: float) -> Ends:
        read = np.bincount(draw.integers(0, 16, count), minlength=16)
        kept = draw.binomial(read, chance)
        return Ends(*(column.astype(float) for column in (read, kept, read, kept)))

    group, other = one(documents, share), one(rest, others)
    both: list[NDArray[np.float64]] = [
        getattr(group, name) + getattr(other, name) for name in Ends.__annotations__
    ]
    return group, Ends(*both)


@pytest.mark.parametrize(
    "documents, share, rest, others",
    [
        (150, 0.6, 5000, 0.6),
        (1000, 0.3, 3000, 0.5),
        (400, 0.95, 400, 0.7),
        (5000, 0.02, 50_000, 0.05),
        (120, 0.99, 9000, 0.9),
    ],
)
def test_intervals_cover(documents: int, share: float, rest: int, others: float) -> None:
    draw = np.random.default_rng(3)
    true = share / ((documents * share + rest * others) / (documents + rest))
    covered = 0
    for _ in range(1000):
        found = compared(*draw_ends(draw, documents, share, rest, others))
        assert found is not None and found.low is not None and found.high is not None
        covered += found.low <= true <= found.high
    assert covered >= 940


def test_chance_alone_differs_in_one_of_twenty_audits_at_most() -> None:
    draw = np.random.default_rng(4)
    false = 0
    for _ in range(400):
        groups = [
            draw_ends(draw, int(documents), 0.5, 5000, 0.5) for documents in draw.integers(100, 2000, 20)
        ]
        false += any(differing([distance(*ends) for ends in groups]))
    assert false <= 0.05 * 400 + 2 * (0.05 * 0.95 * 400) ** 0.5


def test_nothing_kept_and_all_kept_are_no_certainty() -> None:
    some = np.full(16, 10.0)
    none, all_ = np.zeros(16), np.full(16, 1000.0)
    found = compared(Ends(some, none, some, none), Ends(all_, all_ / 2, all_, all_ / 2))
    assert found is not None and found.value == found.low == 0 and 0 < (found.high or 0) < 0.15
    found = compared(Ends(some, some, some, some), Ends(all_, all_ / 2, all_, all_ / 2))
    assert found is not None and found.value == 2 and (found.low or 0) < 2 < (found.high or 0)
    assert compared(Ends(some, none, some, none), Ends(all_, none, all_, none)) is None
