"""What every test may use."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from pipeline.sample import write_sample

# Machines are shared and the first call of a kernel compiles it: a deadline would only measure that.
settings.register_profile(
    "assay", deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("assay")

# Nothing of the machine's user may reach a test's store.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session", autouse=True)
def no_wait_for_the_disk() -> Iterator[None]:
    """Files are written as ever, but this process does not wait until the disk has them: no test cuts the power.

    Small run directories, of which there are hundreds, take half of their time for it.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all-faults", action="store_true", help="every fault in every phase, on every engine")


@pytest.fixture(scope="session")
def web(tmp_path_factory) -> Path:
    """The embedded sample: WARC files and truth.jsonl."""
    folder = tmp_path_factory.mktemp("sample") / "web"
    write_sample(folder, seed=0)
    return folder


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the checkout; nobody has to have it."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"needs the real data in {folder}, which is not part of the project")
    return folder


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory) -> Iterator[str]:
    """A real S3 server of this machine."""
    pytest.importorskip("moto.server", reason="needs moto[server]")
    pytest.importorskip("s3fs", reason="needs s3fs")
    from object_store import s3_server

    with s3_server(tmp_path_factory.mktemp("s3")) as endpoint:
        yield endpoint


@pytest.fixture
def bucket(s3_endpoint, monkeypatch) -> str:
    """The URL of an empty bucket, reached by anything that this test opens or starts."""
    from object_store import use
    from s3fs import S3FileSystem

    use(s3_endpoint, monkeypatch)
    name = f"bucket-{uuid.uuid4().hex[:12]}"
    S3FileSystem().mkdir(name)
    return f"s3://{name}"
