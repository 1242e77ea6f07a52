"""Workers for a cluster: a service on each machine that starts an SDK worker whenever Spark or Flink asks for one.

It is Beam's own worker pool (`--environment_type=EXTERNAL`) with two of its habits mended. Every task manager and
executor numbers its workers from 1, so on a machine with two of them both ask for worker `1-1`, and Beam's pool
would stop the one when the other is done. And it gives workers a pipe for what they print, which nobody reads.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import defaultdict

import grpc
from apache_beam.portability.api import beam_fn_api_pb2, beam_fn_api_pb2_grpc
from apache_beam.utils.thread_pool_executor import shared_unbounded_instance

from pipeline.errors import UserError

_PATIENCE = 10  # seconds for a worker to leave when it is told to


class WorkerPool(beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolServicer):
    """Starts and stops worker processes; each ends by itself when its engine closes the connection."""

    def __init__(self) -> None:
        self._workers: dict[str, list[subprocess.Popen[bytes]]] = defaultdict(list)

    def StartWorker(  # noqa: N802
        self, request: beam_fn_api_pb2.StartWorkerRequest, _: grpc.ServicerContext
    ) -> beam_fn_api_pb2.StartWorkerResponse:
        environment = {
            **os.environ,
            "WORKER_ID": request.worker_id,
            "CONTROL_API_SERVICE_DESCRIPTOR": str(request.control_endpoint),
        }
        try:
            command = [sys.executable, "-m", "pipeline.worker", str(os.getpid())]
            worker = subprocess.Popen(command, env=environment)
        except OSError as error:
            return beam_fn_api_pb2.StartWorkerResponse(error=f"{type(error).__name__}: {error}")
        self._workers[request.worker_id].append(worker)
        return beam_fn_api_pb2.StartWorkerResponse()

    def StopWorker(  # noqa: N802
        self, request: beam_fn_api_pb2.StopWorkerRequest, _: grpc.ServicerContext
    ) -> beam_fn_api_pb2.StopWorkerResponse:
        living = [worker for worker in self._workers.pop(request.worker_id, []) if worker.poll() is None]
        if len(living) == 1:
            _stop(living[0])
        elif living:
            # Whose is to stop cannot be told. It leaves when its engine hangs up; the others must live on.
            self._workers[request.worker_id] += living
        return beam_fn_api_pb2.StopWorkerResponse()


def _stop(worker: subprocess.Popen[bytes]) -> None:
    worker.terminate()
    try:
        worker.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()


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
    beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(WorkerPool(), server)
    try:
        server.add_insecure_port(f"{host}:{port}")
    except RuntimeError as error:
        raise UserError(f"port {port} of {host} is in use; give another with --port") from error
    server.start()
    while True:
        time.sleep(3600)
