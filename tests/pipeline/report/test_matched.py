"""Kept shares over those of documents as long: intervals cover, chance is hardly ever taken for more, and length never."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report.matched import Ends, compared, differing, distance, expected

ONE = ((1.0, 1.0),)
# Shares of the classes of length in the group and in the rest: texts of the group are longer.
LONGER = ((0.1, 0.5), (0.3, 0.35), (0.6, 0.15))


def draw_ends(
    draw: np.random.Generator,
    documents: int,
    shares: tuple[float, ...],
    rest: int,
    others: tuple[float, ...],
    lengths: tuple[tuple[float, float], ...] = ONE,
) -> tuple[Ends, Ends]:
    """A group of so many documents, of which these shares are kept, by class of length, and all with the `rest`."""

    def one(count: int, chances: tuple[float, ...], classes: list[float]) -> Ends:
        cells = draw.integers(0, 16, count) * len(classes) + draw.choice(len(classes), count, p=classes)
        read = np.bincount(cells, minlength=16 * len(classes)).reshape(16, -1)
        return Ends(read.astype(float), draw.binomial(read, chances).astype(float))

    group = one(documents, shares, [own for own, _ in lengths])
    other = one(rest, others, [rest for _, rest in lengths])
    return group, Ends(group.read + other.read, group.kept + other.kept)


def true_ratio(
    documents: int,
    shares: tuple[float, ...],
    rest: int,
    others: tuple[float, ...],
    lengths: tuple[tuple[float, float], ...],
) -> float:
    kept = would_be = 0.0
    for share, other, (own, outside) in zip(shares, others, lengths, strict=True):
        there, beside = documents * own, rest * outside
        kept += there * share
        would_be += there * (there * share + beside * other) / (there + beside)
    return kept / would_be


@pytest.mark.parametrize(
    "documents, shares, rest, others, lengths",
    [
        (150, (0.6,), 5000, (0.6,), ONE),
        (1000, (0.3,), 3000, (0.5,), ONE),
        (400, (0.95,), 400, (0.7,), ONE),
        (5000, (0.02,), 50_000, (0.05,), ONE),
        (120, (0.99,), 9000, (0.9,), ONE),
        (150, (0.1, 0.5, 0.9), 5000, (0.1, 0.5, 0.9), LONGER),
        (1000, (0.9, 0.5, 0.1), 3000, (0.9, 0.6, 0.2), LONGER),
        (2000, (0.2, 0.4, 0.9), 500, (0.3, 0.6, 0.9), LONGER),
        (300, (0.001, 0.01, 0.05), 50_000, (0.01, 0.02, 0.04), LONGER),
    ],
)
def test_intervals_cover(
    documents: int,
    shares: tuple[float, ...],
    rest: int,
    others: tuple[float, ...],
    lengths: tuple[tuple[float, float], ...],
) -> None:
    draw = np.random.default_rng(3)
    true = true_ratio(documents, shares, rest, others, lengths)
    covered = 0
    for _ in range(1000):
        found = compared(*draw_ends(draw, documents, shares, rest, others, lengths))
        assert found is not None and found.low is not None and found.high is not None
        covered += found.low <= true <= found.high
    assert covered >= 940


def test_chance_alone_and_length_differ_in_one_of_twenty_audits_at_most() -> None:
    draw = np.random.default_rng(4)
    kept = (0.9, 0.5, 0.1)
    false = 0
    for _ in range(300):
        groups = [
            draw_ends(draw, int(documents), kept, 5000, kept, LONGER)
            for documents in draw.integers(100, 2000, 20)
        ]
        false += any(differing([distance(*ends) for ends in groups]))
        assert all(differing([distance(group.together(), rest.together()) for group, rest in groups]))
    assert false <= 0.05 * 300 + 2 * (0.05 * 0.95 * 300) ** 0.5


def test_what_is_kept_less_at_every_length_differs() -> None:
    """And it would not without its lengths: here long texts are kept more, and make up for it."""
    group, rest = draw_ends(
        np.random.default_rng(5), 3000, (0.2, 0.35, 0.6), 30_000, (0.3, 0.5, 0.85), LONGER
    )
    matched, any_length = compared(group, rest), compared(group.together(), rest.together())
    assert matched is not None and matched.high is not None and matched.high < 0.8
    assert any_length is not None and any_length.value > 0.95


columns = st.lists(st.tuples(*(st.integers(0, 9) for _ in range(4))).map(sorted), min_size=32, max_size=32)


@given(columns)
def test_it_is_the_sum_over_documents(drawn: list[list[int]]) -> None:
    cells = np.array(drawn, float).reshape(16, 2, 4)
    group, rest = (
        Ends(cells[..., 1], cells[..., 0]),
        Ends(cells[..., 1] + cells[..., 3], cells[..., 0] + cells[..., 2]),
    )
    if not group.read.any():
        return
    read, kept = rest.read.sum(axis=0), rest.kept.sum(axis=0)
    would_be = sum(group.read[:, at].sum() * kept[at] / read[at] for at in range(2) if read[at])
    assert expected(group, rest) == pytest.approx(would_be / group.read.sum())
    found = compared(group, rest)
    assert (found is None) == (would_be == 0)
    if found is not None:
        assert found.value == pytest.approx(group.kept.sum() / would_be)
        assert found.low is None or (
            found.low <= found.value <= (found.high or 0) and math.isfinite(found.high or 0)
        )
        itself = compared(rest, rest)
        assert itself is not None and itself.value == pytest.approx(1)


def test_nothing_kept_and_all_kept_are_no_certainty() -> None:
    some, none, all_ = np.full((16, 1), 10.0), np.zeros((16, 1)), np.full((16, 1), 1000.0)
    found = compared(Ends(some, none), Ends(all_, all_ / 2))
    assert found is not None and found.value == found.low == 0 and 0 < (found.high or 0) < 0.15
    found = compared(Ends(some, some), Ends(all_, all_ / 2))
    assert found is not None and found.value == 2 and (found.low or 0) < 2 < (found.high or 0)
    assert compared(Ends(some, none), Ends(all_, none)) is None
