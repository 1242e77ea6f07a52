"""Numbers that are read by people are never further off than their digits say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report.numbers import count, per_thousand, percent, share, size

LETTERS = {"": 1.0, "k": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}


def read(text: str, letters: dict[str, float] = LETTERS) -> float:
    number, _, letter = text.partition(" ")
    return float(number.replace(",", "")) * letters[letter]


@given(st.integers(-(10**17), 10**17))
def test_counts_have_three_digits(value: int) -> None:
    text = count(value)
    assert read(text) == pytest.approx(value, rel=0.005)
    if abs(value) < 10_000:
        assert read(text) == value
    else:
        assert (
            len(text.split(" ")[0].lstrip("-").replace(".", "").replace(",", "")) == 3 or abs(value) >= 1e15
        )


@given(st.integers(0, 10**20))
def test_sizes(value: int) -> None:
    letters = {"B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15}
    assert read(size(value), letters) == pytest.approx(value, rel=0.005)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (9_999, "9,999"), (10_000, "10.0 k"), (999_499, "999 k"), (999_999, "1.00 M"),
     (300e9, "300 B"), (1.5e12, "1.50 T"), (-12_345, "-12.3 k")],
)  # fmt: skip
def test_counts(value: float, text: str) -> None:
    assert count(value) == text


@given(st.floats(0, 1))
def test_only_nothing_is_0_percent_and_only_all_is_100(fraction: float) -> None:
    text = percent(fraction)
    assert (text == "0 %") == (fraction == 0)
    assert ("100" in text.split(".")[0]) == (fraction * 100 == 100)


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(1, 0, "–"), (0, 7, "0 %"), (7, 7, "100 %"), (345, 1000, "34.5 %"), (1, 100_000, "0.0010 %"),
     (99_999, 100_000, ">99.9 %"), (-5, 100, "-5.0 %"), (15, 10, "150.0 %")],
)  # fmt: skip
def test_shares(part: int, whole: int, text: str) -> None:
    assert share(part, whole) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(1, 0, "–"), (0, 5, "0"), (5, 5, "1,000"), (34, 1000, "34.0"), (655, 1000, "655"), (123, 10**6, "0.12"),
     (1, 10**6, "0.0010")],
)  # fmt: skip
def test_of_a_thousand(part: int, whole: int, text: str) -> None:
    assert per_thousand(part, whole) == text
