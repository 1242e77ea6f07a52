"""`assay`: calls a command, and turns its errors into a message and an exit code."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from typing import NoReturn

from pipeline.commands import run, look, planning, recipes  # noqa: F401  (each adds its commands, in this order)
from pipeline.commands.shared import app, beam_options, messages
from pipeline.errors import AssayError, UserError


def main() -> NoReturn:
    """Run a command; turn its errors into a message and an exit code."""
    warnings.filterwarnings("ignore", category=FutureWarning)
    logging.basicConfig(level=logging.CRITICAL, format="%(message)s")
    logging.getLogger("assay").setLevel(logging.WARNING)
    arguments = sys.argv[1:]
    if "--" in arguments:
        at = arguments.index("--")
        arguments, beam_options[:] = arguments[:at], arguments[at + 1 :]
    code = _call(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    # Beam's local runner leaves threads behind that wait for workers which are gone; a plain exit would join them.
    os._exit(code)


def _call(arguments: list[str]) -> int:
    try:
        app(args=arguments, standalone_mode=True)
        return 0
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 0
    except UserError as error:
        return _fail(error, 2)
    except AssayError as error:
        return _fail(error, 1)
    except OSError as error:
        return _fail(error, 1)
    except KeyboardInterrupt:
        return _fail("stopped; the same command goes on from here", 1)


def _fail(error: object, code: int) -> int:
    for line in [f"assay: {error}", *getattr(error, "__notes__", [])]:
        messages().print(line, markup=False, soft_wrap=True)
    return code


if __name__ == "__main__":
    main()
