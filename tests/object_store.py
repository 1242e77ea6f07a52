"""A real S3 server on this machine, and a proxy before it that fails like a store on a bad day."""

import http.client
import os
import random
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import fsspec
from s3fs import S3FileSystem

FAULTS = ("500", "503", "reset", "cut", "late")
_ERROR = b'<?xml version="1.0"?><Error><Code>%s</Code><Message>on purpose</Message></Error>'
_LATE_SECONDS = 0.3


@contextmanager
def s3_server(folder: Path, **environment: str) -> Iterator[str]:
    """moto's server as a process of its own; its endpoint. `environment` configures it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (folder / "s3-server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdout=log, stderr=log, env={**os.environ, **environment},
        )  # fmt: skip
        try:
            deadline = time.monotonic() + 60
            while socket.socket().connect_ex(("127.0.0.1", port)):
                assert process.poll() is None and time.monotonic() < deadline, "the S3 server did not start"
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()


def schedule(seed: int, share: float, faults: Iterable[str] = FAULTS) -> Callable[[str, str], str | None]:
    """Which fault each request meets: a share of them one of these, drawn with a seed."""
    draw, kinds, lock = random.Random(seed), sorted(faults), threading.Lock()

    def fault(method: str, path: str) -> str | None:
        with lock:
            return draw.choice(kinds) if draw.random() < share else None

    return fault


@contextmanager
def faulty_proxy(endpoint: str, fault: Callable[[str, str], str | None]) -> Iterator["Proxy"]:
    """Passes requests on to a server, and fails where `fault(method, path)` says so:

    500, 503   answered instead of the server, as S3 does (`InternalError`, `SlowDown`)
    reset      the connection is reset before an answer; the server may or may not have acted
    cut        the connection ends in the middle of the answer
    late       the answer comes late, and is right
    """
    proxy = Proxy(endpoint, fault)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()


class Proxy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, endpoint: str, fault: Callable[[str, str], str | None]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = urlsplit(endpoint).netloc
        self.fault = fault
        self.seen: list[tuple[str, str]] = []  # method and path of every request
        self.sent_bytes = 0
        self.failed: Counter[str] = Counter()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # the client went away, which is its right


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def do_GET(self) -> None:
        body = self._body()
        self.server.seen.append((self.command, self.path))
        fault = self.server.fault(self.command, self.path)
        if fault:
            self.server.failed[fault] += 1
        if fault in ("500", "503"):
            self._answer(int(fault), _ERROR % (b"InternalError" if fault == "500" else b"SlowDown"), {})
            return
        if fault == "reset" and len(self.server.seen) % 2:
            self._reset()  # the server never hears of it
            return
        if fault == "late":
            time.sleep(_LATE_SECONDS)
        status, headers, content = self._passed_on(body)
        if fault == "reset":
            self._reset()  # the server has done it, and nobody is told
        else:
            self._answer(status, content, headers, cut=fault == "cut")

    do_PUT = do_POST = do_DELETE = do_HEAD = do_GET  # noqa: N815

    def log_message(self, format: str, *arguments: object) -> None:
        pass

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        pieces = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def _passed_on(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(self.server.behind, timeout=60)
        skipped = ("transfer-encoding", "connection", "content-length", "expect")
        headers = {name: value for name, value in self.headers.items() if name.lower() not in skipped}
        connection.request(self.command, self.path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, dict(answer.getheaders()), content

    def _answer(self, status: int, content: bytes, headers: dict[str, str], cut: bool = False) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("transfer-encoding", "connection", "date", "server", "content-length"):
                self.send_header(name, value)
        length = (
            headers.get("Content-Length", headers.get("content-length")) if self.command == "HEAD" else None
        )
        self.send_header("Content-Length", length or str(len(content)))
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(content[: len(content) // 2] if cut else content)
        self.server.sent_bytes += len(content)
        if cut:
            self._reset()

    def _reset(self) -> None:
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()


def use(endpoint: str, monkeypatch: Any) -> None:
    """Send `s3://` to this server, here and in processes that are started from now on."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    S3FileSystem.clear_instance_cache()  # it is kept by its arguments, and the endpoint is not one


def download(url: str, folder: Path) -> Path:
    """A folder of the store as a local one."""
    filesystem, path = fsspec.core.url_to_fs(url)
    filesystem.invalidate_cache()
    filesystem.get(path, str(folder), recursive=True)
    return folder


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)
