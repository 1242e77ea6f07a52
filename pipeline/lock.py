"""One run at a time in a run directory."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from filelock import FileLock, Timeout

from pipeline import files
from pipeline.errors import AssayError, UserError
from pipeline.rundir import RunDirectory

Say = Callable[[str], None]

_NAME = ".lock"
_RENEWED_SECONDS = 60.0
# A holder that has not renewed its mark for so long is taken for dead.
_DEAD_SECONDS = 180.0


@contextmanager
def locked(run: RunDirectory, say: Say) -> Iterator[None]:
    """Hold a run directory while the body runs.

    A local one is locked; the lock goes with the process, however it ends. Stores have no such lock: there a small
    file says who is at work, is renewed every minute, and a second run is warned through `say`. Two runs do each other's
    work; they write the same bytes, and where one clears away what the other still needs, that one fails and goes on
    when it is started again.

    Raises:
        UserError: a living run holds the local directory; the message names its process.
    """
    folder = files.local_path(run.url)
    if folder is None:
        with _marked(run, say):
            yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    holder = folder / ".lock-holder"
    lock = FileLock(folder / _NAME, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        who = holder.read_text().strip() if holder.exists() else "unknown"
        raise UserError(
            f"{run.url} is in use by a living run (process {who}). Wait for it, or give this run another --out."
        ) from None
    try:
        holder.write_text(f"{os.getpid()}\n")
        yield
    finally:
        lock.release()


@contextmanager
def _marked(run: RunDirectory, say: Say) -> Iterator[None]:
    url = run.path(_NAME)
    mark = {"id": uuid.uuid4().hex, "host": socket.gethostname(), "process": os.getpid()}
    other = _read(url)
    silent = time.time() - other["renewed"] if other else _DEAD_SECONDS
    if other and silent < _DEAD_SECONDS:
        say(
            f"{run.url} was in use {max(0, silent):.0f} s ago by process {other['process']} on {other['host']}. If that run "
            "still lives, stop one of the two: they do the same work twice. If it was killed, all is well."
        )
    _write(url, mark)
    ended = threading.Event()
    thread = threading.Thread(target=_renew, args=(url, mark, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        with suppress(AssayError, OSError):
            if (_read(url) or {}).get("id") == mark["id"]:
                files.remove(url)


def _renew(url: str, mark: dict[str, Any], ended: threading.Event) -> None:
    while not ended.wait(_RENEWED_SECONDS):
        with suppress(AssayError, OSError):  # a warning that is missing is not worth a failed run
            _write(url, mark)


def _write(url: str, mark: dict[str, Any]) -> None:
    files.write_bytes(url, json.dumps({**mark, "renewed": time.time()}).encode())


def _read(url: str) -> dict[str, Any] | None:
    try:
        mark = json.loads(files.read_bytes(url))
    except (FileNotFoundError, ValueError):
        return None
    return mark if isinstance(mark, dict) and {"host", "process", "renewed"} <= mark.keys() else None
