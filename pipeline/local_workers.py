"""Local worker processes: started once for a run, and given to one pipeline after the other.

Beam's local runner starts its workers anew for every pipeline, and a run has four or more of these; importing, loading
kernels and models would cost each of them some seconds.
"""

from __future__ import annotations

from typing import Any

from apache_beam.runners.portability.fn_api_runner.worker_handlers import GrpcWorkerHandler, WorkerHandler
from apache_beam.transforms.environments import Environment
from google.protobuf import json_format

from pipeline.worker_process import WorkerProcess

_URN = "assay:environment:local_workers:v1"
_PATIENCE = 10.0  # seconds for a worker to finish with a pipeline that is over


class LocalWorkers:
    """The worker processes of this process."""

    def __init__(self) -> None:
        self._workers: list[WorkerProcess] = []

    def prepare(self, count: int) -> None:
        """Start workers up to this number, for pipelines to come."""
        while len(self._workers) < count:
            self._workers.append(WorkerProcess())

    def idle(self) -> WorkerProcess:
        """One that has nothing to do, a new one if need be."""
        for worker in self._workers:
            if worker.is_idle():
                return worker
        self.prepare(len(self._workers) + 1)
        return self._workers[-1]

    def release(self, worker: WorkerProcess) -> None:
        """Take back one whose pipeline is over. If it does not come to an end it is ended, which is no death to tell of."""
        if not worker.is_idle(_PATIENCE):
            if worker in self._workers:
                self._workers.remove(worker)
            worker.end()

    def death(self) -> int | None:
        """The exit code of a worker that has ended, though nobody told it to."""
        return next((worker.exit_code for worker in self._workers if not worker.lives()), None)

    def end(self) -> None:
        """End them all, whatever they do."""
        for worker in self._workers:
            worker.end()
        self._workers.clear()


WORKERS = LocalWorkers()


class LocalWorkersEnvironment(Environment):
    """Tells Beam's local runner to take its workers from here."""

    def to_runner_api_parameter(self, context: Any) -> tuple[str, bytes]:
        return _URN, b""

    @staticmethod
    def from_runner_api_parameter(payload: bytes, *_: Any) -> LocalWorkersEnvironment:
        return LocalWorkersEnvironment()


Environment.register_urn(_URN, bytes, LocalWorkersEnvironment.from_runner_api_parameter)


@WorkerHandler.register_environment(_URN, bytes)
class _LocalWorker(GrpcWorkerHandler):
    """One of them, as the runner sees it."""

    def __init__(self, payload: bytes, state: Any, provision_info: Any, grpc_server: Any) -> None:
        super().__init__(state, provision_info, grpc_server)
        self._worker: WorkerProcess | None = None

    def start_worker(self) -> None:
        options = json_format.MessageToJson(self.provision_info.provision_info.pipeline_options, indent=None)
        self._worker = WORKERS.idle()
        self._worker.work(self.worker_id, self.control_address, options)

    def stop_worker(self) -> None:
        if self._worker is not None:
            WORKERS.release(self._worker)
