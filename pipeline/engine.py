"""Where Beam is asked to run something: the one place that knows pipeline options."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import apache_beam as beam
import grpc
import psutil
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner

from pipeline.errors import AssayError, UserError
from pipeline.local_workers import WORKERS, LocalWorkersEnvironment
from pipeline.memory import give_back
from pipeline.sources.unit import Unit

_ATTEMPTS = 3
_BYTES_PER_WORKER = 8 << 20  # stored bytes that take longer than starting another process
# A listing of every installed package is staged with each job otherwise, at a second and a process each.
_NAMED_DEFAULTS = ["--experiments=disable_logging_submission_environment"]


class EngineFault(AssayError):
    """What ran the pipeline failed, and not the work itself: a worker process or a machine was lost."""


@dataclass
class Engine:
    """Runs pipelines, each to its end.

    `workers` processes on this machine, unless `options` (whatever the user gave after `--`) name a runner.
    """

    workers: int = 1
    options: Sequence[str] = field(default_factory=list)

    def run(self, build: Callable[[beam.Pipeline], None]) -> None:
        """Build a pipeline and wait for it.

        Where the engine loses a worker or a machine and cannot go on by itself, the pipeline is built and run again,
        up to three times in all: what was committed stays.

        Raises:
            AssayError: the engine gave up; the message is the cause, as far as it is known.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._run_once(build)
                return
            except EngineFault as fault:
                if attempt == _ATTEMPTS:
                    raise
                logging.getLogger("assay").warning("%s; again (%d of %d)", fault, attempt + 1, _ATTEMPTS)

    def prepare(self) -> None:
        """Start what takes some seconds to start, while there is other work to do."""
        if self.workers > 1 and not self.named_runner():
            WORKERS.prepare(self.workers)

    def for_small_work(self) -> Engine:
        """The same engine, for work that is done sooner than local worker processes have started."""
        return self if self.named_runner() else Engine(1, self.options)

    def _run_once(self, build: Callable[[beam.Pipeline], None]) -> None:
        """Once, with what Beam prints of a failure (all of it is in the error too) kept from the user's screen."""
        pipeline = self._pipeline()
        build(pipeline)
        with contextlib.redirect_stderr(io.StringIO()):
            if self.named_runner():
                _run_named(pipeline)
            else:
                _run_local(pipeline)

    def named_runner(self) -> bool:
        """Whether the work goes to an engine that the options name, perhaps to other machines."""
        return any(option.startswith("--runner") for option in self.options)

    def _pipeline(self) -> beam.Pipeline:
        if self.named_runner():
            return beam.Pipeline(options=PipelineOptions([*self.options, *_NAMED_DEFAULTS]))
        options = PipelineOptions([f"--direct_num_workers={self.workers}", *self.options])
        return beam.Pipeline(runner=_local_runner(self.workers), options=options)


def workers_for(wanted: int, units: Sequence[Unit]) -> int:
    """As many worker processes as are wanted, never more than units; left to us (0), no more than pay for their start."""
    if not wanted:
        wanted = min(os.cpu_count() or 1, 1 + sum(unit.bytes for unit in units) // _BYTES_PER_WORKER)
    return max(1, min(wanted, len(units)))


def _run_named(pipeline: beam.Pipeline) -> None:
    """On whatever engine the options name; in the main thread, since some of Beam's job servers set signal handlers."""
    try:
        logging.disable(logging.ERROR)  # job servers' chatter; a failure is raised too
        result = pipeline.run()
        try:
            result.wait_until_finish()
        except KeyboardInterrupt:
            result.cancel()
            raise
    except grpc.FutureTimeoutError as error:
        raise UserError(
            "no job server answers. Start one, or correct --job_endpoint (or --flink_master, --spark_master_url)"
        ) from error
    except grpc.RpcError as error:
        raise AssayError(f"the connection to the job server was lost ({_rpc_cause(error)})") from error
    except Exception as error:
        raise _as_fault(error) from error
    finally:
        logging.disable(logging.NOTSET)


def _run_local(pipeline: beam.Pipeline) -> None:
    runner = _Running(pipeline)
    runner.start()
    while runner.is_alive():
        runner.join(0.1)
        code = WORKERS.death()
        if code is not None:
            WORKERS.end()
            raise EngineFault(_describe_death(code))
    give_back()
    if runner.error is not None:
        raise AssayError(_cause(runner.error)) from runner.error


def _local_runner(workers: int) -> FnApiRunner:
    """Beam's local runner: in this process, or with worker processes."""
    return FnApiRunner() if workers == 1 else FnApiRunner(LocalWorkersEnvironment())


class _Running(threading.Thread):
    """The pipeline, in a thread of its own: Beam's local runner waits for a killed worker for ever, and the main
    thread must be free to notice."""

    def __init__(self, pipeline: beam.Pipeline) -> None:
        super().__init__(daemon=True)
        self._pipeline = pipeline
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self._pipeline.run().wait_until_finish()
        except BaseException as error:
            self.error = error


def _describe_death(code: int) -> str:
    if code in (137, -9):
        return "a worker process was killed (signal 9; out of memory, if nobody did it)"
    return f"a worker process ended unexpectedly (exit code {code})"


def end_children() -> None:
    """End every process that was started here: workers, and job servers such as Prism, which outlive an `os._exit`."""
    children = psutil.Process().children(recursive=True)
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
    psutil.wait_procs(children, timeout=5)


def _rpc_cause(error: grpc.RpcError) -> str:
    code, details = getattr(error, "code", None), getattr(error, "details", None)
    return f"{code().name}: {details()}" if code and details else type(error).__name__


def _as_fault(error: Exception) -> AssayError:
    """An engine's failure: of the work, where a Python error is told of, else of the engine."""
    kind = AssayError if "Traceback (most recent call last)" in str(error) else EngineFault
    return kind(_cause(error))


def _cause(error: BaseException) -> str:
    """What a person needs of an engine's error: Assay's own message where one is in it, else the line that says most.

    Of a Python traceback that is its last line. Java's exceptions wrap each other, and the first line names them all.
    """
    text = str(error).replace("\\n", "\n")
    if ours := re.findall(r"(?:AssayError|UserError): (.+)", text):
        return _tidy(ours[-1])
    raised = re.findall(r"^(?:[\w.]+\.)?\w*(?:Error|Exception|Interrupt|Exit): .+", text, re.MULTILINE)
    if raised and "Traceback" in text:
        return _tidy(raised[-1])
    lines = [line for line in text.splitlines() if line.strip()] or [type(error).__name__]
    if isinstance(error, (AssayError, RuntimeError)):
        return _tidy(lines[0])
    return _tidy(f"{type(error).__name__}: {lines[0]}")


def _tidy(line: str) -> str:
    return re.sub(r" \[while running .*", "", line).strip().removeprefix("RuntimeError: ")
