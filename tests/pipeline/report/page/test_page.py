"""report.html as one page: what is in it, what it asks for, how it is read and printed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from written_report import empty_report, full_report, large_report
from written_run import Page, Written, write_run

from pipeline import files
from pipeline.report.build import build_report
from pipeline.report.page.page import MOST_BYTES, SECTIONS, report_page
from pipeline.report.write import write_report

KINDS = [full_report, large_report, empty_report]
_UNCLOSED = {
    "wbr",
    "br",
    "hr",
    "input",
    "meta",
    "tr",
    "th",
    "td",
    "thead",
    "tbody",
}  # HTML asks for no end tag


class Checker(HTMLParser):
    """Elements that are closed in order, identifiers that are there once, and what links and labels point at."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in _UNCLOSED:
            self.open.append(tag)
        for name, value in attributes:
            self.attributes.append((tag, name, value))
            if name == "id":
                self.ids.append(value or "")
            if name in ("for", "aria-labelledby") or (name == "href" and (value or "").startswith("#")):
                self.targets.append((value or "").lstrip("#"))

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value) for name, value in attributes]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def checked(html: str) -> Checker:
    checker = Checker()
    checker.feed(html)
    checker.close()
    return checker


@pytest.mark.parametrize("kind", KINDS)
def test_markup(kind: Callable[[], Any]) -> None:
    html = report_page(kind())
    checker = checked(html)
    assert checker.open == []
    assert len(set(checker.ids)) == len(checker.ids)
    assert set(checker.targets) <= set(checker.ids)
    names = {name for _, name, _ in checker.attributes}
    assert not {"src", "style", "srcset", "data", "action"} & names
    assert not [name for name in names if name.startswith("on")]
    assert all((value or "").startswith("#") for _, name, value in checker.attributes if name == "href")
    assert html.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert "default-src 'none'" in unescape(html[:600])


def long_url(at: int) -> str:
    return f"https://www.example.org/{at}/?" + "語&" * 1000


def worst_report(folder: Path) -> Any:
    """Every section as large as it gets: what `large_report` has, and three deduplicators, examples, a plan."""
    report = large_report()
    report["measures"] = report["measures"][::2]  # 40 of them
    dropped = report["totals"]["final"]
    found = {
        "stage": report["stages"][1]["name"],
        **{"clusters": 10**6, "documents": 10**7, "dropped": 9 * 10**6},
        "largest": [
            {"id": "1", "url": long_url(at), "documents": 999, "tokens": 9, "urls": [long_url(at + 1)] * 3}
            for at in range(20)
        ],
        "sizes": [[size, 1000, 10**6] for size in range(2, 1000)],
        "hosts": [{"host": f"www.{'host' * 20}{at}.example", "dropped": dropped} for at in range(20)],
        "sources": [
            {"source": f"s{at}", "in": report["totals"]["raw"], "dropped": dropped} for at in range(20)
        ],
        "alarms": ["a source collapsed " * 5] * 5,
    }
    report["duplicates"] = [found] * 3
    example = {"id": "1", "url": long_url(1), "language": "zh", "tokens": 400, "text": "語" * 400}
    example |= {"measure": "a_measure", "comparison": "<", "bound": 0.5, "value": 0.4, "duplicate_of": None}
    rules = [
        {"stage": reason["stage"], "reason": reason["reason"], "examples": [example] * 20}
        for reason in report["reasons"]
    ]
    report["examples"] = {"wanted": 20, "text": True, "removed": rules, "just_kept": rules}
    report["examples"]["units"] = {"count": 64, "looked_into": 64}
    few = [Page((900, 200, 300), id=f"p{at}", goes=("fineweb", "x") if at % 3 else None) for at in range(60)]
    own = build_report(write_run(folder, [Written(few[at::12]) for at in range(12)]))
    return report | {"planning": own["planning"], "published": own["published"]}


def test_size(tmp_path: Path, show: Callable[..., Any]) -> None:
    """At its worst it is below 1 MB, has all sections, and is no wider than a narrow window."""
    html = report_page(worst_report(tmp_path))
    assert len(html.encode()) < MOST_BYTES
    assert all(f'<section id="{module.ANCHOR}"' in html for module in SECTIONS)
    assert "report.json has up to 20" in html
    assert show(html, width=400).page.evaluate("document.documentElement.scrollWidth") == 400


def test_pictures_say_what_they_show() -> None:
    html = report_page(full_report())
    pictures = re.findall(r"<svg [^>]*>(?:<title>)?", html)
    told = [picture for picture in pictures if 'role="img"' in picture]
    assert len(told) > 100
    assert all(picture.endswith("<title>") for picture in told)


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_in_a_browser(show: Callable[..., Any], kind: Callable[[], Any], width: int, scheme: str) -> None:
    """No word on the console, no request, and nothing wider than the window; `show` checks the first two."""
    opened = show(report_page(kind()), width=width, color_scheme=scheme)
    assert opened.page.evaluate("document.documentElement.scrollWidth") == width
    assert opened.page.title().startswith("try <script>alert(1)</script>")


_LABELS = """() => {
  const faults = [];
  for (const picture of document.querySelectorAll("svg[role=img]")) {
    const boxes = [...picture.querySelectorAll("text")]
      .map((text) => [text.getBoundingClientRect(), text.textContent])
      .filter(([box]) => box.width > 0)
      .sort(([a], [b]) => a.left - b.left);
    boxes.forEach(([box, words], at) => {
      if (box.left < -1 || box.right > innerWidth + 1) faults.push(`${words} is cut`);
      for (const [other, next] of boxes.slice(at + 1)) {
        const beside = other.top >= box.bottom - 2 || box.top >= other.bottom - 2;
        if (other.left < box.right - 1 && !beside) faults.push(`${words} touches ${next}`);
      }
    });
  }
  return faults;
}"""


def test_labels_do_not_leave_their_pictures(show: Callable[..., Any]) -> None:
    """At 400 pixels no text of a picture reaches beyond the window, and no two of one picture touch."""
    opened = show(report_page(full_report()), width=400)
    faults = opened.page.evaluate(_LABELS)
    assert faults == []


def test_without_scripts_it_can_be_read(show: Callable[..., Any]) -> None:
    opened = show(report_page(full_report()), java_script_enabled=False)
    assert "Of 1,000 raw tokens" in opened.visible("#funnel figcaption")
    opened.page.locator("input[name=funnel-a]").nth(1).check()
    assert "Of 1,000 raw documents" in opened.visible("#funnel figcaption")
    assert "The stage keeps" in opened.visible("#whatif output")
    assert (
        opened.visible("#whatif input") == ""
        and opened.page.locator("#whatif input").locator("visible=true").count() == 0
    )


def test_printing_opens_what_is_folded(show: Callable[..., Any]) -> None:
    opened = show(report_page(full_report()))
    folded = opened.page.locator("details:not([open])")
    assert folded.count() > 5
    opened.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert folded.count() == 0
    opened.page.set_viewport_size({"width": 680, "height": 1000})  # A4 without its margins
    opened.page.emulate_media(media="print")
    assert opened.page.evaluate("document.documentElement.scrollWidth") == 680
    opened.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert folded.count() > 5


def test_keyboard_reaches_what_can_be_changed(show: Callable[..., Any]) -> None:
    opened = show(report_page(full_report()))
    opened.page.keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.textContent") == "To the content"
    seen = set()
    for _ in range(40):
        opened.page.keyboard.press("Tab")
        seen.add(opened.page.evaluate("document.activeElement.name || document.activeElement.tagName"))
    assert {"A", "funnel-a", "funnel-b", "SUMMARY", "why-a"} <= seen


def contrast(a: str, b: str) -> float:
    """By WCAG 2.2, of two colours written `#rrggbb`."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_colours_stand_out() -> None:
    style = files.read_bytes(str(Path(report_page.__code__.co_filename).with_name("style.css"))).decode()
    palettes = [
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
        for block in re.findall(r":root \{([^}]*)\}", style)
    ]
    assert len(palettes) == 3  # light, dark, print
    for palette in palettes:
        for text, ground in (
            ("ink", "paper"),
            ("soft", "paper"),
            ("ink", "raised"),
            ("accent", "paper"),
            ("soft", "raised"),
        ):
            if text in palette and ground in palette:
                assert contrast(palette[text], palette[ground]) >= 4.5, (text, ground)
        assert contrast(palette["kept"], palette["paper"]) >= 3
        assert contrast(palette["kept"], palette["gone"]) >= 2.5  # told apart by lightness alone


def test_notices() -> None:
    report = full_report()
    report |= {"complete": False, "balanced": False, "imbalances": ["near: 3 in, 2 out & more"]}
    report["units"] = {"count": 4, "finished": 1, "index": [0]}
    report["unreadable_records"] = {"unreadable": 3, "skipped": 1}
    lists = {name: [] for name in ("largest", "sizes", "hosts", "sources")}
    counts = dict.fromkeys(("clusters", "documents", "dropped"), 0)
    report["duplicates"] = [{"stage": "near", **counts, **lists, "alarms": ["source <b>x</b> collapsed"]}]
    html = report_page(report)
    for words in (
        "1 of 4 units",
        "near: 3 in, 2 out &amp; more",
        "3 records could not be read",
        "source &lt;b&gt;x",
    ):
        assert words in html
    assert "The ledger balances" not in html


def test_it_is_written_beside_the_other_reports(tmp_path: Path, show: Callable[..., Any]) -> None:
    pages = [
        Page(amounts=(10 + at, 2, 3 + at), goes=("fineweb", "short_lines") if at % 3 else None)
        for at in range(20)
    ]
    run = write_run(tmp_path / "run", [Written(pages)])
    report = write_report(run)
    html = files.read_bytes(run.path("report.html")).decode()
    assert html == report_page(json.loads(files.read_bytes(run.path("report.json"))))
    assert report["recipe"]["name"] in show(html).visible("h1")


def test_a_run_that_kept_nothing(tmp_path: Path, show: Callable[..., Any]) -> None:
    pages = [Page(amounts=(10, 2, 3), goes=("fineweb", "short_lines"))] * 3
    write_report(write_run(tmp_path / "run", [Written(pages)]))
    opened = show((tmp_path / "run" / "report.html").read_text("utf-8"))
    assert "0 % of the tokens are left" in opened.visible("header")
    assert "0 of 1,000" in opened.visible("#funnel .value")
