"""The trials of langdetect are what plain Python says they are, with Python's own random numbers."""

from functools import reduce
from operator import add
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.kernels.langdetect import mean_probabilities


def plain(rows: list[int], table: list[list[float]]) -> list[float]:
    random = Random(0)
    mean = [0.0] * len(table[0])
    for _ in range(7):
        languages = [1 / len(mean)] * len(mean)
        weight = (0.5 + random.gauss(0.0, 1.0) * 0.05) / 10000
        for draw in range(1001):
            row = table[random.choice(rows)]
            languages = [p * (weight + q) for p, q in zip(languages, row, strict=True)]
            if draw % 5 == 0:
                total = reduce(add, languages)  # from Python 3.12 on `sum` is more exact than a sum
                languages = [p / total for p in languages]
                if max(languages) > 0.99999:
                    break
        mean = [m + p / 7 for m, p in zip(mean, languages, strict=True)]
    return mean


@given(
    st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), min_size=1, max_size=5),
    st.lists(st.integers(0, 4), min_size=1, max_size=70),
)
def test_mean_probabilities(table: list[list[float]], rows: list[int]) -> None:
    rows = [row % len(table) for row in rows]
    found = mean_probabilities(np.array(rows, np.int32), np.array(table))
    assert found.tolist() == pytest.approx(plain(rows, table), rel=1e-12)


def test_languages_that_cannot_be_told_apart_take_every_draw() -> None:
    rows = list(range(64))  # of a power of two every second draw is drawn again
    found = mean_probabilities(np.array(rows, np.int32), np.full((64, 4), 0.5))
    assert found.tolist() == pytest.approx([0.25] * 4)
