"""Packed columns are read back as matrices, whatever their length."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup.parts import matrix


@given(st.lists(st.none() | st.lists(st.integers(0, 2**32 - 1), min_size=3, max_size=3)), st.integers(0, 3))
def test_a_packed_column_is_a_matrix(rows, offset):
    packed = [None if row is None else np.array(row, np.uint32).tobytes() for row in rows]
    column = pa.array(packed, pa.binary(12))[offset:]
    expected = np.array([row or [0, 0, 0] for row in rows[offset:]], np.uint32).reshape(-1, 3)
    assert np.array_equal(matrix(column, np.uint32), expected)
    assert np.array_equal(matrix(pa.chunked_array([column], pa.binary(12)), np.uint32), expected)
