"""Examples on the page: harmless, marked as private, and never so many that the page grows without end."""

from __future__ import annotations

from typing import Any

from written_run import Page, Written, write_run

from pipeline.report.build import build_report
from pipeline.report.page.examples import section
from pipeline.report.page.page import report_page

NASTY = "</blockquote><script>document.title = 'broken'</script> \u202e\x00 & \u2028 end"


def example(at: int = 0, text: str | None = NASTY) -> dict[str, Any]:
    return {
        "id": f"id-{at}",
        "url": "http://x.example/?a=1&b=<b>",
        "language": "en",
        "tokens": 12,
        "text": text,
        "measure": "word_count",
        "comparison": "<",
        "bound": 50.0,
        "value": 7.0,
        "duplicate_of": None,
    }


def report(tmp_path: Any, reasons: int = 1, each: int = 1, text: str | None = NASTY) -> dict[str, Any]:
    made = build_report(write_run(tmp_path / "run", [Written([Page((100, 20, 10))])]))
    entries = [
        {
            "stage": "gopher_quality",
            "reason": f"reason_{reason}",
            "examples": [example(at, text) for at in range(each)],
        }
        for reason in range(reasons)
    ]
    made["examples"] = {
        "wanted": each,
        "text": text is not None,
        "units": {"count": 1, "looked_into": 1},
        "removed": entries,
        "just_kept": entries,
    }
    return made


def test_what_is_in_a_text_stays_text(tmp_path, show):
    page = show(report_page(report(tmp_path)), width=400).page
    page.locator("#examples summary").first.press("Enter")
    assert "<script>document.title" in page.locator("#examples blockquote").first.inner_text()
    assert page.title() != "broken"
    assert "\u202e" not in page.content()
    assert "Pass this page on only where" in page.locator("#examples .notice").inner_text()
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_where_the_text_was_not_kept_it_is_said_how_to(tmp_path):
    shown = section(report(tmp_path, text=None))
    assert "dropped: {text: true}" in shown
    assert "word_count 7" in shown
    assert "<blockquote" not in shown


def test_a_page_stays_a_page(tmp_path):
    made = report(tmp_path, reasons=80, each=20, text="語" * 400)
    shown = section(made)
    assert len(shown.encode()) <= 400_000
    assert "report.json has up to 20" in shown
    assert all(f"reason_{reason}," in shown for reason in range(80))
    assert len(report_page(made).encode()) < 1_000_000


def test_nothing_was_asked_for(tmp_path):
    made = report(tmp_path)
    del made["examples"]
    assert section(made) == ""
    assert 'id="examples"' not in report_page(made)
