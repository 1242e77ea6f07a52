"""What a user may ask for, and how it is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.planning.goals import goal, parse_amount, parse_mix


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


def test_a_mix() -> None:
    assert parse_mix("de=0.3, en=0.7") == {"de": 0.3, "en": 0.7}


@pytest.mark.parametrize("text", ["", "de", "de=x", "de=0.5", "de=0.5,de=0.5", "de=-1,en=2", "=1", "de=nan"])
def test_what_is_no_mix(text: str) -> None:
    with pytest.raises(UserError, match="--mix"):
        parse_mix(text)


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({}, "say what the plan is for"),
        ({"tokens": "1B", "params": "7B"}, "say what the plan is for"),
        ({"tokens": "1B", "language": "de", "mix": "en=1"}, "one of the two"),
        ({"tokens": "1B", "epochs": 0.5}, "--epochs 0.5"),
        ({"tokens": "1B", "epochs": float("nan")}, "--epochs nan"),
        ({"tokens": "1B", "tokens_per_param": 20}, "goes with one of"),
        ({"params": "7B", "flops": "1e23", "tokens_per_param": 20}, "goes with one of"),
        ({"params": "7B", "tokens_per_param": -1}, "must be above 0"),
        ({"params": "seven"}, "not an amount of parameters"),
    ],
)
def test_goals_that_are_refused(asked: dict, complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        goal(**asked)


@given(st.floats(1, 100))
def test_repeats_need_less_and_read_more(epochs: float) -> None:
    made = goal("300B", epochs=epochs)
    assert made.tokens == 300e9
    assert made.unique <= made.tokens
    assert made.unique * epochs >= made.tokens * (1 - 1e-12)


def test_goals_by_model() -> None:
    by_ratio = goal(params="7B", tokens_per_param=200)
    assert by_ratio.tokens == pytest.approx(1.4e12)
    by_flops = goal(flops="1e23")
    assert by_flops.training is not None
    assert by_flops.training.flops == pytest.approx(1e23)
    assert goal(params="7B", flops="1e23").tokens == pytest.approx(1e23 / 42e9)
