"""The same recipe on Spark, Flink and Prism, parts of them killed on the way, byte for byte as on one machine.

Every test starts the engine's own processes. `pytest tests/deploy/test_local_cluster.py --all-faults` tries every
fault in every phase of a run, on every engine; without it each engine meets one of each kind.
"""

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import local_cluster
import psutil
from clusters import on_every_engine
from commandline import command, digest

# When a run is in a phase, told by what lies in its directory.
PHASES: dict[str, Callable[[Path], bool]] = {
    "pass 1": lambda run: any((run / "ledger" / "0").glob("*.parquet")),
    "barrier": lambda run: any((run / "duplicates").glob("*/work/*")),
    "pass 2": lambda run: any((run / "ledger" / "1").glob("*.parquet")),
    "shards": lambda run: (run / "report.json").exists(),
}


def kill_worker(cluster: local_cluster.LocalCluster, _: subprocess.Popen) -> None:
    """An SDK worker, the Python process that does the work."""
    _wait_for(lambda: _workers(cluster))
    _workers(cluster)[0].kill()


def kill_machine(cluster: local_cluster.LocalCluster, run: subprocess.Popen) -> None:
    """An executor of Spark, a task manager of Flink; Prism itself, which is all there is of it."""
    if isinstance(cluster, local_cluster.Flink):
        cluster.processes["task-manager-1"].kill()
        return
    name = "CoarseGrainedExecutorBackend" if isinstance(cluster, local_cluster.Spark) else "prism"
    roots = [run, *cluster.processes.values()]
    _wait_for(lambda: _below(roots, name))
    _below(roots, name)[0].kill()


def kill_driver(_: local_cluster.LocalCluster, run: subprocess.Popen) -> None:
    """The process of `assay run`."""
    run.send_signal(signal.SIGKILL)


FAULTS = {"worker": kill_worker, "machine": kill_machine, "driver": kill_driver}
# One fault in each phase, so that three runs have every fault in every phase.
SCHEDULES = [
    list(zip(PHASES, faults, strict=True))
    for faults in (
        ("worker", "machine", "driver", "worker"),
        ("machine", "driver", "worker", "machine"),
        ("driver", "worker", "machine", "driver"),
    )
]


def pytest_generate_tests(metafunc) -> None:
    if "schedule" in metafunc.fixturenames:
        schedules = SCHEDULES if metafunc.config.getoption("--all-faults") else SCHEDULES[:1]
        names = [", ".join(f"{fault} in {phase}" for phase, fault in schedule) for schedule in schedules]
        metafunc.parametrize("schedule", schedules, ids=names)


@on_every_engine
def test_killed_on_the_way_a_run_gives_the_bytes_of_one_machine(
    cluster, schedule, recipe, web, expected, tmp_path
):
    out = tmp_path / "run"
    arguments = command("run", recipe, web / "*.warc*", "--out", out, "--", *cluster.options)
    process = _start(arguments)
    for phase, fault in schedule:
        while not _reached(lambda phase=phase: PHASES[phase](out), process):
            process = _again(process, arguments)
        FAULTS[fault](cluster, process)
        if fault == "driver":
            process.wait()
    for _ in range(3):
        if process.wait(600) == 0:
            break
        process = _again(process, arguments)
    assert process.wait(600) == 0, _said(process)
    assert digest(out) == expected


def _start(arguments: list[str]) -> subprocess.Popen:
    return subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def _reached(phase: Callable[[], bool], process: subprocess.Popen) -> bool:
    """Whether the run came into the phase; False if it ended before."""
    _wait_for(lambda: phase() or process.poll() is not None)
    return process.poll() is None


def _again(process: subprocess.Popen, arguments: list[str]) -> subprocess.Popen:
    """The same command, after a run that was killed or that gave up and said so."""
    said = _said(process)
    assert process.returncode == -signal.SIGKILL or "the same command goes on from here" in said, said
    return _start(arguments)


def _said(process: subprocess.Popen) -> str:
    return process.communicate(timeout=10)[1]


def _workers(cluster: local_cluster.LocalCluster) -> list[psutil.Process]:
    return _below([cluster.processes["pool"]], "pipeline.worker")


def _below(roots: list[subprocess.Popen], name: str) -> list[psutil.Process]:
    """The processes that these have started whose command line has this in it."""
    found = []
    for root in roots:
        if root.poll() is None:
            for child in psutil.Process(root.pid).children(recursive=True):
                try:
                    if name in " ".join(child.cmdline()):
                        found.append(child)
                except psutil.Error:
                    continue
    return found


def _wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < deadline, "waited for five minutes"
        time.sleep(0.02)
