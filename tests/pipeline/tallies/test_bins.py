"""Every value is in the one bin that holds it, and every bound that people write down is an edge."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.tallies.bins import UNDEFINED, Closed, bins, common_edges

EDGES = common_edges()
floats = (
    st.floats(allow_subnormal=True)
    | st.floats(-1e5, 1e5)
    | st.sampled_from(EDGES.tolist()).flatmap(
        lambda edge: st.sampled_from([edge, np.nextafter(edge, np.inf), np.nextafter(edge, -np.inf)])
    )
)


@given(st.lists(floats), st.sampled_from(["left", "right"]), st.lists(st.floats(-1e13, 1e13), max_size=3))
def test_a_value_lies_between_the_ends_of_its_bin(
    values: list[float], closed: Closed, bounds: list[float]
) -> None:
    of = bins(closed, bounds)
    found = of.place(np.array(values, np.float64))
    defined = [value for value in values if not np.isnan(value)]
    assert (found == UNDEFINED).tolist() == [bool(np.isnan(value)) for value in values]
    assert np.all(found < of.count)
    for value, low, high in zip(defined, *of.ends(found[found != UNDEFINED]), strict=True):
        if closed == "left":
            assert low <= value < high or value == high == np.inf
        else:
            assert low < value <= high or value == low == -np.inf
    ends = set(of.ends(np.arange(of.count))[0].tolist())
    assert set(bounds) <= ends


@pytest.mark.parametrize("closed", ["left", "right"])
def test_around_every_edge_it_is_as_a_search_finds(closed: Closed) -> None:
    own = [0.123, -7.77, 1e-7]
    values = np.concatenate(
        [EDGES, own, np.nextafter(EDGES, np.inf), np.nextafter(EDGES, -np.inf), [0.0, -0.0]]
    )
    edges = np.union1d(EDGES, own)
    expected = np.searchsorted(edges, values, "right" if closed == "left" else "left")
    assert np.array_equal(bins(closed, own).place(values), expected)


def test_bounds_of_two_digits_are_edges() -> None:
    for bound in (0.65, 0.1, 50, 3, 0.000001, 100_000, 9.9e12, -0.25, 0):
        assert bound in EDGES
        assert bins("left", [bound]) == bins("left")
    above = EDGES[EDGES > 0]
    assert np.all(above[1:] / above[:-1] <= 1.1 + 1e-9)
