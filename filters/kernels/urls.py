"""Hashes of strings, and of those parts of URLs that block lists name (`filters.urls` defines them).

A hash grows by one byte after another. So the hashes of all prefixes of a string together cost no more than
the string's own, and where it grows from the last byte to the first, those of all its suffixes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from filters.kernels.hashing import absorb
from filters.kernels.jit import inline, kernel

_EMPTY = np.uint64(0x243F6A8885A308D3)  # any number but 0, which NUL would leave as it is
_DOT, _SLASH = 0x2E, 0x2F

Groups = tuple[NDArray[np.uint64], NDArray[np.int64]]  # hashes, and where those of each text begin and end


@inline
def _grow(state: np.uint64, byte: np.uint8) -> np.uint64:
    return absorb(state, np.uint64(byte))


@inline
def _starts_with_www(data: NDArray[np.uint8], start: int, stop: int) -> bool:
    www = stop - start >= 4 and data[start + 3] == _DOT
    for i in range(start, min(start + 3, stop)):
        www = www and data[i] == 0x77
    return www


@inline
def _is_boundary(byte: int) -> bool:
    """Whether it is one of `/ ? # & ;`."""
    return byte == _SLASH or byte == 0x3F or byte == 0x23 or byte == 0x26 or byte == 0x3B


@inline
def _is_of_word(byte: int) -> bool:
    return byte >= 0x80 or 0x30 <= byte <= 0x39 or 0x41 <= byte <= 0x5A or 0x61 <= byte <= 0x7A


@kernel
def hash_strings(data: NDArray[np.uint8], offsets: NDArray[np.int64], backwards: bool) -> NDArray[np.uint64]:
    """The hash of each text (uint64), from its first byte to its last, or `backwards`."""
    hashes = np.empty(len(offsets) - 1, np.uint64)
    for text in range(len(hashes)):
        start, stop = offsets[text], offsets[text + 1]
        state = _EMPTY
        for i in range(start, stop):
            state = _grow(state, data[stop - 1 - (i - start)] if backwards else data[i])
        hashes[text] = state
    return hashes


@kernel
def hash_domains(data: NDArray[np.uint8], offsets: NDArray[np.int64], whole: NDArray[np.bool_]) -> Groups:
    """The backward hash of each host and, unless it only counts `whole`, of all that follows a dot in it; of
    nothing empty."""
    hashes = np.empty(2 * len(offsets) + offsets[-1] - offsets[0], np.uint64)
    ends = np.zeros(len(offsets), np.int64)
    found = 0
    for host in range(len(offsets) - 1):
        start, stop = offsets[host], offsets[host + 1]
        state = _EMPTY
        for k in range(start, stop):
            byte = data[stop - 1 - (k - start)]
            if byte == _DOT and k > start and not whole[host]:
                hashes[found] = state
                found += 1
            state = _grow(state, byte)
        if start < stop:
            hashes[found] = state
            found += 1
        ends[host + 1] = found
    return hashes[:found], ends


@kernel
def hash_prefixes(
    hosts: NDArray[np.uint8],
    host_offsets: NDArray[np.int64],
    paths: NDArray[np.uint8],
    path_offsets: NDArray[np.int64],
) -> Groups:
    """The hash of each URL's prefixes (`filters.urls.prefixes`) but the empty ones."""
    hashes = np.empty(2 * len(path_offsets) + path_offsets[-1] - path_offsets[0], np.uint64)
    ends = np.zeros(len(path_offsets), np.int64)
    found = 0
    for url in range(len(path_offsets) - 1):
        start, stop = host_offsets[url], host_offsets[url + 1]
        if _starts_with_www(hosts, start, stop):
            start += 4
        state = _EMPTY
        for i in range(start, stop):
            state = _grow(state, hosts[i])
        some = start < stop
        last = state  # without the slashes that were read last
        for i in range(path_offsets[url], path_offsets[url + 1]):
            if _is_boundary(paths[i]) and some:
                hashes[found] = last
                found += 1
            state = _grow(state, paths[i])
            if paths[i] != _SLASH:
                last, some = state, True
        if some:
            hashes[found] = last
            found += 1
        ends[url + 1] = found
    return hashes[:found], ends


@kernel
def hash_words(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> Groups:
    """The hash of each run of ASCII letters, digits and characters beyond ASCII."""
    hashes = np.empty(len(offsets) + offsets[-1] - offsets[0], np.uint64)
    ends = np.zeros(len(offsets), np.int64)
    found = 0
    for text in range(len(offsets) - 1):
        inside = False
        state = _EMPTY
        for i in range(offsets[text], offsets[text + 1]):
            if _is_of_word(data[i]):
                state, inside = _grow(state, data[i]), True
            elif inside:
                hashes[found] = state
                found += 1
                state, inside = _EMPTY, False
        if inside:
            hashes[found] = state
            found += 1
        ends[text + 1] = found
    return hashes[:found], ends
