"""Extraction in a process of its own, so that a page which hangs or crashes a parser costs itself only.

A parser is native code: no exception gets into it, and signals reach the main thread alone, where Beam's
workers do not run. So pages go through a pipe to a child that can be ended. Handing a page over takes a small
part of the time that its extraction takes.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
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
# Address space of the child. A parser that wants more fails, as a page of 8 MiB with a hostile structure can
# make it.
_MEMORY = 3 << 30


class ExtractionError(Exception):
    """A page that gave no text. `cause` is short, the message a sentence."""

    def __init__(self, cause: str, detail: str) -> None:
        super().__init__(detail)
        self.cause = cause


class Extractor:
    """Extracts the text of pages in a child process, begun with the first page and anew after each
    failure."""

    def __init__(self, settings: Html, seconds: float) -> None:
        self._settings, self._seconds = settings, seconds
        self._child: _Child | None = None

    def extract(self, html: str) -> str:
        """The text of a page.

        Raises:
            ExtractionError: it took longer than `seconds`, or the extractor failed or crashed.
        """
        if self._child is None:
            self._child = _Child(self._settings, self._seconds)
        try:
            status, answer = self._child.ask(html.encode("utf-8", "replace"), self._seconds)
        except (OSError, EOFError):
            code = self.close()
            raise ExtractionError(
                "extraction_crashed", f"the extractor's process ended, code {code}"
            ) from None
        except _LateError:
            self.close()
            raise ExtractionError("extraction_timeout", f"no text after {self._seconds:g} s") from None
        if status == _ERROR:
            raise ExtractionError("extraction_failed", answer)
        return answer

    def close(self) -> int | None:
        """End the child; the next page begins another. Returns its exit code, where it had ended by
        itself."""
        child, self._child = self._child, None
        return child.end() if child else None


class _Child:
    def __init__(self, settings: Html, seconds: float) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.sources.extractor", settings.model_dump_json(), str(seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
        self._process = process
        self._to, self._from = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
        self._ready = selectors.DefaultSelector()
        self._ready.register(self._from, selectors.EVENT_READ)
        self._ended = weakref.finalize(self, _end, process, self._ready)

    def ask(self, page: bytes, seconds: float) -> tuple[int, str]:
        """Status and text. Raises OSError or EOFError where the child is gone, _LateError after `seconds`."""
        request = memoryview(_LENGTH.pack(_TEXT, len(page)) + page)
        while request:
            request = request[self._to.write(request) :]
        deadline = time.monotonic() + seconds
        answer = bytearray()
        length = _LENGTH.size
        while len(answer) < length:
            if not self._ready.select(max(0.0, deadline - time.monotonic())):
                raise _LateError
            piece = self._from.read(1 << 20)
            if not piece:
                raise EOFError
            answer += piece
            if len(answer) >= _LENGTH.size:
                length = _LENGTH.size + _LENGTH.unpack_from(answer)[1]
        return answer[0], answer[_LENGTH.size :].decode()

    def end(self) -> int | None:
        # A child that crashed has closed its pipe a moment before it can be waited for.
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(0.2)
        code = self._process.returncode
        self._ended()
        return code


class _LateError(Exception):
    pass


def _end(process: subprocess.Popen[bytes], ready: selectors.BaseSelector) -> None:
    ready.close()
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):  # what the dead child has not read
                pipe.close()


_here = threading.local()


def shared(settings: Html, seconds: float) -> Extractor:
    """The extractor of this thread for these settings; made once, so that small units do not pay for a
    process each."""
    key = (os.getpid(), settings, seconds)  # a forked process must not write into its parent's pipe
    if getattr(_here, "key", None) != key:
        _here.key, _here.extractor = key, Extractor(settings, seconds)
    extractor: Extractor = _here.extractor
    return extractor


def _serve(settings: Html, seconds: float, requests: BinaryIO, answers: BinaryIO) -> None:
    """The child: pages in, texts out, until the pipe is closed."""
    from pipeline.sources.html import extract

    while len(head := requests.read(_LENGTH.size)) == _LENGTH.size:
        html = requests.read(_LENGTH.unpack(head)[1]).decode()
        _end_after(seconds)
        try:
            status, text = _TEXT, extract(html, settings)
        except Exception as error:  # whatever an extractor raises on a hostile page is about that page
            status, text = _ERROR, f"{type(error).__name__}: {error}"[:500]
        _end_after(0)
        data = text.encode("utf-8", "replace")
        answers.write(_LENGTH.pack(status, len(data)) + data)
        answers.flush()


def _end_after(seconds: float) -> None:
    """Has the system end this process, so that a page which hangs does not outlive a parent that was
    killed."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds + 10 if seconds else 0)


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
        _serve(Html.model_validate_json(sys.argv[1]), float(sys.argv[2]), sys.stdin.buffer, private)
