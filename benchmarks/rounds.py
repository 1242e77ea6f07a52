"""Contestants that take turns: each does its work once, then the next, then the first again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Any

from benchmarks.contestants import Inputs
from benchmarks.documents import ROOT
from benchmarks.processes import ONE_THREAD

ENVIRONMENTS = ROOT / ".venv-bench"


@dataclass(frozen=True)
class Contestant:
    """Who does some work.

    Args:
        name: what the table calls it.
        function: `TOPIC:FUNCTION` in `benchmarks.contestants`.
        package: whose version is printed beside the name.
        environment: where its library is installed, a folder of `.venv-bench`; empty: where Assay is.
        megabytes: what it is given at most. Slow ones get less, so that a round takes seconds.
        aim: how many times faster Assay is to be.
    """

    name: str
    function: str
    package: str = ""
    environment: str = ""
    megabytes: float = float("inf")
    aim: float | None = None


@dataclass
class Score:
    """What a contestant did: megabytes of a round, seconds of each round, an answer for each document."""

    contestant: Contestant
    version: str
    megabytes: float
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Megabytes a second of CPU time, by the median round. (A shared machine's clock measures its neighbours.)"""
        return self.megabytes / max(median(self.cpu), 1e-9)


class NotInstalledError(Exception):
    """The contestant's library is not there. The message is the missing module."""


def take_turns(
    contestants: Sequence[Contestant],
    inputs: Inputs,
    rounds: int,
    say: Callable[[str], None],
    check: Callable[[Sequence[Score]], None],
) -> tuple[list[Score], list[str]]:
    """Every contestant warms up once, `check` sees what they answered, and then they do `rounds` rounds in turn.

    Returns:
        The scores of those that are installed, and the names of the others.
    """
    with ExitStack() as stack:
        processes = [stack.enter_context(_Process(contestant, inputs)) for contestant in contestants]
        scores, absent = {}, []
        for process in processes:
            try:
                scores[process] = process.ready()
            except NotInstalledError as missing:
                absent.append(f"{process.contestant.name} (no {missing})")
        for process, score in scores.items():
            score.answers = process.round()["answers"]
        check(list(scores.values()))
        for number in range(rounds):
            for process, score in scores.items():
                done = process.round()
                score.wall.append(done["wall"])
                score.cpu.append(done["cpu"])
                say(f"round {number + 1} of {rounds}: {score.contestant.name}, {done['cpu']:.2f} s")
    return list(scores.values()), absent


class _Process:
    """A contestant at work (`benchmarks.contestant`)."""

    def __init__(self, contestant: Contestant, inputs: Inputs) -> None:
        self.contestant = contestant
        given = replace(inputs, megabytes=min(inputs.megabytes, contestant.megabytes))
        packages = [contestant.package] if contestant.package else []
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115
        function = f"benchmarks.contestants.{contestant.function}"
        arguments = [function, json.dumps(asdict(given)), *packages]
        self._process = subprocess.Popen(
            [_python(contestant.environment), "-m", "benchmarks.contestant", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._printed,
            text=True,
            cwd=ROOT,
            env={**os.environ, **ONE_THREAD},
        )

    def __enter__(self) -> _Process:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()
        self._printed.close()

    def ready(self) -> Score:
        """Raises NotInstalledError where its library is not there."""
        answer = self._answer()
        if "missing" in answer:
            raise NotInstalledError(answer["missing"])
        version = answer["versions"].get(self.contestant.package, "")
        return Score(self.contestant, version, answer["megabytes"])

    def round(self) -> dict[str, Any]:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write("again\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended: what it said last is told below
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._printed.seek(0)
            story = self._printed.read().decode(errors="replace")[-3000:]
            raise SystemExit(f"{self.contestant.function} ended:\n{story}")
        found: dict[str, Any] = json.loads(line)
        return found


def _python(environment: str) -> str:
    """The interpreter of an environment; ours where `make bench` has not made it: the library may be here too."""
    python: Path = ENVIRONMENTS / environment / "bin" / "python"
    return str(python) if environment and python.exists() else sys.executable
