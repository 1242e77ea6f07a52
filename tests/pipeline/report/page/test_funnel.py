"""The funnel: numbers of every stage in every quantity, on both scales, by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from written_report import empty_report, full_report

from pipeline.report.numbers import per_thousand
from pipeline.report.page.funnel import QUANTITIES, section
from pipeline.report.page.page import report_page

SCALES = ["linear", "logarithmic"]


def test_keys_change_the_numbers(show: Callable[..., Any]) -> None:
    """From the first radio button on, arrow keys choose each quantity; then each scale."""
    report = full_report()
    for stage in report["stages"]:  # so that no two quantities agree
        stage["out"]["documents"] //= 2
        stage["out"]["words"] //= 3
        stage["out"]["bytes"] //= 5
    opened = show(report_page(report))
    opened.page.locator("input[name=funnel-a]").first.focus()
    seen = []
    for quantity in QUANTITIES:
        raw = report["totals"]["raw"][quantity]
        written = [per_thousand(stage["out"][quantity], raw) for stage in report["stages"]]
        values = opened.page.locator("#funnel .funnel .value b").locator("visible=true").all_inner_texts()
        assert values == written
        assert f"Of 1,000 raw {quantity}" in opened.visible("#funnel figcaption")
        seen.append(values)
        opened.page.keyboard.press("ArrowRight")
    assert len({tuple(values) for values in seen}) == len(QUANTITIES)
    opened.page.locator("input[name=funnel-b]").first.focus()
    opened.page.keyboard.press("ArrowRight")
    assert "equal factors" in opened.visible("#funnel figcaption")


@pytest.mark.parametrize("scale", SCALES)
def test_a_sliver_can_be_seen(show: Callable[..., Any], scale: str) -> None:
    """What is left of a hundred-thousandth is still drawn, at least half a pixel wide."""
    report = full_report()
    for quantity in QUANTITIES:
        report["stages"][-1]["out"][quantity] = report["totals"]["raw"][quantity] // 100_000
    opened = show(report_page(report))
    opened.page.locator("input[name=funnel-b]").nth(SCALES.index(scale)).check()
    marks = opened.page.locator("#funnel .funnel .kept").locator("visible=true")
    assert marks.count() == len(report["stages"])
    assert marks.last.bounding_box()["width"] >= 0.5


def test_intervals_are_said_where_there_are_any() -> None:
    report = full_report()
    assert "between 580 and 620" in section(report)
    assert "580 to 620" in section(report)
    for entry in report["intervals"]["stages"]:
        for quantity in QUANTITIES:
            entry[quantity] |= {"low": None, "high": None}
    assert "between" not in section(report) and "whisker" not in section(report)


def test_published_funnels_keep_their_units() -> None:
    html = section(full_report())
    assert "of 1,000 documents; 200 B documents" in html and "of 1,000 bytes; 175.1 TB" in html
    assert "best tenth: 14.0 of 1,000 documents are left" in html
    assert "deduplication: not published in bytes" in html


def test_nothing_was_read() -> None:
    assert section(empty_report()) == ""


def test_what_nothing_has_reached_yet_is_no_loss(show: Callable[..., Any]) -> None:
    """In an unfinished run; in a finished one nothing reached what stands behind a filter that took all."""
    report = full_report()
    for stage in report["stages"][-2:]:
        stage["in"] = stage["out"] = stage["dropped"] = dict.fromkeys(stage["in"], 0)
    values = [
        show(report_page(report | {"complete": complete})).visible("#funnel .funnel .value")
        for complete in (True, False)
    ]
    assert [value.count("not yet") for value in values] == [0, 2]
    assert [value.count(" of 1,000") for value in values] == [
        len(report["stages"]),
        len(report["stages"]) - 2,
    ]
