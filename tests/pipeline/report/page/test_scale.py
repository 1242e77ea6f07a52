"""The form computes what `assay plan --json` prints, and the picture shows what report.json says."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from written_run import STAGES, Page, Written, write_run

from pipeline.errors import UserError
from pipeline.planning.goals import goal, parse_amount
from pipeline.planning.plan import plan
from pipeline.report.build import build_report
from pipeline.report.numbers import NOTHING, count, size
from pipeline.report.page.html import text
from pipeline.report.page.page import report_page
from pipeline.report.page.scale import section

COSTS = {
    "fixed_core_seconds": 30.0,
    "core_seconds_per_byte": 2e-7,
    "disk_per_byte": 1.3,
    "scaling_core_seconds": 40.0,
    "lost": [],
}
# The columns of the answer; those without a number in any row are left out.
ENDS = {"about": "value", "from": "low", "at least": "low", "to": "high", "at most": "high"}
# As the form is filled in: (goal, amount, tokens per parameter, language, epochs).
GOALS = [
    ("tokens", "2M", "", "", "1"),
    ("tokens", "200k", "", "", "1"),
    ("tokens", "300M", "", "de", "1"),
    ("tokens", "1_500.5k", "", "", "4"),
    ("tokens", "300B", "", "", "1"),
    ("tokens", "12", "", "fr", "1"),
    ("params", "10k", "", "", "1"),
    ("params", "1e5", "200", "en", "2.5"),
    ("flops", "1e12", "", "de", "1"),
    ("flops", "3e13", "20", "", "1"),
]


def documents(unit: int) -> Iterator[Page]:
    """Forty documents of a unit: every fourth goes, a tenth are copies of one in another unit, some are German."""
    for at in range(40):
        number = unit * 40 + at
        size = (4000 + 13 * number % 900, 700, 500 + 7 * number % 90)
        language = "de" if number % 7 == 0 else "en"
        if at % 4 == 0:
            yield Page(size, f"d{number}", language=language, goes=("gopher_quality", "too_few_words"))
        elif at % 10 == 1:
            keeper = (number % 5, f"k{number % 5}", None)
            yield Page(size, f"d{number}", language=language, goes=("near", "near_duplicate"), keeper=keeper)
        elif at == 2:
            yield Page(size, f"d{number}", language="fr", goes=("fineweb", "too_many_short_lines"))
        else:
            yield Page(size, f"d{number}", language=language)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    run = write_run(
        tmp_path_factory.mktemp("run"), [Written(list(documents(unit))) for unit in range(12)], STAGES
    )
    made = build_report(run)
    made["planning"]["costs"] = COSTS
    made["planning"]["pool"] = {"documents": 18_000, "bytes": 10**8, "stored_bytes": 10**7, "times": 37.5}
    return made


@pytest.fixture(scope="module")
def html(report: dict[str, Any]) -> str:
    return report_page(report)


def fill(page: Any, kind: str, amount: str, ratio: str, language: str, epochs: str) -> None:
    page.locator(f"input[name=goal][value={kind}]").check(force=True)
    page.locator("#goal-amount").fill(amount)
    if kind != "tokens":
        page.locator("#goal-ratio").select_option(ratio)
    page.locator("#goal-language").select_option(language)
    page.locator("#goal-epochs").fill(epochs)


def expected(report: dict[str, Any], kind: str, amount: str, ratio: str, language: str, epochs: str) -> Any:
    wanted = {"tokens": None, "params": None, "flops": None, kind: amount}
    ratio_of = float(ratio) if ratio else None
    asked = goal(**wanted, tokens_per_param=ratio_of, language=language or None, epochs=float(epochs))
    return plan(report["planning"], asked)


def same(found: Any, wanted: Any, path: str = "") -> None:
    """All that the page has is in the JSON, to 9 digits."""
    if isinstance(found, dict):
        for key, value in found.items():
            same(value, wanted[key], f"{path}.{key}")
    elif isinstance(found, list):
        assert len(found) == len(wanted), path
        for at, (one, other) in enumerate(zip(found, wanted, strict=True)):
            same(one, other, f"{path}[{at}]")
    elif isinstance(found, float) and not isinstance(wanted, bool) and wanted is not None:
        assert math.isclose(found, wanted, rel_tol=1e-9), path
    else:
        assert found == wanted, path


def test_the_page_s_numbers_are_those_of_the_json(report, html, show):
    page = show(html).page
    for filled in GOALS:
        fill(page, *filled)
        made = expected(report, *filled)
        shown = page.evaluate("document.getElementById('plan').plan")
        same(shown, made)
        assert {"needs", "times", "crawls", "costs", "scenarios", "gap", "pool"} <= set(shown)
        if made["feasible"]:
            table = page.locator("#plan-answer table").first
            cells = table.locator("tbody tr").all_inner_texts()
            shown = [ENDS[title] for title in table.locator("th").all_inner_texts() if title in ENDS]
            needs = made["needs"]
            for line, (name, ends) in zip(cells, needs.items(), strict=False):
                write = size if "bytes" in name else count
                written = [NOTHING if ends[end] is None else write(ends[end]) for end in shown]
                assert line.split("\t")[1:] == written
                assert all(ends[end] is None for end in {"value", "low", "high"} - set(shown))
            assert len(cells) > len(needs) + 2
            if made["beyond"]:
                assert "nothing bounds it from above" in page.locator("#plan-answer").inner_text()


def test_goals_of_the_list_are_of_every_kind(report):
    """Or the test above would say little: some are certain, some are not to be had, some beyond the grid."""
    made = [expected(report, *filled) for filled in GOALS]
    assert any(one["certain"] for one in made)
    assert any(one["beyond"] for one in made)
    assert any(not one["feasible"] and not one["beyond"] for one in made)
    assert any(one["needs"]["tokens"]["value"] is not None for one in made)
    assert any(one["languages"] for one in made)


@pytest.mark.parametrize("amount", ["", "many", "0", "0.5", "1e31", "3 parsecs", "-4", "1,5"])
def test_what_is_no_amount_is_said(html, show, amount):
    with pytest.raises(UserError, match="is not an amount"):
        parse_amount(amount)
    page = show(html).page
    page.locator("#goal-amount").fill(amount)
    assert "Write an amount" in page.locator("#plan-answer").inner_text()


def test_by_keyboard(html, show):
    page = show(html, width=400).page
    page.locator("input[name=goal][value=tokens]").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#goal-amount").input_value() == "7B"
    assert page.locator("#goal-ratio").is_visible()
    page.locator("#goal-amount").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("1k")
    assert "1,000 parameters" in page.locator("#plan-answer").inner_text()
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_without_scripts_it_names_the_command(html, show):
    page = show(html, java_script_enabled=False).page
    assert not page.locator("#plan").is_visible()
    assert "assay plan RUN --tokens 300B" in page.locator("#scale").inner_text()


def test_the_picture_and_its_table(report, html, show):
    planning = report["planning"]
    page = show(html).page
    assert page.locator("#scale svg.plane").count() == 1
    page.locator("#scale details").first.evaluate("one => one.open = true")
    rows = page.locator("#scale details").first.locator("tbody tr")
    parts = [of for of in planning["measured"] if of["times"] < 1]
    assert rows.count() == len(parts) + len(planning["curve"])
    texts = [rows.nth(at).inner_text().split("\t") for at in (len(parts), rows.count() - 1)]
    assert texts[0][6] == count(planning["final"]["tokens"])
    assert texts[1][5] == count(planning["curve"][-1]["low"])


def test_what_to_beware_of_stands_below(report):
    shown = section(report)
    assert "some of which a larger run does not take again" in shown
    assert all(text(warning.split("`")[0]) in shown for warning in report["planning"]["warnings"])


def test_nothing_to_plan_from(report):
    assert section({**report, "planning": None}) == ""
    nothing = {**report["planning"], "final": dict.fromkeys(report["planning"]["final"], 0)}
    assert section({**report, "planning": nothing}) == ""


def test_a_run_without_deduplicators_draws_no_scenarios(tmp_path):
    stages = tuple(stage for stage in STAGES if stage.kind != "deduplicator")
    pages = [
        Page((100, 20, 10), id=f"p{at}", goes=("gopher_quality", "x") if at % 3 else None) for at in range(40)
    ]
    drawn = section(build_report(write_run(tmp_path, [Written(pages[at::4]) for at in range(4)], stages)))
    assert "removes no duplicates" in drawn
    assert "scenario dash" not in drawn


def test_one_document_says_only_the_least_of_a_hundred_times_as_much(tmp_path, show):
    made = build_report(write_run(tmp_path, [Written([Page((4000, 700, 500), "only")])]))
    page = show(report_page(made)).page
    page.locator("#goal-amount").fill("50k")
    shown = page.locator("#plan-answer").inner_text()
    assert shown.startswith("Collect at least 50.0 k raw tokens for 50.0 k tokens")
    assert "kept nothing" not in shown
