"""The worker pool, asked over gRPC as Spark and Flink ask it."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent import futures

import grpc
import local_cluster
import psutil
import pytest
from apache_beam.portability.api import beam_fn_api_pb2, beam_fn_api_pb2_grpc
from object_store import wait_for


class Control(beam_fn_api_pb2_grpc.BeamFnControlServicer):
    """An engine's side: whoever connects is noted, and waits for work that never comes."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def Control(self, request_iterator, context):  # noqa: N802
        self.seen.append(dict(context.invocation_metadata())["worker_id"])
        yield from ()
        for _ in request_iterator:
            pass


@pytest.fixture
def engines() -> Iterator[list[tuple[str, Control, grpc.Server]]]:
    """Two engines of one machine, each with its own address."""
    started = []
    for _ in range(2):
        server, control = grpc.server(futures.ThreadPoolExecutor(8)), Control()
        beam_fn_api_pb2_grpc.add_BeamFnControlServicer_to_server(control, server)
        port = server.add_insecure_port("localhost:0")
        server.start()
        started.append((f"localhost:{port}", control, server))
    yield started
    for _, _, server in started:
        server.stop(None)


@pytest.fixture
def pool() -> Iterator[tuple[psutil.Process, beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolStub]]:
    port = local_cluster.free_port()
    process = subprocess.Popen([sys.executable, "-m", "pipeline.cli", "worker-pool", "--port", str(port)])
    channel = grpc.insecure_channel(f"localhost:{port}")
    grpc.channel_ready_future(channel).result(60)
    yield psutil.Process(process.pid), beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolStub(channel)
    process.kill()
    process.wait()


def start(stub, name: str, address: str) -> None:
    request = beam_fn_api_pb2.StartWorkerRequest(worker_id=name)
    request.control_endpoint.url = address
    assert not stub.StartWorker(request).error


def test_a_worker_is_started_and_stopped(pool, engines):
    process, stub = pool
    address, control, _ = engines[0]
    start(stub, "1-1", address)
    wait_for(lambda: control.seen == ["1-1"])
    stub.StopWorker(beam_fn_api_pb2.StopWorkerRequest(worker_id="1-1"))
    assert process.children() == []


def test_two_engines_that_name_their_workers_alike_do_not_stop_each_others(pool, engines):
    process, stub = pool
    for address, control, _ in engines:
        start(stub, "1-1", address)
        wait_for(lambda control=control: control.seen == ["1-1"])
    before = {child.pid for child in process.children()}
    stub.StopWorker(beam_fn_api_pb2.StopWorkerRequest(worker_id="1-1"))
    assert {child.pid for child in process.children()} == before


def test_a_worker_that_is_killed_before_it_reports_comes_all_the_same(pool, engines):
    process, stub = pool
    address, control, _ = engines[0]
    start(stub, "7-1", address)
    wait_for(lambda: bool(process.children()))
    process.children()[0].kill()
    wait_for(lambda: control.seen == ["7-1"])


def test_workers_leave_with_their_pool(pool, engines):
    process, stub = pool
    start(stub, "1-1", engines[0][0])
    worker = process.children()[0]
    process.kill()
    wait_for(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)


def test_a_taken_port_is_told(pool):
    port = next(entry.laddr.port for entry in pool[0].net_connections() if entry.status == "LISTEN")
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", "worker-pool", "--port", str(port)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert f"port {port} of localhost is in use" in done.stderr
