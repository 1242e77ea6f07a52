"""Extraction in a process of its own, so that a page which hangs or crashes a parser costs itself only.

A parser is native code: no exception gets into it, and signals reach the main thread alone, where Beam's workers do
not run. So pages go through a pipe to a child that can be ended. Handing a page over takes a small part of the time
that its extraction takes.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import struct
import subprocess
import sys
import threading
import time
import weakref
from typing import IO, BinaryIO, cast

from pipeline.sources.config import Html

_LENGTH = struct.Struct("<bQ")
_TEXT, _ERROR = 0, 1
# Address space of the child. A parser that wants more fails, as a page of 8 MiB with a hostile structure can make it.
_MEMORY = 3 << 30


class ExtractionError(Exception):
    """A page that gave no text. `cause` is short, the message a sentence."""

    def __init__(self, cause: str, detail: str) -> None:
        super().__init__(detail)
        self.cause = cause


class Extractor:
    """Extracts the text of pages in a child process, which is begun with the first page and anew after each failure."""

    def __init__(self, settings: Html, seconds: float) -> None:
        self._settings, self._seconds = settings, seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._end: weakref.finalize[..., Extractor] | None = None

    def extract(self, html: str) -> str:
        """The text of a page.

        Raises:
            ExtractionError: it took longer than `seconds`, or the extractor failed or crashed.
        """
        process = self._running()
        data = html.encode("utf-8", "replace")
        try:
            stdin = cast(IO[bytes], process.stdin)
            stdin.write(_LENGTH.pack(_TEXT, len(data)))
            stdin.write(data)
            stdin.flush()
            status, answer = self._answer(process)
        except (OSError, EOFError):
            self.close()
            raise ExtractionError(
                "extraction_crashed", f"the extractor's process ended, code {process.returncode}"
            ) from None
        except TimeoutError:
            self.close()
            raise ExtractionError("extraction_timeout", f"no text after {self._seconds:g} s") from None
        if status == _ERROR:
            raise ExtractionError("extraction_failed", answer)
        return answer

    def close(self) -> None:
        """End the child. The next page begins another."""
        if self._end is not None:
            self._end()
        self._process = None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pipeline.sources.extractor", self._settings.model_dump_json()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            )
            self._end = weakref.finalize(self, _end, self._process)
        return self._process

    def _answer(self, process: subprocess.Popen[bytes]) -> tuple[int, str]:
        stdout = cast(IO[bytes], process.stdout).fileno()
        deadline = time.monotonic() + self._seconds
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            status, length = _LENGTH.unpack(_read(stdout, _LENGTH.size, selector, deadline))
            return status, _read(stdout, length, selector, deadline).decode()


def _read(file: int, size: int, selector: selectors.BaseSelector, deadline: float) -> bytes:
    pieces = []
    while size:
        if not selector.select(max(0.0, deadline - time.monotonic())):
            raise TimeoutError
        piece = os.read(file, min(size, 1 << 20))
        if not piece:
            raise EOFError
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):  # what the dead child has not read
                pipe.close()


_here = threading.local()


def shared(settings: Html, seconds: float) -> Extractor:
    """The extractor of this thread for these settings; made once, so that small units do not pay for a process each."""
    key = (os.getpid(), settings, seconds)  # a forked process must not write into its parent's pipe
    if getattr(_here, "key", None) != key:
        _here.key, _here.extractor = key, Extractor(settings, seconds)
    extractor: Extractor = _here.extractor
    return extractor


def _serve(settings: Html, requests: BinaryIO, answers: BinaryIO) -> None:
    """The child: pages in, texts out, until the pipe is closed."""
    from pipeline.sources.html import extract

    while len(head := requests.read(_LENGTH.size)) == _LENGTH.size:
        html = requests.read(_LENGTH.unpack(head)[1]).decode()
        try:
            status, text = _TEXT, extract(html, settings)
        except Exception as error:  # whatever an extractor raises on a hostile page is about that page
            status, text = _ERROR, f"{type(error).__name__}: {error}"[:500]
        data = text.encode("utf-8", "replace")
        answers.write(_LENGTH.pack(status, len(data)) + data)
        answers.flush()


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # no such limit on this system
        return
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


if __name__ == "__main__":
    _limit_memory()
    private = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get among the answers
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        _serve(Html.model_validate_json(sys.argv[1]), sys.stdin.buffer, private)
