"""Reasons in pictures and tables, and how rules overlap."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from written_report import amount, empty_report, full_report

from pipeline.report.numbers import count, share
from pipeline.report.page.page import report_page
from pipeline.report.page.why import MATRIX, section


def test_lines_say_what_each_rule_took(show: Callable[..., Any]) -> None:
    """Sorted by what a rule fires on, in the chosen quantity."""
    report = full_report()
    rules = [entry for entry in report["reasons"] if entry["stage"] == "gopher_quality"]
    for at, entry in enumerate(rules):
        entry["fired"] = amount(9000 - 100 * at) | {"tokens": 1000 + at}
    opened = show(report_page(report))
    came = next(stage["in"] for stage in report["stages"] if stage["name"] == "gopher_quality")
    for quantity, ranked in (("tokens", rules[::-1]), ("documents", rules)):
        opened.page.locator("#why").get_by_label(quantity, exact=True).check()
        figure = opened.page.locator("#why figure").locator("visible=true").filter(has_text="gopher_quality")
        lines = [" ".join(line.split()) for line in figure.locator(".row").all_inner_texts()]
        numbers = [
            [
                *(count(entry[part][quantity]) for part in ("fired", "dropped", "alone")),
                share(entry["fired"][quantity], came[quantity]),
            ]
            for entry in ranked
        ]
        assert lines == ["fires on takes alone of all"] + [
            " ".join([entry["reason"], *line]) for entry, line in zip(ranked, numbers, strict=True)
        ]


def test_a_deduplicator_has_no_marks() -> None:
    html = section(full_report())
    assert re.search(r"near_<wbr>duplicate.*?<span>–</span><span>[\d,.]+ M</span><span>–</span>", html)


def test_overlap_is_of_the_rule_of_the_line() -> None:
    report = full_report()
    a, b = [entry for entry in report["reasons"] if entry["stage"] == "gopher_quality"][:2]
    report["reasons"] = [a, b]
    a["fired"], b["fired"] = amount(200), amount(50)
    both = {"stage": "gopher_quality", "reason": a["reason"], "other": b["reason"]}
    report["overlap"] = [{**both, "documents": 40, "tokens": 1}]
    lines = re.findall(r"<tr><th>\d .*?(?=<tr>|</table>)", section(report))
    cells = [re.findall(r"<span class=\"h[^>]*>([^<]*)", line) for line in lines]
    assert cells == [["·", "20"], ["80", "·"]]


def test_a_stage_of_many_rules_shows_the_largest() -> None:
    report = full_report()
    rule = next(entry for entry in report["reasons"] if entry["stage"] == "fineweb")
    report["reasons"] = [{**rule, "reason": f"rule_{at}"} for at in range(MATRIX + 3)]
    report["overlap"] = [
        {"stage": "fineweb", "reason": "rule_0", "other": "rule_1", "documents": 1, "tokens": 1}
    ]
    assert "3 rules that fire on fewer documents" in section(report)


def test_nothing_was_dropped() -> None:
    assert section(empty_report()) == ""
    assert section({**full_report(), "reasons": []}) == ""
