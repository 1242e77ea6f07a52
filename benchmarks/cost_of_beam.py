"""What Beam costs: the same whole run in plain Python loops and on Beam's runners, on the same input.

    python benchmarks/cost_of_beam.py posts/*.jsonl.gz --bytes 1e9 --rounds 3
    python benchmarks/cost_of_beam.py --with "spark: --runner=SparkRunner --job_endpoint=localhost:8099 ..."

Every round runs each engine once, one after the other; the tables give medians. `plain` runs the pipelines as
loops over lists (plain_loop.py); `beam N` is Beam's FnApiRunner with N workers; `--with "NAME: OPTIONS"` adds any
engine by its Beam options, the same that go after `--` on the command line.

- wall: seconds from start to end, Python's own start among them. Pipelines: the seconds inside Beam only.
- CPU: user and system seconds of all processes of the run (looked at ten times a second, so the last tenth of a
  process may be missing), and of those whose command line matches `--daemons`, for engines that run elsewhere on this
  machine. On a shared machine it is the better number.
- the shards of all engines are compared; another byte is an error.

The input is JSON Lines (`id`, `url`, `text`, perhaps gzipped), or the embedded sample's kept documents where none is given,
written anew as files of 64 MiB up to `--bytes`. When the documents are used up they come again with other ids and their
sentences dealt out anew among a thousand documents, so that a repeated document is the same kind of text but no copy.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import orjson
import psutil

from benchmarks.documents import ROOT, sample_documents, write_input
from benchmarks.processes import Process, cpu, descendants, watch


@dataclass(frozen=True)
class Named:
    """An engine: its name here, and the options that choose it."""

    name: str
    workers: int = 1
    options: Sequence[str] = ()


@dataclass
class Measured:
    """One run: seconds in all, of the CPU, and of each pipeline by its name."""

    wall: float
    cpu: float
    pipelines: dict[str, float] = field(default_factory=dict)
    shards: str = ""


# ----------------------------------------------------------------------------------------------------------- a run


def measure(engine: Named, recipe: str, data: Path, out: Path, daemons: re.Pattern[str] | None) -> Measured:
    """Run it in a process of its own, and count the CPU time of all that belongs to it."""
    notes = out.with_suffix(".jsonl")
    command = [sys.executable, __file__, "--child", str(notes), "run", recipe, str(data), "--out", str(out)]
    command += ["--workers", str(engine.workers), "--", *engine.options]
    paths = os.pathsep.join([str(Path(__file__).parent), str(ROOT), os.environ.get("PYTHONPATH", "")])
    before = dict(_daemon_cpu(daemons))
    watched = watch(command, {"PYTHONPATH": paths})
    daemon_cpu = sum(seconds - before.get(key, 0.0) for key, seconds in _daemon_cpu(daemons))
    done = Measured(watched.wall, watched.cpu + daemon_cpu, shards=_digest(out / "shards"))
    for line in notes.read_bytes().splitlines():
        note = orjson.loads(line)
        done.pipelines[note["name"]] = done.pipelines.get(note["name"], 0.0) + note["seconds"]
    return done


def _daemon_cpu(pattern: re.Pattern[str] | None) -> Iterator[tuple[Process, float]]:
    if pattern is not None:
        found = [
            p for p in psutil.process_iter(["cmdline"]) if pattern.search(" ".join(p.info["cmdline"] or ()))
        ]
        with_children = {process.pid: process for root in found for process in (root, *descendants(root))}
        yield from cpu([process for pid, process in with_children.items() if pid != os.getpid()])


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.arrow")):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def _warm(engine: Named, recipe: str, paths: Sequence[Path], folder: Path) -> None:
    """A run that nobody measures: it compiles what is not compiled yet, and fills the disk's cache."""
    write_input(paths, 1 << 20, folder / "little")
    measure(engine, recipe, folder / "little", folder / "warm", None)
    shutil.rmtree(folder / "warm")


def child(notes: str, arguments: list[str]) -> None:
    """`assay ARGUMENTS`, with a line in `notes` for each pipeline: its last step's name and its seconds."""
    from pipeline import cli
    from pipeline.engine import Engine

    run = Engine.run

    def noted(self: Engine, build: Any) -> None:
        names = []

        def built(pipeline: Any) -> None:
            build(pipeline)
            names.append(pipeline.transforms_stack[0].parts[-1].full_label)

        began = time.perf_counter()
        run(self, built)
        with Path(notes).open("ab") as file:
            note = {"name": names[-1], "seconds": time.perf_counter() - began}
            file.write(orjson.dumps(note, option=orjson.OPT_APPEND_NEWLINE))

    Engine.run = noted  # type: ignore[method-assign]
    sys.argv = ["assay", *arguments]
    cli.main()


# -------------------------------------------------------------------------------------------------------- the table


def table(engines: Sequence[Named], results: dict[str, list[Measured]], size: int) -> str:
    """Medians, and their ratio to the plain loop's."""
    middle = {name: partial(_median, found) for name, found in results.items()}
    plain = middle[engines[0].name]
    lines = [
        "| engine | wall s | CPU s | pipelines s | wall | CPU | pipelines | MB/s of input |",
        "|---|" + "---:|" * 7,
    ]
    for name in (engine.name for engine in engines):
        values = [middle[name](what) for what in ("wall", "cpu", "pipelines")]
        ratios = [
            value / plain(what) for value, what in zip(values, ("wall", "cpu", "pipelines"), strict=True)
        ]
        cells = [f"{value:.1f}" for value in values] + [f"{ratio:.2f}x" for ratio in ratios]
        lines.append(f"| {name} | {' | '.join(cells)} | {size / 1e6 / values[0]:.2f} |")
    steps = list(dict.fromkeys(step for found in results.values() for run in found for step in run.pipelines))
    lines += ["", "| seconds of pipeline | " + " | ".join(results) + " |", "|---|" + "---:|" * len(results)]
    for step in steps:
        times = [median(run.pipelines.get(step, 0.0) for run in found) for found in results.values()]
        lines.append(f"| {step} | " + " | ".join(f"{seconds:.2f}" for seconds in times) + " |")
    return "\n".join(lines)


def _median(found: Sequence[Measured], what: str) -> float:
    return median(sum(run.pipelines.values()) if what == "pipelines" else getattr(run, what) for run in found)


def named(text: str) -> Named:
    """`NAME: OPTIONS` of the command line."""
    name, _, options = text.partition(":")
    if not options.strip():
        raise argparse.ArgumentTypeError(
            f"{text!r} is not NAME: OPTIONS, such as 'spark: --runner=SparkRunner'"
        )
    return Named(name.strip(), options=shlex.split(options))


def main(arguments: argparse.Namespace) -> None:
    engines = [Named("plain", options=["--runner=plain_loop.PlainLoop"])]
    engines += [Named(f"beam {workers}", workers) for workers in arguments.workers] + arguments.engines
    with tempfile.TemporaryDirectory(prefix="cost-of-beam-", dir=arguments.scratch) as scratch:
        folder = Path(scratch)
        paths = sorted(arguments.paths) or [sample_documents(folder)]
        documents = write_input(paths, int(arguments.bytes), folder / "data")
        size = sum(file.stat().st_size for file in (folder / "data").iterdir())
        print(f"{size / 1e6:.0f} MB of JSON Lines, {documents} documents; {arguments.recipe}", flush=True)
        _warm(engines[0], arguments.recipe, paths, folder)
        results: dict[str, list[Measured]] = {engine.name: [] for engine in engines}
        for number in range(arguments.rounds):
            for engine in engines:
                out = folder / f"{number}-{engine.name.replace(' ', '-')}"
                done = measure(engine, arguments.recipe, folder / "data", out, arguments.daemons)
                results[engine.name].append(done)
                shutil.rmtree(out)
                print(
                    f"round {number + 1}: {engine.name}: {done.wall:.1f} s, {done.cpu:.1f} s of CPU",
                    flush=True,
                )
        if len({run.shards for found in results.values() for run in found}) != 1:
            raise SystemExit("the engines wrote different shards")
        print(f"\n{table(engines, results, size)}\n\nAll wrote the same shards.")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], sys.argv[3:])
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "paths", nargs="*", type=Path, help="JSON Lines; the embedded sample where none are given"
    )
    parser.add_argument("--bytes", type=float, default=1e8, help="size of the input that is made (1e9)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--recipe", default=str(ROOT / "configs/quickstart.yaml"))
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2], help="of the FnApiRunner")
    parser.add_argument(
        "--with", dest="engines", type=named, action="append", default=[], metavar="NAME: OPTIONS"
    )
    parser.add_argument(
        "--daemons", type=re.compile, help="count the CPU of these processes too (regular expression)"
    )
    parser.add_argument("--scratch", type=Path, help="where the input and the runs go; they are removed")
    main(parser.parse_args())
