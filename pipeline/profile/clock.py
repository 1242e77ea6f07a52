"""A clock that divides a thread's time among named activities."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass
class Spent:
    """What an activity took and what came to it: seconds on the wall, seconds of a core, documents, UTF-8 bytes of
    their texts."""

    seconds: float = 0.0
    core_seconds: float = 0.0
    documents: int = 0
    bytes: int = 0

    def add(self, other: Spent) -> None:
        self.seconds += other.seconds
        self.core_seconds += other.core_seconds
        self.documents += other.documents
        self.bytes += other.bytes


class Clock:
    """Every moment belongs to one activity: the innermost that is under way, or `OTHER` where none is."""

    OTHER = "other"

    def __init__(self) -> None:
        self.spent: dict[str, Spent] = {}
        self._under_way = [self.OTHER]
        self._seconds, self._core_seconds = time.perf_counter(), time.thread_time()

    def begin(self, activity: str) -> None:
        self.charge()
        self._under_way.append(activity)

    def end(self) -> None:
        self.charge()
        self._under_way.pop()

    def charge(self) -> None:
        """Give the time since the last change to the activity that is under way."""
        seconds, core_seconds = time.perf_counter(), time.thread_time()
        spent = self.of(self._under_way[-1])
        spent.seconds += seconds - self._seconds
        spent.core_seconds += core_seconds - self._core_seconds
        self._seconds, self._core_seconds = seconds, core_seconds

    def of(self, activity: str) -> Spent:
        return self.spent.setdefault(activity, Spent())


_RUNNING = threading.local()


@contextmanager
def recorded() -> Iterator[Clock]:
    """A clock for what this thread does in the body: `timed` and `each_timed` tell it."""
    clock = Clock()
    _RUNNING.clock = clock
    try:
        yield clock
    finally:
        clock.charge()
        _RUNNING.clock = None


@contextmanager
def timed(activity: str, documents: int = 0, size: int = 0) -> Iterator[None]:
    """Call what the body does by this name, with so many documents and bytes of text; free where nothing records."""
    clock = _clock()
    if clock is None:
        yield
        return
    clock.begin(activity)
    try:
        yield
    finally:
        clock.end()
    spent = clock.of(activity)
    spent.documents += documents
    spent.bytes += size


def each_timed(activity: str, items: Iterable[T]) -> Iterator[T]:
    """The same items; the time it takes to come by each is called by this name."""
    iterator = iter(items)
    while True:
        with timed(activity):
            try:
                item = next(iterator)
            except StopIteration:
                return
        yield item


def came(activity: str, documents: int, size: int) -> None:
    """Count documents and bytes for an activity that knows them only afterwards."""
    clock = _clock()
    if clock is not None:
        spent = clock.of(activity)
        spent.documents += documents
        spent.bytes += size


def _clock() -> Clock | None:
    clock: Clock | None = getattr(_RUNNING, "clock", None)
    return clock
