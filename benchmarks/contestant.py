"""One side of a comparison, in a process of its own, which does its work whenever it is told to.

    python -m benchmarks.contestant benchmarks.contestants.language:assay '{"texts": "posts.jsonl", ...}' numba ...

Says on its standard output, in JSON: first how many megabytes a round goes through and the versions of the packages that
are named, or what is not installed; then, for each line that it is sent, the seconds of a round, by the clock and of the
CPU (its children's too), and after the first round its answers. It runs in any environment that has its library.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time
from importlib.metadata import version
from typing import Any, TextIO

from benchmarks.contestants import Inputs


def main() -> None:
    name, given, *packages = sys.argv[1:]
    private = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints must not get among the answers
    _stay_on_one_core()
    module, _, function = name.partition(":")
    try:
        versions = {name: version(name) for name in packages}
        work = getattr(importlib.import_module(module), function)(Inputs(**json.loads(given)))
    except ModuleNotFoundError as error:
        _say(private, {"missing": error.name})
        return
    _say(private, {"megabytes": work.megabytes, "versions": versions})
    answers = work.answers
    for _ in sys.stdin:
        work.fresh()
        cpu, began = _cpu(), time.perf_counter()
        result = work.round()
        wall, cpu = time.perf_counter() - began, _cpu() - cpu
        _say(private, {"wall": wall, "cpu": cpu, "answers": answers(result)})
        answers = _none
        del result  # not held while another round fills the memory


def _say(to: TextIO, what: dict[str, Any]) -> None:
    print(json.dumps(what), file=to, flush=True)


def _none(result: Any) -> list[Any]:
    return []


def _stay_on_one_core() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _cpu() -> float:
    """Seconds of this process, of its children that have ended, and of those that go on."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime + _living_children()


def _living_children() -> float:
    try:
        import psutil
    except ImportError:  # only Assay's own contestants have such children
        return 0.0
    found = [child.cpu_times() for child in psutil.Process().children()]
    return sum(times.user + times.system for times in found)


if __name__ == "__main__":
    main()
