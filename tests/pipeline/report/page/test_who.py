"""Shares by group, and the audit."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from written_report import amount, empty_report, full_report

from pipeline.report.numbers import percent
from pipeline.report.page.audit import audit
from pipeline.report.page.page import report_page
from pipeline.report.page.who import DRAWN, section


def test_lines_are_the_largest_groups(show: Callable[..., Any]) -> None:
    report = full_report()
    opened = show(report_page(report))
    for name, entries in (("language", report["languages"]), ("host", report["hosts"]["listed"])):
        rows = opened.page.locator(f"[name=who-{name}-a]").first.locator("xpath=ancestor::div[@class='pick']")
        lines = rows.locator(".row:not(.axis)").locator("visible=true").all_inner_texts()
        expected = sorted(entries, key=lambda entry: -entry["raw"]["tokens"])[:DRAWN]
        assert [" ".join(line.split()) for line in lines] == [
            f"{entry[name]} {percent(entry['retention']['tokens'])} kept" for entry in expected
        ]


def test_tables_have_all_groups() -> None:
    report = full_report()
    html = section(report)
    for key, name in (("languages", "language"), ("sources", "source"), ("suffixes", "suffix")):
        for entry in report[key]:
            written = entry[name].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            assert f"<th>{written}<td>" in html


def test_lengths_are_of_their_own_whole() -> None:
    report = {**full_report(), "audit": None, "languages": [], "sources": [], "suffixes": [], "hosts": None}
    report["lengths"] = {
        "raw": {
            "low": [10, 40, 600],
            "high": [11, 41, 610],
            "documents": [1, 1, 2],
            "tokens": [10, 40, 1210],
        },
        "final": {"low": [600], "high": [610], "documents": [1], "tokens": [605]},
    }
    html = section(report)
    rows = re.findall(r'<div class="name">([^<]*)</div>.*?<div class="value">([^<]*)</div>', html)
    documents = rows[len(rows) // 2 :]
    assert ("10 to 20", "25.0 % → 0 %") in documents and ("500 to 1,000", "50.0 % → 100 %") in documents
    assert next(name for name, _ in documents) == "10 to 20"  # none are shorter


def test_flags_are_told_by_shape_and_by_word() -> None:
    report = full_report()
    groups = report["audit"]["groups"]
    html = audit(report)
    assert html.count("<b>") > len(groups)
    assert html.count("</b> flagged") == sum(group["flagged"] for group in groups) == 2
    assert len(re.findall(r'<polygon class="accent"', html)) == 1 + 2  # the key, and the flagged
    assert "Of 5 groups 2 are flagged; 1 more has too few documents to judge." in html
    assert ", too few to judge" in html and html.count('class="few"') == 1 + 1
    assert report["audit"]["note"] in html


def test_a_group_of_which_nothing_is_known() -> None:
    report = full_report()
    nothing = {"value": None, "low": None, "high": None}
    report["audit"]["groups"][0] |= {
        "kept": nothing,
        "ratio": nothing,
        "matched": nothing,
        "expected": 0.0,
        "kept_tokens": nothing,
        "flagged": False,
    }
    assert "women: – kept" in audit(report)
    report["audit"]["groups"] = [{**group, "raw": amount(0)} for group in report["audit"]["groups"]]
    assert audit(report) == ""


def test_no_audit() -> None:
    for found in (None, {}, {"overall": {"value": None, "low": None, "high": None}, "groups": []}):
        assert audit({**full_report(), "audit": found}) == ""
    assert section(empty_report()) == ""
