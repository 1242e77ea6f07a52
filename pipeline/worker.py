"""A worker process: Beam's own, made quiet, told what to do through its standard input, and gone when its run is gone.

python -m pipeline.worker PARENT      (started by pipeline.worker_process, never by hand)

Each line that comes in is the environment of one of Beam's harnesses, as JSON. It works until its engine hangs up, then a
line goes out, and the process, with its kernels and models loaded, waits for the next; at the end of the input it ends.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import logging
import os
import sys
import threading
import time


def main() -> None:
    """Work for one engine after the other, until there are no more."""
    # What goes wrong in a worker reaches the run as the failure of its work; Beam's log would only say it twice.
    logging.disable(logging.ERROR)
    threading.Thread(target=_leave_with_parent, args=(int(sys.argv[1]),), daemon=True).start()
    report = _own_output()
    from apache_beam.runners.worker import sdk_worker_main

    from pipeline.memory import give_back

    importlib.import_module("pipeline.passes.beam")  # what any work needs, while the first is still to come
    with contextlib.redirect_stderr(io.StringIO()):
        for line in sys.stdin:
            _, harness, _ = sdk_worker_main.create_harness(json.loads(line))
            harness.run()
            del harness
            give_back()
            report.write("done\n")
            report.flush()


def _own_output() -> io.TextIOWrapper:
    """Where to report; what libraries print goes nowhere."""
    report = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 (a device)
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
    return report


def _leave_with_parent(parent: int) -> None:
    """A run that is killed must not leave workers behind that go on writing into its directory.

    `parent` is given by whoever starts the worker: it may be gone before the worker can look.
    """
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)


if __name__ == "__main__":
    main()
