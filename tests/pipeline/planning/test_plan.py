"""A plan's figures follow from the units of the run, and its intervals hold what they say they hold."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from written_run import STAGES, Page, Written, write_run

from pipeline import files
from pipeline.errors import UserError
from pipeline.planning.estimate import Estimate, ratio, student_t
from pipeline.planning.plan import SCRAPE, STORED, Plan, parse_amount, plan, print_plan
from pipeline.rundir import StageEntry

# Two-sided 95 %, from printed tables of Student's t.
TABLE = {
    1: 12.706,
    2: 4.303,
    3: 3.182,
    4: 2.776,
    5: 2.571,
    10: 2.228,
    29: 2.045,
    60: 2.000,
    120: 1.980,
    1000: 1.962,
}

unit_lists = st.lists(
    st.tuples(st.integers(0, 10**9), st.floats(0, 1)).map(lambda pair: (pair[0], int(pair[0] * pair[1]))),
    min_size=1,
    max_size=40,
).filter(lambda units: sum(final for _, final in units) > 0)


def columns(units: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    raw, final = np.array(units, np.float64).T
    return final, raw


@pytest.mark.parametrize(("degrees", "quantile"), TABLE.items())
def test_student_t(degrees: int, quantile: float) -> None:
    assert student_t(0.975, degrees) == pytest.approx(quantile, abs=6e-4)


def test_student_t_has_no_seam() -> None:
    quantiles = [student_t(0.975, degrees) for degrees in range(1, 260)]
    assert quantiles == sorted(quantiles, reverse=True)


@given(unit_lists)
def test_the_interval_holds_the_ratio(units: list[tuple[int, int]]) -> None:
    final, raw = columns(units)
    for share in (True, False):
        estimate = ratio(final, raw, share)
        assert estimate.value == final.sum() / raw.sum()
        if (raw > 0).sum() == 1:
            assert estimate == Estimate(estimate.value)
            continue
        assert estimate.low is not None and estimate.high is not None
        assert 0 <= estimate.low <= estimate.value <= estimate.high
        assert not share or estimate.high <= 1


@given(unit_lists, st.sampled_from([2.0**-10, 0.5, 8.0, 2.0**30]))
def test_the_size_of_units_does_not_matter(units: list[tuple[int, int]], scale: float) -> None:
    final, raw = columns(units)
    small, large = ratio(final, raw, True), ratio(final * scale, raw * scale, True)
    assert (small.low, small.value, small.high) == pytest.approx((large.low, large.value, large.high))


@given(unit_lists, st.randoms())
def test_the_order_of_units_does_not_matter(units: list[tuple[int, int]], random: object) -> None:
    shuffled = list(units)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = ratio(*columns(units), True), ratio(*columns(shuffled), True)
    assert (one.low, one.value, one.high) == pytest.approx((other.low, other.value, other.high))


def test_units_that_agree_leave_no_doubt() -> None:
    estimate = ratio(np.array([3.0, 30.0, 6.0]), np.array([10.0, 100.0, 20.0]), True)
    assert (estimate.low, estimate.high) == pytest.approx((0.3, 0.3))


@given(st.lists(st.floats(0, 1), min_size=2, max_size=40).filter(lambda shares: sum(shares) > 0))
def test_for_units_of_one_size_the_error_is_the_textbook_one(shares: list[float]) -> None:
    final, count = np.array(shares), len(shares)
    estimate = ratio(final, np.ones(count), share=False)
    error = np.std(final, ddof=1) / np.sqrt(count)
    step = min(student_t(0.975, count - 1) * error / final.mean(), 600)
    assert estimate.high == pytest.approx(final.mean() * np.exp(step))


@pytest.mark.parametrize(("mean", "spread"), [(0.3, 20.0), (0.02, 200.0), (0.9, 20.0)])
def test_intervals_cover(mean: float, spread: float) -> None:
    """Of the intervals from 30 units each, at least 93 of 100 hold the ratio of the population they come
    from.
    """
    random = np.random.default_rng(7)
    runs, covered = 2000, 0
    for _ in range(runs):
        raw = random.lognormal(10, 0.6, 30)
        final = raw * random.beta(mean * spread, (1 - mean) * spread, 30)
        estimate = ratio(final, raw, True)
        assert estimate.low is not None and estimate.high is not None
        covered += estimate.low <= mean <= estimate.high
    assert covered >= 0.93 * runs


@given(unit_lists, st.integers(1, 10**13))
def test_what_is_needed_gives_the_target(units: list[tuple[int, int]], target: int) -> None:
    estimate = ratio(*columns(units), True)
    needed = estimate.needed_for(target)
    assert needed.value * estimate.value == pytest.approx(target)
    if needed.low is not None and needed.high is not None:
        assert needed.low <= needed.value * (1 + 1e-12) and needed.value <= needed.high * (1 + 1e-12)


@pytest.mark.parametrize(
    ("text", "amount"),
    [("300B", 300 * 10**9), ("4T", 4 * 10**12), ("1.5e12", 15 * 10**11), ("250 M", 25 * 10**7),
     ("10k", 10**4), ("2_000_000", 2 * 10**6), ("0.5b", 5 * 10**8), (" 7 tokens ", 7),
     ("1.1T", 11 * 10**11), ("3", 3)],
)  # fmt: skip
def test_amounts(text: str, amount: int) -> None:
    assert parse_amount(text) == amount


@pytest.mark.parametrize(
    "text", ["", "B", "300 GB", "-3B", "0", "0.2", "1,5T", "nan", "inf", "1e99", "3B4", "300Bx"]
)
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(UserError, match=r"not an amount of tokens.*300B"):
        parse_amount(text)


@given(st.integers(1, 10**29))
def test_whole_numbers_are_amounts(value: int) -> None:
    assert parse_amount(str(value)) == pytest.approx(value, rel=1e-15)


def kept(tokens: int, language: str = "en") -> Page:
    return Page((4 * tokens, tokens, tokens), language=language)


def lost(tokens: int, stage: str = "gopher_quality", language: str | None = "en") -> Page:
    return Page(
        (4 * tokens, tokens, tokens), language=language, goes=(stage, "reason"), keeper=(0, "k", None)
    )


def printed(plan: Plan) -> str:
    console = Console(file=io.StringIO(), width=80)
    print_plan(plan, console)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    return text


def needs(plan: Plan) -> dict[tuple[str, str], Estimate]:
    return {(need.of, need.quantity): need.raw for need in plan.needs}


def test_plan_of_a_run(tmp_path: Path) -> None:
    units = [Written([kept(100), lost(200), lost(100, "near")], stored=500), Written([kept(100), lost(100)])]
    made = plan(write_run(tmp_path, units), 10**6)
    assert (made.units, made.raw_tokens, made.final_tokens) == (2, 600, 200)
    needed = needs(made)
    assert needed[SCRAPE, "tokens"].value == pytest.approx(3 * 10**6)
    assert needed[SCRAPE, "documents"].value == pytest.approx(5 / 200 * 10**6)
    assert needed[SCRAPE, "bytes"].value == pytest.approx(12 * 10**6)
    assert needed[SCRAPE, STORED].value == pytest.approx(1500 / 200 * 10**6)
    for need in needed.values():
        assert need.low is not None and need.high is not None and need.low < need.value < need.high
    text = " ".join(printed(made).split())
    assert "For 1.00 M tokens, collect:" in text
    assert "33.3 % of the raw tokens became final tokens" in text
    assert "Deduplication took 33.3 % of the tokens that reached it" in text
    assert "over-states what deduplication keeps" in text
    assert "rest on 2 units" in text
    assert "One unit holds 66.7 %" in text
    assert json.loads(json.dumps(made.as_json()))["feasible"] is True


def test_plan_of_one_language(tmp_path: Path) -> None:
    german = [kept(10, "de"), lost(30, language="de"), lost(10, language=None)]
    run = write_run(tmp_path, [Written([kept(100), *german])] * 40)
    made = plan(run, 10**6, language="de")
    needed = needs(made)
    assert needed["de", "tokens"].value == pytest.approx(4 * 10**6)
    assert needed[SCRAPE, "tokens"].value == pytest.approx(15 * 10**6)
    assert needed[SCRAPE, "documents"].value == pytest.approx(4 / 10 * 10**6)
    text = " ".join(printed(made).split())
    assert "of it, in `de`" in text
    assert "6.7 % of the raw tokens have no language" in text
    assert "rest on" not in text


def test_a_language_that_the_run_does_not_have(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nothing in the language `fr`.*It holds: de, en"):
        plan(write_run(tmp_path, [Written([kept(1, "de"), kept(1)])]), 10, language="fr")


def test_a_language_that_was_found_after_reading_has_no_raw_amounts(tmp_path: Path) -> None:
    run = write_run(tmp_path / "late", [Written([kept(50, "de")])] * 2)
    early = write_run(tmp_path / "early", [Written([Page((200, 50, 50), language=None)])] * 2)
    for name in ("000000.parquet", "000001.parquet"):  # the first pass did not know the language
        files.write_bytes(run.path("ledger", "0", name), files.read_bytes(early.path("ledger", "0", name)))
    assert {of for of, _ in needs(plan(run, 10**6, language="de"))} == {SCRAPE}


def test_one_unit_has_no_interval(tmp_path: Path) -> None:
    made = plan(write_run(tmp_path, [Written([kept(100), lost(300)])]), 10**9)
    assert needs(made)[SCRAPE, "tokens"] == Estimate(4e9)
    assert "there is no interval" in " ".join(printed(made).split())


@pytest.mark.parametrize("language", [None, "en"])
def test_nothing_kept_is_not_possible(tmp_path: Path, language: str | None) -> None:
    made = plan(write_run(tmp_path, [Written([lost(100)])] * 3), 10**9, language)
    assert not made.feasible and made.needs == ()
    assert "Not possible: this run kept nothing of 300 raw tokens" in " ".join(printed(made).split())


def test_a_recipe_without_deduplication_is_warned_of_it(tmp_path: Path) -> None:
    stages = [StageEntry(s.label, s.stage, s.kind, 0) for s in STAGES if s.kind != "deduplicator"]
    made = plan(write_run(tmp_path, [Written([kept(100)])] * 3, stages), 10**9)
    assert "removes no duplicates" in made.warnings[0]


def test_an_unfinished_run_plans_from_what_is_finished(tmp_path: Path) -> None:
    run = write_run(tmp_path, [Written([kept(100), lost(100)])] * 3)
    files.remove(run.path("ledger", "1", "000001.parquet"))
    made = plan(run, 10**6)
    assert (made.units, made.raw_tokens) == (2, 400)
    assert "1 units are missing" in made.warnings[-1]
    files.remove(run.path("ledger", "1"))
    with pytest.raises(UserError, match="no unit of this run is finished"):
        plan(run, 10**6)
