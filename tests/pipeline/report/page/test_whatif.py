"""Bounds that are moved: what the page says is what counting the documents says."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written_report import empty_report, full_report, large_report

from pipeline.report.numbers import counted, share
from pipeline.report.page.histogram import bars
from pipeline.report.page.histogram_picture import cut_marks
from pipeline.report.page.page import report_page
from pipeline.report.page.ticks import plain
from pipeline.report.page.whatif import kept, passes, section, stops

COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}
EDGES = sorted({0.0, *(float(f"{digits}e{power}") for power in (-2, -1, 0) for digits in range(10, 100))})


@st.composite
def measured(draw: st.DrawFn) -> Any:
    """Documents (value, or None where there is none, and tokens), and the measure that counts them in bins."""
    comparison = draw(st.sampled_from(sorted(COMPARE)))
    value = st.one_of(st.none(), st.sampled_from(EDGES), st.floats(0, 99, allow_nan=False))
    documents = draw(st.lists(st.tuples(value, st.integers(0, 50)), min_size=1, max_size=40))
    bound = draw(st.sampled_from(EDGES))
    left = comparison in ("<", ">=")

    def holds(low: float, high: float, value: float) -> bool:
        return low <= value < high if left else low < value <= high

    bins = []
    for low, high in zip([-1e-6, *EDGES], [*EDGES, 100.0], strict=True):
        inside = [tokens for value, tokens in documents if value is not None and holds(low, high, value)]
        if inside:
            bins.append((low, high, len(inside), sum(inside)))
    undefined = [tokens for value, tokens in documents if value is None]
    columns = [list(column) for column in zip(*bins, strict=True)] or [[], [], [], []]
    counts = {"documents": columns[2], "tokens": columns[3]}
    missing = {"documents": len(undefined), "tokens": sum(undefined)}
    rule = {"comparison": comparison, "bound": bound, "reason": "r", "undefined": missing, **counts}
    measure = {
        "stage": "s",
        "measure": "s.m",
        "closed": "left" if left else "right",
        "undefined": missing,
        **counts,
    }
    return documents, {**measure, "low": columns[0], "high": columns[1], "rules": [rule]}


@settings(max_examples=100)
@given(measured())
def test_kept_is_counted(drawn: Any) -> None:
    documents, measure = drawn
    (rule,) = measure["rules"]
    if not measure["low"]:
        return
    for bound in stops(measure, rule):
        staying = [
            tokens
            for value, tokens in documents
            if value is None or not COMPARE[rule["comparison"]](value, bound)
        ]
        assert kept(measure, rule, bound) == {"documents": len(staying), "tokens": sum(staying)}
    ends = [
        kept(measure, rule, bound)["documents"]
        for bound in (stops(measure, rule)[0], stops(measure, rule)[-1])
    ]
    assert rule["undefined"]["documents"] in ends  # one end drops all that has a value


def rules_of(report: Any) -> list[tuple[Any, Any]]:
    return [(measure, rule) for measure in report["measures"] for rule in measure["rules"]]


def said(measure: Any, rule: Any, bound: float, came: Any) -> str:
    left = kept(measure, rule, bound)
    return "The stage keeps " + " and ".join(
        f"{counted(left[weight], weight[:-1])} ({share(left[weight], came[weight])})"
        for weight in ("documents", "tokens")
    )


def test_sliders(show: Callable[..., Any]) -> None:
    """Each slider, at its ends and where arrow keys bring it, says what `kept` counts, and back what was before."""
    report = full_report()
    opened = show(report_page(report))
    blocks = opened.page.locator("#whatif .rule")
    rules = rules_of(report)
    assert blocks.count() == len(rules)
    for at, (measure, rule) in enumerate(rules):
        block, came = blocks.nth(at), next(s["in"] for s in report["stages"] if s["name"] == measure["stage"])
        slider, output = block.locator("input"), block.locator("output")
        places = stops(measure, rule)
        before = output.inner_text()
        assert before == said(measure, rule, rule["bound"], came)
        start = places.index(rule["bound"])
        for key, place in (("Home", 0), ("ArrowRight", 1), ("ArrowRight", 2), ("End", len(places) - 1)):
            slider.focus()
            opened.page.keyboard.press(key)
            assert output.inner_text() == said(measure, rule, places[place], came)
            assert block.locator(".bound-value").inner_text() == plain(places[place])
            assert slider.get_attribute("aria-valuetext") == plain(places[place])
        if start != len(places) - 1:
            block.get_by_role("button").click()
        assert output.inner_text() == before
        assert not block.locator(".change").is_visible() or start == len(places) - 1


def test_the_picture_that_the_script_draws_is_that_of_the_page(show: Callable[..., Any]) -> None:
    opened = show(report_page(full_report()))
    drawn = "() => [...document.querySelectorAll('.histogram')].map((picture) => picture.innerHTML)"
    before = opened.page.evaluate(drawn)
    opened.page.locator("input[value=tokens][name=whatif-weight]").check()
    tokens = opened.page.evaluate(drawn)
    assert all(a != b for a, b in zip(before, tokens, strict=True))
    opened.page.locator("input[value=documents][name=whatif-weight]").check()
    assert opened.page.evaluate(drawn) == before


def test_a_bound_that_moves_changes_the_picture(show: Callable[..., Any]) -> None:
    """Bars on the side that is dropped turn light: at one end none is left, at the other all are."""
    opened = show(report_page(full_report()))
    slider = opened.page.locator("#whatif .rule input").first
    dark = opened.page.locator("#whatif .histogram path.kept").first
    whole = opened.page.locator("#whatif .histogram path.gone").first.get_attribute("d")
    slider.focus()
    opened.page.keyboard.press("Home")
    first = dark.get_attribute("d")
    opened.page.keyboard.press("End")
    assert {first, dark.get_attribute("d")} == {"", whole}


@pytest.mark.parametrize("build", [full_report, large_report])
def test_every_bin_passes_or_not_as_its_rule_says(build: Callable[[], Any]) -> None:
    for measure, rule in rules_of(build()):
        for low, high in zip(measure["low"], measure["high"], strict=True):
            inside = (low + high) / 2
            assert passes(rule, low) == (not COMPARE[rule["comparison"]](inside, rule["bound"]))


def test_what_cannot_be_drawn_is_said() -> None:
    report = full_report()
    for measure in report["measures"]:
        for columns in (measure, *measure["rules"]):
            for name in ("low", "high", "documents", "tokens"):
                if name in columns:
                    columns[name] = columns[name][:1]
    html = section(report)
    assert "Not drawn, because all documents lie in one bin" in html
    assert "<path" not in html


def test_open_ends() -> None:
    """A bin may have no lower or no upper end; JSON has null for them."""
    report = full_report()
    for measure in report["measures"]:
        measure["low"][0] = None
        measure["high"][-1] = None
    assert "whatif-data" in section(report)
    assert all(math.isfinite(stop) for measure, rule in rules_of(report) for stop in stops(measure, rule))


def test_without_tallies() -> None:
    assert section(empty_report()) == ""
    assert section({**full_report(), "measures": None}) == ""


def test_shares_of_cut_bars_that_stand_close_are_one_label() -> None:
    """From left to right; those far apart have a label each."""
    for gap, labels in ((1, ["25.0 % | 70.0 %"]), (30, ["25.0 %", "70.0 %"])):
        numbers = [250, 700] if gap == 1 else [250, *[0] * 29, 700]
        numbers += [10] * 5
        measure = {
            "low": [float(at) for at in range(len(numbers))],
            "high": [float(at + 1) for at in range(len(numbers))],
            "documents": numbers,
            "rules": [],
        }
        drawn = "".join(cut_marks(bars(measure), numbers))
        assert re.findall(r"<text[^>]*>([^<]*)</text>", drawn) == labels
        assert drawn.count('class="gap"') == 2
