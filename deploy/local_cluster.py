"""Spark, Flink or Prism on this machine, every part a process of its own, and `assay run` on it.

    python deploy/local_cluster.py spark configs/quickstart.yaml 'runs/demo-web/*.warc*' --out runs/on-spark

starts a master and two workers (for Flink: a session cluster of two task managers), Beam's job server and Assay's
worker pool, all on loopback, runs the recipe there, and stops them. Without arguments after the engine's name it
prints the Beam options to give after `--` and waits. Spark and Flink need Java 11 or 17 and Maven, which fetches
them once (about 300 MB and 160 MB); Prism needs Go, or the program itself in `PRISM`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import platformdirs

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("ASSAY_CLUSTERS") or platformdirs.user_cache_path("assay") / "clusters")
BEAM = "2.77.0"  # of Prism; the job servers' version stands in their pom.xml
_PATIENCE = 90  # seconds for a server to listen

# What Spark and Flink reach for inside the JDK, which Java 17 closed.
_OPENED = [
    f"--add-opens=java.base/{package}=ALL-UNNAMED"
    for package in (
        "java.io", "java.lang", "java.lang.invoke", "java.lang.reflect", "java.net", "java.nio", "java.text",
        "java.time", "java.util", "java.util.concurrent", "java.util.concurrent.atomic",
        "java.util.concurrent.locks", "sun.nio.ch", "sun.nio.cs", "sun.security.action", "sun.util.calendar",
    )
] + ["--add-exports=java.base/sun.net.util=ALL-UNNAMED"]  # fmt: skip


class Unavailable(Exception):
    """This machine lacks something that the cluster is made of; the message says what."""


class LocalCluster(ABC):
    """Started on entering, stopped on leaving. `options` are the Beam options that send a run to it.

    `processes` are its parts by name; logs and work files lie in `folder`. A part that is killed is started
    again after a second, as a cluster manager would.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="assay-cluster-"))
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.options: list[str] = []
        self._commands: dict[str, tuple[list[str], dict[str, str]]] = {}
        self._stopping = threading.Event()
        self._lock = threading.Lock()

    def __enter__(self) -> LocalCluster:
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        threading.Thread(target=self._supervise, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._stopping.set()
        for process in reversed(self.processes.values()):
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    @abstractmethod
    def start(self) -> None:
        """Start every part, and set `options`.

        Raises:
            Unavailable: something that it needs is not to be had here.
        """

    def launch(self, name: str, command: Sequence[object], **environment: str) -> None:
        """Start a part, its output going to `folder/NAME.log`."""
        self._commands[name] = ([str(word) for word in command], environment)
        self._start(name)

    def _start(self, name: str) -> None:
        command, environment = self._commands[name]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self.folder, env={**os.environ, **environment}
            )

    def _supervise(self) -> None:
        while not self._stopping.wait(1):
            for name, process in list(self.processes.items()):
                if process.poll() is not None:
                    with self._lock:
                        if not self._stopping.is_set():
                            self._start(name)

    def start_pool(self) -> str:
        """Assay's worker pool; what `--environment_config` is to be."""
        port = free_port()
        self.launch("pool", [sys.executable, "-m", "pipeline.cli", "worker-pool", "--port", port])
        self.wait_for("pool", port)
        return f"localhost:{port}"

    def wait_for(self, name: str, port: int) -> None:
        """Until this part listens."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and self.processes[name].poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.2)
        raise Unavailable(f"{name} did not start:\n{self.log(name)[-2000:]}")

    def wait_for_log(self, name: str, text: str, times: int = 1) -> None:
        """Until this part has logged something so many times."""
        deadline = time.monotonic() + _PATIENCE
        while self.log(name).count(text) < times:
            if time.monotonic() > deadline or self.processes[name].poll() is not None:
                raise Unavailable(f"{name} did not start:\n{self.log(name)[-2000:]}")
            time.sleep(0.2)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def portable_options(self, job_port: int, pool: str) -> list[str]:
        return [
            "--runner=PortableRunner",
            f"--job_endpoint=127.0.0.1:{job_port}",
            "--environment_type=EXTERNAL",
            f"--environment_config={pool}",
        ]


class Spark(LocalCluster):
    """A standalone cluster: a master, two workers of one core each, and an executor on each for every job."""

    def start(self) -> None:
        home = jars("spark", "dependency:copy-dependencies", "outputDirectory", "jars")
        master, ui, job = free_port(), free_port(), free_port()
        url = f"spark://127.0.0.1:{master}"
        environment = {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_SCALA_VERSION": "2.12"}

        def java(*words: object, heap: str = "512m") -> list[object]:
            return [java_program(), f"-Xmx{heap}", *_OPENED, "-cp", f"{home}/jars/*", *words]

        at = ["--host", "127.0.0.1", "--webui-port"]
        self.launch(
            "master", java("org.apache.spark.deploy.master.Master", *at, ui, "--port", master), **environment
        )
        self.wait_for("master", master)
        for number in (1, 2):
            size = ["--cores", "1", "--memory", "1g", "--work-dir", self.folder / f"work-{number}"]
            worker = java("org.apache.spark.deploy.worker.Worker", *at, free_port(), *size, url)
            self.launch(f"worker-{number}", worker, **environment)
            self.wait_for_log(f"worker-{number}", "Successfully registered")
        settings = [
            "-Dspark.ui.enabled=false",
            "-Dspark.driver.host=127.0.0.1",
            f"-Dspark.local.dir={self.folder}",
        ]
        server = ["org.apache.beam.runners.spark.SparkJobServerDriver", f"--spark-master-url={url}"]
        self.launch(
            "job-server",
            [*java(heap="1g")[:2], *settings, *java(*server, *server_ports(job, self.folder))[2:]],
            **environment,
        )
        self.wait_for("job-server", job)
        self.options = self.portable_options(job, self.start_pool())


class Flink(LocalCluster):
    """A session cluster: a job manager and two task managers of one slot each."""

    def start(self) -> None:
        jar = jars("flink", "package", "target", "target") / "target" / "flink-with-beam-1.jar"
        rpc, rest, job = free_port(), free_port(), free_port()
        (self.folder / "config.yaml").write_text(flink_config(rpc, rest))

        def java(*words: object) -> list[object]:
            return [java_program(), "-Xmx640m", *_OPENED, "-cp", jar, *words]

        runtime, at = "org.apache.flink.runtime", ["--configDir", self.folder]
        self.launch("job-manager", java(f"{runtime}.entrypoint.StandaloneSessionClusterEntrypoint", *at))
        self.wait_for("job-manager", rest)
        for number in (1, 2):
            self.launch(f"task-manager-{number}", java(f"{runtime}.taskexecutor.TaskManagerRunner", *at))
        for number in (1, 2):
            self.wait_for_log(f"task-manager-{number}", "Successful registration at resource manager")
        server = ["org.apache.beam.runners.flink.FlinkJobServerDriver", f"--flink-master=127.0.0.1:{rest}"]
        conf = f"--flink-conf-dir={self.folder}"
        self.launch("job-server", java(*server, conf, *server_ports(job, self.folder)))
        self.wait_for("job-server", job)
        self.options = [*self.portable_options(job, self.start_pool()), "--parallelism=2"]


class Prism(LocalCluster):
    """Beam's own small runner, a program in Go; the run starts it itself, once for each pipeline."""

    def start(self) -> None:
        self.options = [
            "--runner=PrismRunner",
            f"--prism_location={prism_program()}",
            "--environment_type=EXTERNAL",
            f"--environment_config={self.start_pool()}",
        ]


CLUSTERS: dict[str, type[LocalCluster]] = {"spark": Spark, "flink": Flink, "prism": Prism}


def server_ports(job: int, folder: Path) -> list[str]:
    return [
        "--job-host=127.0.0.1",
        f"--job-port={job}",
        "--artifact-port=0",
        "--expansion-port=0",
        f"--artifacts-dir={folder / 'artifacts'}",
    ]


def flink_config(rpc: int, rest: int) -> str:
    """A small cluster's. Beam's classes come from the cluster's own class path, so that jobs share what is compiled."""
    return f"""\
jobmanager.rpc.address: 127.0.0.1
jobmanager.rpc.port: {rpc}
jobmanager.bind-host: 127.0.0.1
taskmanager.bind-host: 127.0.0.1
taskmanager.host: 127.0.0.1
rest.address: 127.0.0.1
rest.bind-address: 127.0.0.1
rest.port: {rest}
parallelism.default: 2
classloader.resolve-order: parent-first
heartbeat.interval: 2000
heartbeat.timeout: 10000
taskmanager.numberOfTaskSlots: 1
taskmanager.cpu.cores: 1.0
taskmanager.memory.framework.heap.size: 128m
taskmanager.memory.framework.off-heap.size: 128m
taskmanager.memory.task.heap.size: 384m
taskmanager.memory.task.off-heap.size: 256m
taskmanager.memory.managed.size: 128m
taskmanager.memory.network.min: 64m
taskmanager.memory.network.max: 64m
taskmanager.memory.jvm-metaspace.size: 256m
taskmanager.memory.jvm-overhead.min: 128m
taskmanager.memory.jvm-overhead.max: 128m
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def java_program() -> str:
    found = shutil.which("java")
    if not found:
        raise Unavailable("Spark and Flink need Java: install a JDK 11 or 17")
    return found


def jars(engine: str, goal: str, setting: str, folder: str) -> Path:
    """What `deploy/ENGINE/pom.xml` names, fetched by Maven once for each content of that file.

    Raises:
        Unavailable: there is no Maven, or it cannot fetch everything.
    """
    java_program()
    maven = shutil.which("mvn")
    if not maven:
        raise Unavailable("the jars of Spark and Flink are fetched by Maven: install it")
    pom = HERE / engine / "pom.xml"
    place = CACHE / f"{engine}-{hashlib.sha256(pom.read_bytes()).hexdigest()[:12]}"
    if place.is_dir():
        return place
    CACHE.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=CACHE))
    command = [maven, "-q", "-B", "-f", str(pom), goal, f"-D{setting}={unfinished / folder}"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        shutil.rmtree(unfinished)
        raise Unavailable(f"`{' '.join(command)}` failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    try:
        unfinished.rename(place)
    except OSError:  # another process was first
        shutil.rmtree(unfinished)
    return place


def prism_program() -> Path:
    """`PRISM` where it is set, else built from source by Go, once.

    Raises:
        Unavailable: neither is to be had.
    """
    if given := os.environ.get("PRISM"):
        return Path(given)
    program = CACHE / f"prism-{BEAM}" / "prism"
    if program.exists():
        return program
    go = shutil.which("go")
    if not go:
        raise Unavailable("Prism is built by Go: install it, or name the program in PRISM")
    module = f"github.com/apache/beam/sdks/v2/go/cmd/prism@v{BEAM}"
    environment = {**os.environ, "GOBIN": str(program.parent)}
    done = subprocess.run([go, "install", module], capture_output=True, text=True, env=environment)
    if done.returncode:
        raise Unavailable(f"`go install {module}` failed:\n{done.stderr[-2000:]}")
    return program


def main(arguments: Sequence[str]) -> int:
    if not arguments or arguments[0] not in CLUSTERS:
        print(__doc__)
        return 0 if arguments[:1] in ([], ["--help"]) else 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the parts are stopped too
    try:
        with CLUSTERS[arguments[0]]() as cluster:
            if len(arguments) == 1:
                print(" ".join(["--", *cluster.options]), flush=True)
                threading.Event().wait()
            command = [sys.executable, "-m", "pipeline.cli", "run", *arguments[1:], "--", *cluster.options]
            return subprocess.run(command).returncode
    except Unavailable as missing:
        print(f"local_cluster: {missing}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
