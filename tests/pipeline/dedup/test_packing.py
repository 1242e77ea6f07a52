"""What is packed comes back, in few bytes."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup.packing import pack, unpack

ROWS = st.lists(
    st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 300), st.none() | st.binary()), min_size=1
)


@given(ROWS, st.integers(0, 3))
def test_columns_come_back(rows, begin):
    begin = min(begin, len(rows) - 1)
    numbers = [np.array([row[at] for row in rows], np.uint64)[begin:] for at in range(2)]
    values = pa.array([row[2] for row in rows], pa.binary())[begin:]
    strings = pa.array(["ü" * row[1] for row in rows])[begin:]
    found, (binary, text) = unpack(pack(numbers, [values, strings]))
    assert [column.tolist() for column in found] == [column.tolist() for column in numbers]
    assert binary.to_pylist() == values.to_pylist()
    assert text.cast(pa.string()).to_pylist() == strings.to_pylist()


def test_a_null_that_hides_bytes_is_a_null():
    values = pa.array([b"seen", b"hidden", b"seen too"], pa.binary())
    hidden = pc.if_else(pa.array([True, False, True]), values, pa.scalar(None, pa.binary()))
    _, (found,) = unpack(pack([np.arange(3, dtype=np.uint64)], [hidden]))
    assert found.to_pylist() == [b"seen", None, b"seen too"]


def test_row_ids_of_a_part_take_two_bytes_and_constants_none():
    ids = np.uint64(70_000) << np.uint64(32) | np.arange(1000, dtype=np.uint64)
    assert len(pack([ids, np.full(1000, 2**63, np.uint64)])) == 6 + 2 * 10 + 2 * 1000
