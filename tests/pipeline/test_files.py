"""A file is there whole or not at all, on every kind of store."""

import signal
import subprocess
import sys

import pytest
from object_store import FAULTS, faulty_proxy, s3_server, schedule, use
from s3fs import S3FileSystem

from pipeline import files, stores
from pipeline.errors import AssayError, UserError


@pytest.fixture(params=["local", "memory", "s3"])
def folder(request, tmp_path):
    if request.param == "s3":
        return files.join(request.getfixturevalue("bucket"), "runs")
    return str(tmp_path) if request.param == "local" else f"memory://{tmp_path.name}"


def unfinished_uploads(bucket: str) -> list[str]:
    return [upload["Key"] for upload in S3FileSystem().list_multipart_uploads(bucket.removeprefix("s3://"))]


def test_what_is_committed_is_read_back(folder):
    url = files.join(folder, "deep", "file.bin")
    assert not files.exists(url)
    files.write_bytes(url, b"content")
    assert files.exists(url)
    assert files.read_bytes(url) == b"content"
    assert files.list_files(files.join(folder, "deep")) == [url]
    files.remove(folder)
    assert not files.exists(url)


def test_what_others_write_is_seen(bucket):
    """fsspec keeps listings, and a run's files are written by other processes."""
    url = files.join(bucket, "ledger")
    files.write_bytes(files.join(url, "0"), b"mine")
    assert files.names(url) == ["0"]
    S3FileSystem(use_listings_cache=False).pipe_file(f"{url}/1", b"another's")
    assert files.names(url) == ["0", "1"]
    S3FileSystem(use_listings_cache=False).rm_file(f"{url}/0")
    assert not files.exists(files.join(url, "0"))
    assert files.names(url) == ["1"]


@pytest.mark.parametrize("size", [0, 10, 20 << 20])
def test_nothing_is_seen_before_the_end(folder, size):
    url = files.join(folder, "file.bin")
    with files.commit(url) as file:
        file.write(bytes(size))
        file.flush()
        assert not files.exists(url)
        assert files.list_files(folder) == []
    assert files.read_bytes(url) == bytes(size)


@pytest.mark.parametrize("size", [0, 10, 60 << 20])  # fsspec would begin a multipart upload at 50 MiB
def test_a_writer_that_fails_leaves_nothing(folder, size):
    url = files.join(folder, "file.bin")
    with pytest.raises(RuntimeError), files.commit(url) as file:
        file.write(bytes(size))
        raise RuntimeError
    assert files.names(folder) == []
    if folder.startswith("s3://"):
        assert unfinished_uploads(folder.removesuffix("/runs")) == []


def test_a_writer_that_fails_leaves_what_was_there(folder):
    url = files.join(folder, "file.bin")
    files.write_bytes(url, b"old")
    with pytest.raises(RuntimeError), files.commit(url) as file:
        file.write(b"half")
        raise RuntimeError
    assert files.read_bytes(url) == b"old"


@pytest.mark.parametrize("name", ["local", "s3"])
def test_a_writer_that_is_killed_leaves_no_file(name, tmp_path, bucket):
    folder = str(tmp_path) if name == "local" else files.join(bucket, "runs")
    program = (
        "import sys, time; from pipeline import files\n"
        "with files.commit(sys.argv[1]) as file:\n"
        "    file.write(bytes(60 << 20)); file.flush(); print('written', flush=True); time.sleep(60)\n"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", program, files.join(folder, "file.bin")], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout.readline() == "written\n"
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    assert files.list_files(folder) == []
    assert unfinished_uploads(bucket) == []


def test_what_a_killed_writer_left_is_not_listed_and_is_removed(tmp_path):
    left = tmp_path / "parts" / f"{files.UNFINISHED}0-file.bin"
    left.parent.mkdir()
    left.write_bytes(b"half")
    assert files.list_files(str(left.parent)) == []
    files.remove_unfinished(str(tmp_path))
    assert not left.exists()


def test_large_uploads_of_killed_writers_are_removed_from_this_folder_only(bucket):
    store, name = S3FileSystem(), bucket.removeprefix("s3://")
    for key in ("runs/a/shards/0", "runs/a/parts/0", "runs/ab/shards/0"):
        store.call_s3("create_multipart_upload", Bucket=name, Key=key)
    files.remove_unfinished(files.join(bucket, "runs/a"))
    assert unfinished_uploads(bucket) == ["runs/ab/shards/0"]


def test_a_folder_that_is_not_there_has_no_files(folder):
    assert files.list_files(files.join(folder, "nowhere")) == []
    files.remove(files.join(folder, "nowhere"))


def test_a_range_of_an_object_is_read_and_not_the_whole(s3_endpoint, bucket, monkeypatch):
    content = bytes(range(256)) * (40 << 12)  # 40 MiB
    url = files.join(bucket, "file.bin")
    files.write_bytes(url, content)
    with faulty_proxy(s3_endpoint, lambda method, path: None) as proxy:
        use(proxy.endpoint, monkeypatch)
        start, stop = 10 << 20, 14 << 20
        with files.open_read(url, stop) as file:
            file.seek(start)
            pieces = [file.read(32 << 10) for _ in range((stop - start) // (32 << 10))]
        assert b"".join(pieces) == content[start:stop]
        assert proxy.sent_bytes <= stop - start
        assert len(proxy.seen) <= 6


@pytest.mark.parametrize("seed", range(3))
def test_a_failing_store_gives_the_same_bytes(seed, s3_endpoint, bucket, monkeypatch):
    monkeypatch.setattr(stores, "FIRST_WAIT", 0.001)
    monkeypatch.setattr(stores, "ATTEMPTS", 20)
    contents = {f"{number}.bin": bytes([number]) * (number * 100_000) for number in range(6)}
    with faulty_proxy(s3_endpoint, schedule(seed, 0.4)) as proxy:
        use(proxy.endpoint, monkeypatch)
        for name, content in contents.items():
            files.write_bytes(files.join(bucket, "a", name), content)
        assert files.names(files.join(bucket, "a")) == sorted(contents)
        assert {name: files.read_bytes(files.join(bucket, "a", name)) for name in contents} == contents
        assert all(files.exists(files.join(bucket, "a", name)) for name in contents)
        files.remove(files.join(bucket, "a"))
        assert files.names(files.join(bucket, "a")) == []
        assert sum(proxy.failed.values()) >= 5


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "late"])
def test_a_store_that_stays_broken_is_a_clear_error(fault, s3_endpoint, bucket, monkeypatch):
    monkeypatch.setattr(stores, "FIRST_WAIT", 0.001)
    url = files.join(bucket, "file.bin")
    files.write_bytes(url, b"content")
    with faulty_proxy(s3_endpoint, schedule(0, 1, [fault])) as proxy:
        use(proxy.endpoint, monkeypatch)
        if fault != "cut":  # the answer to a write has no middle
            with pytest.raises(AssayError, match=f"{url}: the store failed 8 times"):
                files.write_bytes(url, b"new")
            assert 8 <= len(proxy.seen) <= 16  # the client itself renews a connection that was reset
        with pytest.raises(AssayError, match=f"{url}: the store failed 8 times"):
            files.read_bytes(url)


def test_a_bucket_that_is_not_there(bucket):
    with pytest.raises(UserError, match=r"s3://no-such-bucket-here/runs: .*no such bucket"):
        files.check_writable("s3://no-such-bucket-here/runs")
    files.check_writable(files.join(bucket, "runs"))
    assert files.names(bucket) == []


def test_wrong_and_missing_credentials(tmp_path, monkeypatch):
    with s3_server(tmp_path, INITIAL_NO_AUTH_ACTION_COUNT="0") as endpoint:
        use(endpoint, monkeypatch)
        with pytest.raises(UserError, match=r"refuses access .* credentials"):
            files.check_writable("s3://bucket/runs")
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
        S3FileSystem.clear_instance_cache()
        with pytest.raises(UserError, match=r"refuses access .* credentials"):
            files.check_writable("s3://bucket/runs")


@pytest.mark.parametrize(("package", "url"), [("s3fs", "s3://b/k"), ("gcsfs", "gs://b/k")])
def test_a_missing_package_is_named(package, url):
    program = (
        f"import sys; sys.modules['{package}'] = None\n"
        "from pipeline import files; from pipeline.errors import UserError\n"
        f"try: files.exists('{url}')\n"
        "except UserError as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "pip install 'assay[" in said
    assert url in said
