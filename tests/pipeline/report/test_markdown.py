"""report.md and the dataset card say what report.json says, whatever the data put into names."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from written_run import Page, Written, write_run

from pipeline.report.build import build_report
from pipeline.report.card import dataset_card
from pipeline.report.markdown import report_markdown
from pipeline.report.markdown_tables import cell, table

PAGES = [
    Page((4000, 700, 1000), source="a|b\n<script>", language="de", goes=("gopher_quality", "too_few_words")),
    Page(
        (4000, 700, 1000),
        url="u",
        language="no",
        goes=("near", "near_duplicate"),
        keeper=(0, "k", "https://k.example"),
    ),
    Page((4000, 700, 1000), language="no"),
    Page((4000, 700, 1000), language=None),
]


@given(st.text())
def test_a_cell_stays_a_cell(text: str) -> None:
    line = table(["a", "b"], [[cell(text), "1"]]).splitlines()
    assert len(line) == 3
    bare = line[2].replace("\\\\", "").replace("\\|", "")
    assert bare.count("|") == 3
    assert "<" not in bare.replace("\\<", "")


def test_report_markdown_has_the_figures(tmp_path: Path) -> None:
    broken = [("in/0", 7, "unreadable", "truncated_gzip", "ends in a member")]
    text = report_markdown(build_report(write_run(tmp_path, [Written(PAGES, broken)])))
    assert "**50.0 % of the tokens are left**: 2,000 of 4,000" in text
    assert "| gopher\\_quality | too\\_few\\_words | 1 | 1,000 | 25.0 % | 1 | 1 | 1,000 |" in text
    assert "| near | near\\_duplicate | 1 | 1,000 | 33.3 % | – | – | – |" in text
    assert "| https://k.example | 2 |" in text
    assert "in/0 at 7: ends in a member" in text
    assert "<script>" not in text
    for heading in ("The funnel", "Reasons", "Languages", "Sources", "Duplicates", "How to read this"):
        assert f"## {heading}\n" in text


def test_the_card_has_front_matter(tmp_path: Path) -> None:
    run = write_run(tmp_path, [Written(PAGES)])
    run.write_json(
        "shards/summary.json", {"rows": 5, "documents": 2, "tokens": 2000, "separators": 2, "shards": [{}]}
    )
    text = dataset_card(build_report(run))
    front, body = text.removeprefix("---\n").split("---\n", 1)
    metadata = yaml.safe_load(front)
    assert metadata["license"] == "unknown"
    assert metadata["language"] == ["no"]  # not YAML's false, and not what was dropped or has no language
    assert metadata["size_categories"] == ["n<1K"]
    assert 'load_from_disk("shards")' in body
    assert "1 Arrow shard" in body
    assert "vocabulary of 1,024" in body


@pytest.mark.parametrize("empty", [[], [Written([])]])
def test_nothing_read(tmp_path: Path, empty: list[Written]) -> None:
    report = build_report(write_run(tmp_path, empty))
    assert "0 of 0" in report_markdown(report)
    assert "license: unknown" in dataset_card(report)
