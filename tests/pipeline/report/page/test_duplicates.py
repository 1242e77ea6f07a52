"""Clusters by their size: nothing is lost between the classes, and what collapsed is said first."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from written_run import Page, Written, write_run

from pipeline.report.build import build_report
from pipeline.report.page.duplicates import round_up, section, size_classes
from pipeline.report.page.page import report_page

sizes = st.lists(
    st.tuples(st.integers(2, 10**6), st.integers(1, 10**4), st.integers(0, 10**9)),
    max_size=50,
    unique_by=lambda entry: entry[0],
).map(sorted)


@given(sizes)
def test_classes_hold_all_clusters(sizes):
    classes = size_classes(sizes)
    assert sum(of["clusters"] for of in classes) == sum(clusters for _, clusters, _ in sizes)
    assert sum(of["documents"] for of in classes) == sum(size * clusters for size, clusters, _ in sizes)
    assert sum(of["tokens"] for of in classes) == sum(tokens for *_, tokens in sizes)
    if sizes:
        assert classes[0]["clusters"] and classes[-1]["clusters"]


@given(st.floats(1e-9, 1))
def test_a_whole_bar_is_a_round_number(share):
    end = round_up(share)
    assert share * (1 - 1e-6) <= end <= 1
    assert end == 1 or end <= 2.5 * share
    assert f"{end:.0e}"[0] in "125"


def report(tmp_path: Any, copies: int = 3) -> dict[str, Any]:
    pages = [Page((100, 20, 10), id=f"p{at}", source=f"source {at % 2}") for at in range(8)]
    pages += [
        Page(
            (100, 20, 10),
            id=f"copy{at}",
            url=f"http://b.example/<{at}>",
            goes=("near", "near_duplicate"),
            keeper=(0, "p0", "http://a.example/<script>alert(1)</script>"),
        )
        for at in range(copies)
    ]
    return build_report(write_run(tmp_path / "run", [Written(pages)]))


def test_clusters_are_named_and_escaped(tmp_path):
    made = report(tmp_path)
    shown = section(made)
    assert "4 documents of 11 (36.4 %) stood in 1 cluster of two or more" in shown
    assert "http://a.example/&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<script>" not in shown


def test_no_copies(tmp_path):
    shown = section(report(tmp_path, copies=0))
    assert "No two of the 8 documents" in shown
    assert "<svg" not in shown


@pytest.mark.parametrize("width", [1280, 400])
def test_alarms_stand_at_the_top_of_the_page_too(tmp_path, show, width):
    made = report(tmp_path)
    made["duplicates"][0]["alarms"] = ["near took 99.9 % of <source 1>."]
    page = show(report_page(made), width=width).page
    assert page.get_by_text("near took 99.9 % of <source 1>.").count() == 2
    assert page.locator("header").get_by_text("near took").count() == 1
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_the_choice_changes_the_numbers(tmp_path, show):
    made = report(tmp_path)
    entry = made["duplicates"][0]
    entry["sizes"] = [[2, 1, 90], [4, 1, 10]]
    entry["clusters"], entry["documents"] = 2, 6
    page = show(report_page(made)).page
    shown = page.locator("#duplicates .option:visible .value b")
    assert shown.all_inner_texts() == ["81.8 %", "0 %", "9.1 %"]
    page.locator("#duplicates input[value=a1]").focus()
    page.keyboard.press("ArrowRight")
    assert shown.all_inner_texts() == ["18.2 %", "0 %", "36.4 %"]
