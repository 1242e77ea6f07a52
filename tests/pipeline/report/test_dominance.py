"""How few documents the tokens stand for, from bins of lengths, against the documents themselves."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from written_run import Page, Written, write_run

from pipeline.planning.warnings import warnings_of
from pipeline.report.build import build_report
from pipeline.report.dominance import dominance_notices
from pipeline.report.funnel import print_funnel
from pipeline.report.markdown import report_markdown
from pipeline.report.page.page import report_page


@given(st.lists(st.integers(1, 2_000_000), min_size=1, max_size=30), st.integers(1, 3))
@settings(max_examples=30)
def test_it_is_that_of_the_documents_or_nearly(
    tmp_path_factory: pytest.TempPathFactory, tokens: list[int], hosts: int
) -> None:
    pages = [Page((9, 9, n), id=str(at), url=f"http://h{at % hosts}/") for at, n in enumerate(tokens)]
    found = build_report(write_run(tmp_path_factory.mktemp("run"), [Written(pages)]))["dominance"]
    total = sum(tokens)
    effective = total**2 / sum(n**2 for n in tokens)
    assert effective * (1 - 1e-9) <= found["documents_effective"] <= effective * 1.003
    largest = max(tokens) / total
    assert largest * (1 - 1e-9) <= found["largest_document_share"] <= largest * 1.1
    by_host = {f"h{h}": sum(tokens[h::hosts]) / total for h in range(hosts)}
    assert found["largest_host_share"] == pytest.approx(max(by_host.values()))
    assert by_host[found["largest_host"]] == pytest.approx(max(by_host.values()))


def test_one_document_is_exact(tmp_path: Path) -> None:
    pages = [Page((9, 9, 100), id="a"), Page((9, 9, 12_345), id="b")]
    found = build_report(write_run(tmp_path, [Written(pages)]))["dominance"]
    assert found["largest_document_share"] == pytest.approx(12_345 / 12_445)
    assert found["largest_host"] is None


def shown(report: dict[str, object]) -> list[str]:
    """What a reader of the terminal, of report.md and of the page gets, each as one line."""
    console = Console(file=io.StringIO(), width=100)
    print_funnel(report, console)
    written = [console.file.getvalue(), report_markdown(report), report_page(report)]  # type: ignore[attr-defined]
    return [" ".join(text.split()) for text in written]


def test_a_large_document_and_a_large_host_are_told_of_everywhere(tmp_path: Path) -> None:
    pages = [Page((9, 9, 100), id=f"d{at}", url=f"http://h{at}.example/") for at in range(60)]
    pages.append(Page((9, 9, 2000), id="large", url="http://large.example/"))
    report = build_report(write_run(tmp_path, [Written(pages)]))
    notices = dominance_notices(report["dominance"])
    assert len(notices) == 2
    assert notices[0].startswith("One document holds 25.0 % of the raw tokens")
    assert notices[1].startswith("25.0 % of the raw tokens are from large.example")
    for text in shown(report):
        assert all(notice in text for notice in notices)
    planned = " ".join(warnings_of(report, report["planning"], None))
    assert "One document may hold 25.0 % of the raw tokens" in planned
    assert "25.0 % of the raw tokens are from large.example" in planned


def test_many_alike_are_not_told_of_nor_is_the_scrape_of_one_site(tmp_path: Path) -> None:
    pages = [Page((9, 9, 100), id=f"d{at}", url="http://one.example/") for at in range(60)]
    report = build_report(write_run(tmp_path, [Written(pages)]))
    assert report["dominance"]["largest_host_share"] == 1
    assert dominance_notices(report["dominance"]) == [] == dominance_notices(None)
    *before_planning, _ = shown(report)  # what is planned from one site may be more than that site
    assert all("of the raw tokens are from" not in text for text in before_planning)
