"""Laws of training: what they say, and that each inverts the other."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.planning import laws

sizes = st.floats(1e6, 1e13)


@pytest.mark.parametrize(
    ("parameters", "per_parameter"),
    [(1e9, 22.7), (7e9, 20.6), (70e9, 18.4)],
)
def test_compute_optimal_ratios(parameters: float, per_parameter: float) -> None:
    assert laws.optimal_tokens(parameters) / parameters == pytest.approx(per_parameter, abs=0.05)


def test_seven_billion_parameters_want_144_billion_tokens() -> None:
    assert laws.training(parameters=7e9).tokens == pytest.approx(144e9, rel=0.005)


@given(sizes)
def test_the_optimum_is_one(parameters: float) -> None:
    """For the computation that it takes, neither a smaller nor a larger model has a lower loss."""
    made = laws.training(parameters=parameters)

    def loss(size: float) -> float:
        tokens = made.flops / (6 * size)
        return float(laws.A / size**laws.ALPHA + laws.B / tokens**laws.BETA)

    assert loss(parameters) <= min(loss(0.9 * parameters), loss(1.1 * parameters))


@given(sizes)
def test_parameters_and_flops_agree(parameters: float) -> None:
    flops = laws.training(parameters=parameters).flops
    assert laws.training(flops=flops).parameters == pytest.approx(parameters, rel=1e-9)


@given(sizes, st.floats(1, 1e4))
def test_a_ratio_is_kept_from_either_side(parameters: float, per_parameter: float) -> None:
    made = laws.training(parameters=parameters, tokens_per_parameter=per_parameter)
    assert made.tokens == pytest.approx(per_parameter * parameters)
    again = laws.training(flops=made.flops, tokens_per_parameter=per_parameter)
    assert again.parameters == pytest.approx(parameters)
    both = laws.training(parameters=parameters, flops=made.flops)
    assert both.tokens == pytest.approx(made.tokens)


@pytest.mark.parametrize(("epochs", "worth"), [(1, 1), (2, 1.97), (4, 3.73), (8, 6.62), (16, 10.6)])
def test_what_repeated_tokens_are_worth(epochs: float, worth: float) -> None:
    assert laws.effective(1, epochs) == pytest.approx(worth, abs=0.02)


@given(st.floats(1, 1e15), st.floats(1, 200))
def test_epochs_invert(unique: float, epochs: float) -> None:
    found = laws.epochs_for(unique, laws.effective(unique, epochs))
    assert found == pytest.approx(epochs, rel=1e-3)


@given(st.floats(1, 1e15), st.floats(1, 50), st.floats(0.01, 50))
def test_more_epochs_are_worth_more_but_ever_less(unique: float, epochs: float, more: float) -> None:
    once, twice, thrice = (laws.effective(unique, epochs + step * more) for step in (0, 1, 2))
    assert once < twice < thrice
    assert thrice - twice < twice - once
    assert thrice < unique * (1 + laws.R_STAR)


def test_no_epochs_are_worth_everything() -> None:
    assert laws.epochs_for(1e9, 1e9 * (1 + laws.R_STAR)) is None
    assert laws.epochs_for(0, 1e9) is None
    assert laws.epochs_for(1e9, 1e8) == 1
    assert math.isfinite(laws.epochs_for(1e9, 1e9 * (1 + laws.R_STAR) * (1 - 1e-9)) or math.inf)
