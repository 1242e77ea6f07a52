"""Workers for a cluster: a service on each machine that starts an SDK worker whenever Spark or Flink asks for one.

It is Beam's own worker pool (`--environment_type=EXTERNAL`) with three of its habits mended. Every task manager and
executor numbers its workers from 1, so on a machine with two of them both ask for worker `1-1`, and Beam's pool
would stop the one when the other is done. A worker that is killed before it has reported leaves its engine waiting
for ever. And workers get a pipe for what they print, which nobody reads.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict

import grpc
from apache_beam.portability.api import beam_fn_api_pb2, beam_fn_api_pb2_grpc
from apache_beam.utils.thread_pool_executor import shared_unbounded_instance

from pipeline.errors import UserError
from pipeline.worker_process import WorkerProcess

_STARTS = 3  # of one worker
_PATIENCE = 10  # seconds for a worker to leave when it is told to


class _Worker:
    """A worker process, and how to start it again."""

    def __init__(self, request: beam_fn_api_pb2.StartWorkerRequest) -> None:
        self._request = request
        self._starts = 0
        self.start()

    def start(self) -> None:
        self._starts += 1
        self._process = WorkerProcess()
        self._process.work(self._request.worker_id, self._request.control_endpoint.url, last=True)

    def lives(self) -> bool:
        return self._process.lives()

    def was_killed(self) -> bool:
        """By a signal, and not too often to be tried again."""
        return (self._process.exit_code or 0) < 0 and self._starts < _STARTS

    def stop(self) -> None:
        self._process.end(_PATIENCE)


class WorkerPool(beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolServicer):
    """Starts and stops worker processes; each ends by itself when its engine closes the connection."""

    def __init__(self) -> None:
        self._workers: dict[str, list[_Worker]] = defaultdict(list)
        self._lock = threading.Lock()

    def StartWorker(  # noqa: N802
        self, request: beam_fn_api_pb2.StartWorkerRequest, _: grpc.ServicerContext
    ) -> beam_fn_api_pb2.StartWorkerResponse:
        try:
            worker = _Worker(request)
        except OSError as error:
            return beam_fn_api_pb2.StartWorkerResponse(error=f"{type(error).__name__}: {error}")
        with self._lock:
            self._workers[request.worker_id].append(worker)
        return beam_fn_api_pb2.StartWorkerResponse()

    def StopWorker(  # noqa: N802
        self, request: beam_fn_api_pb2.StopWorkerRequest, _: grpc.ServicerContext
    ) -> beam_fn_api_pb2.StopWorkerResponse:
        with self._lock:
            living = [worker for worker in self._workers.pop(request.worker_id, []) if worker.lives()]
            if len(living) > 1:
                # Whose is to stop cannot be told. It leaves when its engine hangs up; the others must live on.
                self._workers[request.worker_id] = living
        if len(living) == 1:
            living[0].stop()
        return beam_fn_api_pb2.StopWorkerResponse()

    def replace_killed(self) -> None:
        """Start again what a signal ended.

        An engine waits for ever for a worker that it has asked for and that was killed before it could report. One that
        was killed at its work is missed and made good by the engine; its replacement idles until the engine hangs up.
        """
        with self._lock:
            for workers in self._workers.values():
                workers[:] = [worker for worker in workers if worker.lives() or worker.was_killed()]
                for worker in workers:
                    if not worker.lives():
                        worker.start()


def serve(port: int, host: str = "localhost") -> None:
    """Answer for ever on this port. Workers leave with the process that started them, however it ends.

    Raises:
        UserError: the port is taken.
    """
    options = [
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.http2.max_ping_strikes", 0),
        ("grpc.so_reuseport", 0),
    ]
    server = grpc.server(shared_unbounded_instance(), options=options)
    pool = WorkerPool()
    beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(pool, server)
    try:
        server.add_insecure_port(f"{host}:{port}")
    except RuntimeError as error:
        raise UserError(f"port {port} of {host} is in use; give another with --port") from error
    server.start()
    while True:
        time.sleep(1)
        pool.replace_killed()
