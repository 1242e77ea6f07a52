"""One run at a time in a run directory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from pipeline import files
from pipeline.errors import UserError
from pipeline.rundir import RunDirectory


@contextmanager
def locked(run: RunDirectory) -> Iterator[None]:
    """Hold a local run directory; the lock goes with the process, however it ends.

    Raises:
        UserError: a living run holds it; the message names its process.
    """
    folder = files.local_path(run.url)
    if folder is None:
        yield  # object stores have no locks; units are idempotent, so two runs there waste work and harm nothing
        return
    folder.mkdir(parents=True, exist_ok=True)
    holder = folder / ".lock-holder"
    lock = FileLock(folder / ".lock", timeout=0)
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
