"""Ellipses and bytes are counted as `str.count` does."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from filters.kernels.buffers import text_buffers
from filters.kernels.jit import kernel
from filters.kernels.symbols import count_ellipses, count_hash_signs

runs = st.lists(st.tuples(st.sampled_from(".…#x‥"), st.integers(1, 80)), max_size=6).map(
    lambda pairs: "".join(character * count for character, count in pairs)
)


@kernel
def _count(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> tuple[int, int]:
    return count_ellipses(data, offsets[1], offsets[2]), count_hash_signs(data, offsets[1], offsets[2])


@given(st.one_of(st.text(alphabet="a.…#"), runs))
def test_is_the_definition(text: str) -> None:
    found = _count(*text_buffers(pa.array(["..", text, "..."], pa.large_string())))
    assert found == (text.count("...") + text.count("…"), text.count("#"))
