"""Masks are what a loop over the bytes says, also where the buffer ends before the block does."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from filters.kernels.blocks import between, find_byte, first, folded_equal, lowest, ones, without_lowest
from filters.kernels.jit import kernel

blocks = st.binary(min_size=1, max_size=200)
byte = st.integers(0, 255)


@kernel
def _masks(data: NDArray[np.uint8], i: int, stop: int, a: int, b: int) -> tuple[int, int, int]:
    return between(data, i, stop, a, b), folded_equal(data, i, stop, a, b), find_byte(data, i, stop, a)


@kernel
def _bits(mask: int) -> tuple[int, int, int]:
    return lowest(np.uint64(mask)), ones(np.uint64(mask)), without_lowest(np.uint64(mask))


@kernel
def _first(count: int) -> int:
    return first(count)


def mask(bits: list[bool]) -> int:
    return sum(1 << k for k, bit in enumerate(bits) if bit)


@given(blocks, st.data(), byte, byte)
def test_masks(data: bytes, draw: st.DataObject, a: int, b: int) -> None:
    stop = draw.draw(st.integers(0, len(data)))
    i = draw.draw(st.integers(0, stop + 3))  # a look ahead may begin after the end
    low, high = min(a, b), max(a, b)
    array = np.frombuffer(data, np.uint8)
    within, _, _ = _masks(array, i, stop, low, high)
    _, equal, found = _masks(array, i, stop, a, b)
    block = data[i : min(stop, i + 64)]
    assert within == mask([low <= byte <= high for byte in block])
    assert equal == mask([byte | a == b for byte in block])
    if i <= stop:
        assert found == (data.index(a, i, stop) if a in data[i:stop] else stop)


@given(st.integers(1, 2**64 - 1))
def test_bits(mask: int) -> None:
    lowest_bit = mask & -mask
    assert _bits(np.uint64(mask)) == (lowest_bit.bit_length() - 1, mask.bit_count(), mask ^ lowest_bit)


def test_a_mask_without_bits() -> None:
    assert _bits(np.uint64(0)) == (64, 0, 0)


def test_the_mask_of_the_first_bytes() -> None:
    assert [_first(count) for count in (-1, 0, 1, 63, 64, 65)] == [0, 0, 1, 2**63 - 1, 2**64 - 1, 2**64 - 1]
