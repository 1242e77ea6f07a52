"""A local worker process: Beam's own, made quiet, and gone when its run is gone.

python -m pipeline.worker PARENT      (started by pipeline.engine and pipeline.pool, never by hand)
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
import threading
import time


def main() -> None:
    """Work until the run says that there is no more to do."""
    # What goes wrong in a worker reaches the run as the failure of its work; Beam's log would only say it twice.
    logging.disable(logging.ERROR)
    threading.Thread(target=_leave_with_parent, args=(int(sys.argv[1]),), daemon=True).start()
    from apache_beam.runners.worker import sdk_worker_main

    with contextlib.redirect_stderr(io.StringIO()):
        sdk_worker_main.main(sys.argv)


def _leave_with_parent(parent: int) -> None:
    """A run that is killed must not leave workers behind that go on writing into its directory.

    `parent` is given by whoever starts the worker: it may be gone before the worker can look.
    """
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)


if __name__ == "__main__":
    main()
