"""Bytes taken 64 at a time, as a *mask*: a uint64 whose bit k says something of byte i + k.

No compiler sees by itself that 64 comparisons and the collecting of their answers are a few vector instructions,
so three short functions say it in LLVM's own words. These belong to no processor: LLVM puts them into what
each one has, and the answers are the same on all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from filters.kernels.jit import inline, instruction  # before numba, whose cache it places

# isort: split
from llvmlite import ir
from numba import types
from numba.core import cgutils

SIZE = 64
NONE, ONE = np.uint64(0), np.uint64(1)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_INT = ir.IntType(64)
_BLOCK = ir.VectorType(ir.IntType(8), SIZE)
_FIRST = ir.Constant(ir.VectorType(ir.IntType(32), SIZE), [0] * SIZE)


def _load(builder: Any, data: Any, i: Any) -> Any:
    """The 64 bytes from i on, with zeros after the end of the buffer."""
    left = builder.sub(data.nitems, i)
    place = builder.gep(data.data, [i])
    copy = cgutils.alloca_once(builder, _BLOCK)
    is_short = builder.icmp_signed("<", left, ir.Constant(_INT, SIZE))
    with builder.if_then(is_short, likely=False):
        builder.store(ir.Constant(_BLOCK, [0] * SIZE), copy, align=1)
        with builder.if_then(builder.icmp_signed(">", left, ir.Constant(_INT, 0))):
            cgutils.raw_memcpy(builder, builder.bitcast(copy, place.type), place, left, 1)
    whole = builder.bitcast(place, copy.type)
    return builder.load(builder.select(is_short, copy, whole), align=1)


def _spread(builder: Any, byte: Any) -> Any:
    undefined = ir.Constant(_BLOCK, ir.Undefined)
    one = builder.insert_element(undefined, byte, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(one, undefined, _FIRST)


@instruction
def _between(typing: Any, data: Any, i: Any, low: Any, high: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, i, low, high = arguments
        block = _load(builder, context.make_array(signature.args[0])(context, builder, array), i)
        from_low = builder.sub(block, _spread(builder, low))
        within = builder.icmp_unsigned("<=", from_low, _spread(builder, builder.sub(high, low)))
        return builder.bitcast(within, _INT)

    return types.uint64(data, types.int64, types.uint8, types.uint8), generate


@instruction
def _folded_equal(typing: Any, data: Any, i: Any, fold: Any, byte: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, i, fold, byte = arguments
        block = _load(builder, context.make_array(signature.args[0])(context, builder, array), i)
        folded = builder.or_(block, _spread(builder, fold))
        return builder.bitcast(builder.icmp_unsigned("==", folded, _spread(builder, byte)), _INT)

    return types.uint64(data, types.int64, types.uint8, types.uint8), generate


@instruction
def lowest(typing: Any, mask: Any) -> Any:
    """lowest(mask: uint64) -> int64: the place of the lowest bit that is set; 64 if none is."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), generate


@instruction
def ones(typing: Any, mask: Any) -> Any:
    """ones(mask: uint64) -> int64: how many bits are set."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), generate


@inline
def first(count: int) -> np.uint64:
    """The mask of the first `count` bytes: none if it is not positive, all if it is 64 or more."""
    if count <= 0:
        return NONE
    return _ALL >> np.uint64(SIZE - min(count, SIZE))


@inline
def between(data: NDArray[np.uint8], i: int, stop: int, low: int, high: int) -> np.uint64:
    """Which of the 64 bytes from i on, and before `stop`, are `low` to `high`, these included."""
    return np.uint64(_between(data, i, low, high)) & first(stop - i)


@inline
def equal(data: NDArray[np.uint8], i: int, stop: int, byte: int) -> np.uint64:
    """Which of the 64 bytes from i on, and before `stop`, are this one."""
    return folded_equal(data, i, stop, 0, byte)


@inline
def folded_equal(data: NDArray[np.uint8], i: int, stop: int, fold: int, byte: int) -> np.uint64:
    """Which of the 64 bytes from i on, and before `stop`, are this one once the bits of `fold` are set in them."""
    return np.uint64(_folded_equal(data, i, fold, byte)) & first(stop - i)


@inline
def without_lowest(mask: np.uint64) -> np.uint64:
    """The mask without its lowest bit."""
    return mask & (mask - ONE)


@inline
def find_byte(data: NDArray[np.uint8], start: int, stop: int, byte: int) -> int:
    """Where this byte first stands in data[start:stop]; `stop` if it does not."""
    while start < stop:
        found = equal(data, start, stop, byte)
        if found != NONE:
            return start + int(lowest(found))
        start += SIZE
    return stop
