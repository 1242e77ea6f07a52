"""Whole runs on a real S3 server: the same bytes as on the local disk, also when the server fails or the run is
killed."""

import gzip
import io
import json
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from commandline import assay, command, digest
from object_store import download, faulty_proxy, s3_server, schedule, use, wait_for
from rich.console import Console
from s3fs import S3FileSystem

from pipeline import files, stores
from pipeline.engine import Engine
from pipeline.errors import AssayError
from pipeline.recipe import load_recipe, parse_recipe
from pipeline.run import run
from pipeline.rundir import RunDirectory
from pipeline.sources.config import Source
from pipeline.sources.inputs import find_files
from pipeline.sources.plan import plan_units
from pipeline.sources.read import read_unit
from pipeline.sources.unit import Unit

RECIPE = """
name: on-a-store
source: {{unit_bytes: 30000}}
stages:
  - {{stage: gopher_quality, min_words: 20}}
  - {{stage: harmful_words, words: {{files: [{{location: "{words}"}}]}}, max_fraction: 0.5}}
  - {{stage: dedup_exact}}
tokenizer: {{train: {{vocab_size: 400, sample_bytes: 20000}}}}
"""
TALE = "winter at the harbour and the keeper of the lamp has to tell a boy that with oil the office will wait"
WORDS = TALE.split()


@pytest.fixture(scope="module")
def content() -> dict[str, bytes]:
    """Files of each kind of input that is cut in another way: lines, compressed lines, row groups."""
    texts = [
        " ".join(WORDS[(number * step + step) % len(WORDS)] for step in range(30 + number % 7))
        for number in range(1500)
    ]
    rows = [{"id": f"r{at}", "text": text} for at, text in enumerate(texts)]
    lines = [json.dumps(row).encode() + b"\n" for row in rows]
    table = io.BytesIO()
    pq.write_table(
        pa.Table.from_pylist(rows[1000:]), table, row_group_size=100, compression="none", use_dictionary=False
    )
    return {
        "a.jsonl": b"".join(lines[:600]),
        "b.jsonl.gz": gzip.compress(b"".join(lines[600:1000]), mtime=0),
        "c.parquet": table.getvalue(),
    }


@pytest.fixture(scope="module")
def place(s3_endpoint, content) -> Iterator[str]:
    """A bucket with the input and a word list."""
    with pytest.MonkeyPatch.context() as patch:
        use(s3_endpoint, patch)
        S3FileSystem().mkdir("whole-runs")
        for name, data in content.items():
            files.write_bytes(f"s3://whole-runs/input/{name}", data)
        files.write_bytes("s3://whole-runs/lists/words.txt", b"winter\n")
        yield "s3://whole-runs"


@pytest.fixture(autouse=True)
def straight_to_the_server(place, s3_endpoint, monkeypatch):
    use(s3_endpoint, monkeypatch)


def recipe_at(place: str):
    return parse_recipe(RECIPE.format(words=files.join(place, "lists", "words.txt")), "recipe.yaml")


def run_here(place: str, out: str) -> str:
    """A run in this process, with one worker; what it said."""
    console = Console(file=io.StringIO())
    run(recipe_at(place), [files.join(place, "input", "*")], out, Engine(1), console)
    return console.file.getvalue()


@pytest.fixture(scope="module")
def local(place, tmp_path_factory) -> Path:
    """The same run in a local directory."""
    out = tmp_path_factory.mktemp("runs") / "local"
    run_here(place, str(out))
    return out


@pytest.fixture(scope="module")
def local_run(local) -> dict[str, str]:
    return digest(local)


def digest_of(url: str, folder: Path) -> dict[str, str]:
    return digest(download(url, folder))


def test_a_run_on_a_store_gives_the_bytes_of_a_local_one(place, local, local_run, tmp_path):
    out = files.join(place, "runs", "one")
    said = run_here(place, out)
    assert digest_of(out, tmp_path / "one") == local_run
    assert len(RunDirectory(str(local)).units()) > 4
    assert "units, " in said
    assert "documents/s" not in said  # nobody counts them on the way

    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(RECIPE.format(words=files.join(place, "lists", "words.txt")))
    two = files.join(place, "runs", "two")
    done = assay("run", recipe, files.join(place, "input", "*"), "--out", two, "--workers", 2)
    assert done.returncode == 0, done.stderr
    assert digest_of(two, tmp_path / "two") == local_run
    again = assay("run", recipe, files.join(place, "input", "*"), "--out", two, "--workers", 2)
    assert "nothing was done" in again.stderr
    assert set(files.names(two)) == set(files.names(str(local))) - {".lock", ".lock-holder"}


@pytest.mark.parametrize("seed", [1])
def test_a_store_on_a_bad_day_gives_the_same_bytes(
    seed, place, local_run, s3_endpoint, tmp_path, monkeypatch
):
    monkeypatch.setattr(stores, "FIRST_WAIT", 0.01)
    out = files.join(place, "runs", "bad-day")
    with faulty_proxy(s3_endpoint, schedule(seed, 0.1)) as proxy:
        use(proxy.endpoint, monkeypatch)
        run_here(place, out)
        assert len(proxy.failed) >= 4, proxy.failed
    use(s3_endpoint, monkeypatch)
    assert digest_of(out, tmp_path / "run") == local_run


@pytest.mark.parametrize("working", [100, 200])
def test_a_store_that_breaks_down_stops_the_run_which_goes_on_later(
    working, place, local_run, s3_endpoint, tmp_path, monkeypatch
):
    monkeypatch.setattr(stores, "FIRST_WAIT", 0.001)
    out = files.join(place, "runs", f"broken-{working}")
    requests = Counter()

    def broken_after_a_while(method: str, path: str) -> str | None:
        requests["all"] += 1
        return "503" if requests["all"] > working else None

    with faulty_proxy(s3_endpoint, broken_after_a_while) as proxy:
        use(proxy.endpoint, monkeypatch)
        with pytest.raises(AssayError, match=r"s3://whole-runs/runs/broken.*: the store failed 8 times"):
            run_here(place, out)
    use(s3_endpoint, monkeypatch)
    run_here(place, out)
    assert digest_of(out, tmp_path / "run") == local_run


def kill_when(folder: str, arguments: list[str]) -> None:
    """Start a run, and kill it when something is in this folder."""
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: bool(files.names(folder)) or process.poll() is not None)
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_killed_on_a_store_and_gone_on_gives_the_same_bytes(place, local_run, tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(RECIPE.format(words=files.join(place, "lists", "words.txt")))
    out = files.join(place, "runs", "killed")
    for reached in ("ledger/0", "ledger/1"):
        kill_when(
            files.join(out, reached),
            command("run", recipe, files.join(place, "input", "*"), "--out", out, "--workers", 2),
        )
    said = run_here(place, out)
    assert "was in use" in said
    assert digest_of(out, tmp_path / "run") == local_run


def test_mistakes_are_told_before_anything_is_read(place, tmp_path, s3_endpoint, monkeypatch):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(RECIPE.format(words=files.join(place, "lists", "words.txt")))
    with faulty_proxy(s3_endpoint, lambda method, path: None) as proxy:
        use(proxy.endpoint, monkeypatch)
        done = assay("run", recipe, files.join(place, "input", "*"), "--out", "s3://no-such-bucket-here/run")
        assert done.returncode == 2
        assert "no such bucket" in done.stderr
        done = assay("run", recipe, "s3://no-such-bucket-here/input/*", "--out", tmp_path / "run")
        assert done.returncode == 2
        assert "s3://no-such-bucket-here/input/*" in done.stderr
        assert not [path for _, path in proxy.seen if "/input/" in path and path.endswith(tuple("lzt"))]
    with s3_server(tmp_path, INITIAL_NO_AUTH_ACTION_COUNT="0") as endpoint:
        use(endpoint, monkeypatch)
        done = assay("run", recipe, files.join(place, "input", "*"), "--out", tmp_path / "run")
        assert done.returncode == 2
        assert "credentials" in done.stderr


@pytest.fixture(scope="module")
def large(place) -> str:
    """A folder with files of several units of 2 MiB."""
    rows = [{"id": str(row), "text": f"{row} {TALE} " * 10} for row in range(12_000)]
    lines = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    files.write_bytes(files.join(place, "large", "a.jsonl"), lines)
    with files.commit(files.join(place, "large", "c.parquet")) as file:
        pq.write_table(pa.Table.from_pylist(rows), file, row_group_size=1000, compression="none")
    return files.join(place, "large")


def planned(url: str) -> tuple[list[Unit], Source]:
    config = Source(unit_bytes=2 << 20)
    return plan_units(find_files([url], config), config), config


@pytest.mark.parametrize("name", ["a.jsonl", "c.parquet"])
def test_a_unit_of_an_object_costs_little_more_than_its_bytes(name, large, s3_endpoint, monkeypatch):
    with faulty_proxy(s3_endpoint, lambda method, path: None) as proxy:
        use(proxy.endpoint, monkeypatch)
        units, config = planned(files.join(large, name))
        assert len(units) >= 5
        documents = 0
        for unit in units:
            proxy.sent_bytes = 0
            proxy.seen.clear()
            documents += sum(chunk.documents.num_rows for chunk in read_unit(unit, config))
            assert proxy.sent_bytes < unit.bytes + (1 << 20)
            assert len(proxy.seen) <= 10
        assert documents == 12_000


def test_the_driver_asks_little_of_the_store_for_each_unit(place, s3_endpoint, monkeypatch):
    """What a run costs beside reading and writing a unit's own files does not grow with their number."""
    with faulty_proxy(s3_endpoint, lambda method, path: None) as proxy:
        use(proxy.endpoint, monkeypatch)
        lines = files.read_bytes(files.join(place, "input", "a.jsonl")).splitlines(keepends=True)
        for number in range(40):
            files.write_bytes(
                files.join(place, "many", f"{number:03d}.jsonl"), b"".join(lines[number * 10 :][:10])
            )
        proxy.seen.clear()
        config = load_recipe("configs/quickstart.yaml").source
        found = find_files([files.join(place, "many", "*.jsonl")], config)
        assert len(plan_units(found, config)) == 40
        assert len(proxy.seen) <= 8


@pytest.mark.parametrize("name", ["a.jsonl", "c.parquet"])
@pytest.mark.parametrize("working", [0, 1, 2, 3])
def test_a_store_that_fails_is_not_taken_for_a_damaged_file(name, working, large, s3_endpoint, monkeypatch):
    monkeypatch.setattr(stores, "FIRST_WAIT", 0.001)
    units, config = planned(files.join(large, name))
    requests = Counter()

    def broken_after_a_while(method: str, path: str) -> str | None:
        requests["all"] += 1
        return "500" if requests["all"] > working else None

    with faulty_proxy(s3_endpoint, broken_after_a_while) as proxy:
        use(proxy.endpoint, monkeypatch)
        with pytest.raises(AssayError, match=f"{name}: the store failed 8 times"):
            list(read_unit(units[1], config))
