"""The page of a comparison, in a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from written_run import STAGES, Page, Written, write_run

from pipeline.report.compare import compare_runs
from pipeline.report.page.compare import comparison_page
from pipeline.rundir import RunDirectory, StageEntry

NASTY = StageEntry("<b>", "gopher_quality", "filter", 0)


def make(folder: Path, left: int) -> RunDirectory:
    pages = [Page((100, 20, 10), id=f"p{at}") for at in range(left)]
    pages += [Page((100, 20, 10), id=f"g{at}", goes=("<b>", "<script>x()</script>")) for at in range(2)]
    run = write_run(folder, [Written(pages)], (*STAGES[:2], NASTY, *STAGES[2:]))
    (folder / "recipe.yaml").write_text(yaml.safe_dump({"name": "try", "stages": [{"stage": "language"}]}))
    return run


@pytest.mark.parametrize("width", [1280, 400])
def test_six_runs(tmp_path, show, width):
    runs = [make(tmp_path / f"<i>run {at}</i>", left=at + 1) for at in range(6)]
    html = comparison_page(compare_runs(runs))
    assert "<script>x()" not in html
    page = show(html, width=width).page
    assert page.locator("h1").inner_text() == "Six runs side by side"
    assert page.locator("#funnels .option:visible .row").count() == len(STAGES) + 2  # and the axis
    page.locator("#funnels input[value=a2]").focus()
    page.keyboard.press("ArrowRight")
    assert "bytes" in page.locator("#funnels .option:visible figcaption").inner_text()
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_letters_and_shares(tmp_path, show):
    page = show(comparison_page(compare_runs([make(tmp_path / "one", 2), make(tmp_path / "two", 6)]))).page
    assert page.locator("#funnels .key").inner_text().split() == ["A", "one", "B", "two"]
    values = page.locator("#funnels .option:visible .row .value").all_inner_texts()
    assert values[-1].split() == ["A", "500", "B", "750"]
    assert "+25.0" in page.locator("#differences").inner_text()
