"""Attempts at a piece of work that can be stopped, killed and overtaken at every file they read, write or remove.

Each attempt is a thread; one runs at a time, and only from one file to the next. So any interleaving of attempts,
with any deaths, can be written down as a list and happens the same way each time.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Literal

import pytest

from pipeline import files, ledger_files, unreadable
from pipeline.passes import compact

Fault = Literal["none", "before", "torn", "unplaced", "after"]
FAULTS: tuple[Fault, ...] = ("none", "before", "torn", "unplaced", "after")


class Killed(BaseException):
    """The process is gone: nothing that it would have done afterwards happens."""


class Attempt:
    """Some work, which goes from one file to the next with each `step`."""

    current: ClassVar[Attempt | None] = None
    alive: ClassVar[set[Attempt]] = set()

    def __init__(self, work: Callable[[], object]) -> None:
        Attempt.alive.add(self)
        self.over = False
        self.error: BaseException | None = None
        self._fault: Fault = "none"
        self._go, self._stopped = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    def step(self, fault: Fault = "none") -> None:
        """Go on to the next file, or to the end; with a fault, die at the file before which it stands."""
        if self.over:
            return
        self._fault, Attempt.current = fault, self
        self._go.release()
        self._stopped.acquire()
        Attempt.current = None

    def finish(self) -> None:
        while not self.over:
            self.step()

    def _run(self, work: Callable[[], object]) -> None:
        self._go.acquire()
        try:
            work()
        except Killed:
            pass
        except BaseException as error:
            self.error = error
        self.over = True
        Attempt.alive.discard(self)
        self._stopped.release()

    def stand(self) -> Fault:
        """Wait before a file; gives what is to happen to it."""
        self._stopped.release()
        self._go.acquire()
        return self._fault


@contextmanager
def stoppable() -> Iterator[None]:
    """While this lasts, attempts stop before each file that they open, commit or remove; all else runs on."""
    open_read, commit, remove = files.open_read, files.commit, files.remove

    def stopping_open_read(url: str, stop: int | None = None) -> Any:
        if _stand() != "none":
            raise Killed
        return open_read(url, stop)

    @contextmanager
    def stopping_commit(url: str) -> Iterator[Any]:
        fault = _stand()
        if fault == "before":
            raise Killed
        with commit(url) as file:
            yield _Torn(file) if fault == "torn" else file
            if fault in ("torn", "unplaced"):
                raise Killed
        if fault == "after":
            raise Killed

    def stopping_remove(url: str) -> None:
        fault = _stand()
        if fault == "before":
            raise Killed
        remove(url)
        if fault != "none":
            raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "open_read", stopping_open_read)
        patch.setattr(files, "commit", stopping_commit)
        patch.setattr(files, "remove", stopping_remove)
        for module in (ledger_files, compact, unreadable):  # one thread for each attempt
            patch.setattr(module, "each_at_once", map)
        try:
            yield
        finally:
            for attempt in list(Attempt.alive):
                while not attempt.over:
                    attempt.step("before")


def _stand() -> Fault:
    return Attempt.current.stand() if Attempt.current else "none"


class _Torn:
    """A file of which only the first bytes get written."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def write(self, content: Any) -> int:
        self._file.write(bytes(content)[:3])
        raise Killed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def litter(folder: Any) -> None:
    """What a killed writer leaves behind in a local folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{files.UNFINISHED}{uuid.uuid4().hex}-000001.parquet").write_bytes(b"PAR1 half of")
