"""The funnel on a terminal, as wide or as narrow as it is."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from written_run import STAGES, Page, Written, write_run

from pipeline.report.build import Report, build_report
from pipeline.report.funnel import print_funnel

PAGES = [
    *[
        Page((400, 70, 100), goes=("gopher_quality", f"reason_that_is_long_{at}"), source="a")
        for at in range(6)
    ],
    Page((400, 70, 100), goes=("near", "near_duplicate"), keeper=(0, "x", None)),
    *[Page((400, 70, 100), trims={"lines": (40, 7, 10)})] * 3,
]


def printed(report: Report, **options: Any) -> str:
    console = Console(file=io.StringIO(), **options)
    print_funnel(report, console)
    output = console.file
    assert isinstance(output, io.StringIO)
    return output.getvalue()


@pytest.fixture
def report(tmp_path: Path) -> Report:
    broken = [("in/0", 7, "unreadable", "truncated_gzip", "cut"), ("in/0", 9, "skipped", "not_text", "image")]
    return build_report(write_run(tmp_path, [Written(PAGES, broken)]))


@pytest.mark.parametrize("width", [48, 60, 80, 120, 200])
def test_every_name_is_whole_and_every_line_fits(report: Report, width: int) -> None:
    text = printed(report, width=width)
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    for stage in STAGES:
        assert stage.label in text
    if width >= 80:
        assert "reason_that_is_long_0" in text
        assert "3 other reasons" in text


def test_it_says_what_is_left_and_what_went(report: Report) -> None:
    text = printed(report, width=80)
    lines = [line.split() for line in text.splitlines()]
    assert "Of 1,000 raw tokens, 270 are left." in text
    assert next(line[:2] for line in lines if line[:1] == ["gopher_quality"]) == ["gopher_quality", "400"]
    assert next(line[:2] for line in lines if line[:1] == ["near_duplicate"]) == ["near_duplicate", "-100"]
    assert next(line[:2] for line in lines if line[:1] == ["trimmed"]) == ["trimmed", "-30.0"]
    assert "Kept 27.0 % of 1,000 tokens, 30.0 % of 10 documents" in text
    assert "1 record could not be read (1 truncated_gzip)" in text
    assert "The ledger balances." in text


def test_bars_shrink_with_what_is_left(report: Report) -> None:
    bars = [line.count("█") for line in printed(report, width=100).splitlines() if "█" in line]
    assert bars == sorted(bars, reverse=True)
    assert len(bars) == len(STAGES) and bars[0] > bars[-1] > 0


def test_a_terminal_without_unicode_gets_ascii(report: Report) -> None:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii")
    print_funnel(report, Console(file=file, width=80))
    file.flush()
    assert b"###" in raw.getvalue()


def test_names_from_the_data_are_not_markup(tmp_path: Path) -> None:
    pages = [Page((9, 3, 3), goes=("gopher_quality", "[red]odd[/red]"))]
    assert "[red]odd[/red]" in printed(build_report(write_run(tmp_path, [Written(pages)])), width=80)


def test_nothing_read(tmp_path: Path) -> None:
    assert "Nothing was read" in printed(build_report(write_run(tmp_path, [Written([])])), width=80)
