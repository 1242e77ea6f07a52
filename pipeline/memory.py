"""Memory that was freed and is still held for later, given back to the system."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress

import pyarrow as pa


def give_back() -> None:
    """Between two pieces of work, so that the next does not stand on top of what the last one needed.

    Arrow's pool and glibc keep freed pages; on another C library the second does nothing.
    """
    gc.collect()
    pa.default_memory_pool().release_unused()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
