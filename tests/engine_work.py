"""Work for the engine's tests, in a module of its own so that worker processes can import it."""

import os
import signal
import time
from pathlib import Path

from pipeline.errors import AssayError


def fail(_: int) -> None:
    raise AssayError("unit 3 (posts.jsonl) failed: the disk is full")


def note(folder: str, number: int) -> None:
    """Leave a file with this number."""
    Path(folder, str(number)).touch()


def note_or_die_once(folder: str, number: int) -> None:
    """As `note`, but the first process that comes to number 3 is killed there."""
    died = Path(folder, "died")
    if number == 3 and not died.exists():
        died.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    note(folder, number)


def always_die(_: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def note_process(folder: str, _: int) -> None:
    """Write down which process this is; a moment each, so that every worker gets some."""
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(0.05)
