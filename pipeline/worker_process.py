"""A worker process as those see it who start it: the local engine, and the pool of a cluster's machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading

MODULE = "pipeline.worker"


class WorkerProcess:
    """Runs Beam's SDK harness for one engine after the other, and keeps kernels and models loaded between them."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", MODULE, str(os.getpid())]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self._idle = threading.Event()
        self._idle.set()
        threading.Thread(target=self._listen, daemon=True).start()

    def work(self, worker_id: str, control: str, options: str = "{}", last: bool = False) -> None:
        """Connect to the engine whose control service is at this address, under this name, with these pipeline options
        (JSON), and do what it says until it hangs up; then leave, if that is the `last`.

        Raises:
            BrokenPipeError: the process has ended.
        """
        self._idle.clear()
        environment = {
            "WORKER_ID": worker_id,
            "CONTROL_API_SERVICE_DESCRIPTOR": f'url: "{control}"',
            "PIPELINE_OPTIONS": options,
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(environment) + "\n")
        self._process.stdin.flush()
        if last:
            self._process.stdin.close()

    def is_idle(self, patience: float = 0) -> bool:
        """Whether it lives and has nothing to do, or comes to that within so many seconds."""
        return self._idle.wait(patience) and self.lives()

    def lives(self) -> bool:
        return self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """None while it lives; negative: the signal that ended it."""
        return self._process.poll()

    def end(self, patience: float = 0) -> None:
        """Tell it to leave, and after so many seconds make it."""
        self._process.terminate()
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for _ in self._process.stdout:
            self._idle.set()
        self._idle.set()  # it has ended: nobody need wait
