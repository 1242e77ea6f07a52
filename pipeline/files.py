"""Files of a run, local or on any fsspec store: opened by URL, committed whole or not at all."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import UserError
from pipeline.readahead import ReadAhead
from pipeline.stores import FIRST_CONTACT, protocol, reach, renames, retried

UNFINISHED = ".unfinished-"


def join(folder: str, *names: str) -> str:
    """`folder/name/...`, for a URL as for a path."""
    return "/".join([folder.rstrip("/"), *names])


def absolute(url: str) -> str:
    """The same place, whatever the working directory becomes."""
    return url if "://" in url else str(Path(url).absolute())


def local_path(url: str) -> Path | None:
    """Where this is on this machine; None where it is on another."""
    if "://" in url and not url.startswith("file://"):
        return None
    return Path(url.removeprefix("file://"))


def exists(url: str) -> bool:
    place = local_path(url)
    if place is not None:
        return place.exists()
    filesystem, path = reach(url)
    return bool(retried(url, lambda: filesystem.exists(path)))


def open_read(url: str, stop: int | None = None) -> BinaryIO:
    """Open for reading, with seek.

    A file of a store is read by ranges, ahead of the reader but not beyond the byte `stop`, and a request that
    fails is made again (`pipeline.stores.retried`).

    Raises:
        FileNotFoundError: there is no such file.
        UserError: its store refuses access.
        AssayError: its store fails for good; reading may raise it too.
    """
    place = local_path(url)
    if place is not None:
        return place.open("rb")
    filesystem, path = reach(url)
    file = retried(url, lambda: filesystem.open(path, "rb", cache_type="none"))
    if getattr(file, "size", None) is None:
        return cast(BinaryIO, file)  # a web server that takes no ranges: it can only be read through, once
    return cast(BinaryIO, ReadAhead(file, url, stop))


@contextmanager
def commit(url: str) -> Iterator[BinaryIO]:
    """Write a file that appears under its name only when it is complete.

    Locally it is written beside its place, synced and renamed. For a store it is written to a temporary file of
    this machine and uploaded when it is complete: an object store shows an object when its upload has ended, and
    HDFS and its like get it beside its place and rename it. So a writer that fails or is killed has sent nothing, a
    failed upload is made again from its beginning, and both hold for every fsspec backend. Writing through
    to the store would need less local disk, but most backends take the closing of a half-written file for
    its end.

    Two writers of the same name write the same bytes (units are idempotent), so it does not matter which of them is
    last.

    Raises:
        OSError: the disk is full (the message names the place), or whatever the body raises.
        UserError, AssayError: the store refuses or fails for good.
    """
    place = local_path(url)
    if place is not None:
        with _written_beside(place) as file:
            yield file
        return
    with _disk_named(tempfile.gettempdir()), tempfile.NamedTemporaryFile(prefix="assay-upload-") as spool:
        yield cast(BinaryIO, spool)
        spool.flush()
        _upload(spool.name, url)


@contextmanager
def _written_beside(place: Path) -> Iterator[BinaryIO]:
    place.parent.mkdir(parents=True, exist_ok=True)
    unfinished = place.with_name(f"{UNFINISHED}{uuid.uuid4().hex}-{place.name}")
    try:
        with _disk_named(str(place), str(unfinished)):
            with unfinished.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(place)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    _sync_folder(place.parent)


def _sync_folder(folder: Path) -> None:
    """Make a rename last through a power cut: a ledger file must not outlive the part that it tells of."""
    with suppress(OSError):  # some network file systems cannot, and need not
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _disk_named(path: str, *names: str) -> Iterator[None]:
    """A full disk does not say where it is."""
    try:
        yield
    except OSError as error:
        if error.errno is None or error.filename not in (None, *names):
            raise
        raise type(error)(error.errno, error.strerror, path) from error


def _upload(local: str, url: str) -> None:
    filesystem, path = reach(url)
    if not renames(url):
        retried(url, lambda: filesystem.put_file(local, path))
        return
    folder, _, name = path.rpartition("/")
    unfinished = f"{folder}/{UNFINISHED}{uuid.uuid4().hex}-{name}"

    def place() -> None:
        filesystem.put_file(local, unfinished)
        if filesystem.exists(path):  # HDFS does not rename onto a file
            filesystem.rm_file(path)
        filesystem.mv(unfinished, path)

    retried(url, place)


def read_bytes(url: str) -> bytes:
    with open_read(url) as file:
        return file.read()


def write_bytes(url: str, content: bytes) -> None:
    with commit(url) as file:
        file.write(content)


def write_table(url: str, table: pa.Table) -> None:
    """One Parquet file, zstd."""
    with commit(url) as file:
        pq.write_table(table, file, compression="zstd")


def read_table(url: str, columns: list[str] | None = None) -> pa.Table:
    with open_read(url) as file:
        return pq.read_table(file, columns=columns)


def names(folder: str) -> list[str]:
    """What is directly in this folder, finished or not, sorted; nothing where there is no such folder."""
    filesystem, path = reach(folder)
    try:
        found = retried(folder, lambda: filesystem.ls(path, detail=False))
    except FileNotFoundError:
        return []
    inside = (str(entry).rstrip("/") for entry in found)
    return sorted(name.rsplit("/", 1)[-1] for name in inside if name != path.rstrip("/"))


def list_files(folder: str, suffix: str = "") -> list[str]:
    """The finished files directly in this folder, sorted, as URLs; none where there is no such folder."""
    return [
        join(folder, name)
        for name in names(folder)
        if name.endswith(suffix) and not name.startswith(UNFINISHED)
    ]


def remove(url: str) -> None:
    """Remove a file or a folder with all that is in it; nothing happens where there is none."""
    filesystem, path = reach(url)

    def gone() -> None:
        with suppress(FileNotFoundError):
            filesystem.rm(path, recursive=True)

    retried(url, gone)


def remove_unfinished(folder: str) -> None:
    """Remove what writers that were killed left behind in a folder, however deep.

    On S3 that is the pieces of large uploads, which nobody sees and somebody pays for. Where they may not be listed,
    a lifecycle rule of the bucket has to do it. An upload that another writer is at starts again.
    """
    place = local_path(folder)
    if place is not None:
        for left in place.rglob(f"{UNFINISHED}*"):
            left.unlink(missing_ok=True)
        return
    filesystem, path = reach(folder)
    if renames(folder):
        for found in retried(folder, lambda: filesystem.find(path)):
            if found.rpartition("/")[2].startswith(UNFINISHED):
                remove(f"{folder.partition('://')[0]}://{found.lstrip('/')}")
    elif protocol(folder) in ("s3", "s3a"):
        with suppress(UserError):
            retried(folder, lambda: _abort_uploads(filesystem, path))


def _abort_uploads(filesystem: Any, path: str) -> None:
    bucket, prefix, _ = filesystem.split_path(path)
    marker: dict[str, str] = {}
    while True:
        listed = filesystem.call_s3("list_multipart_uploads", Bucket=bucket, Prefix=f"{prefix}/", **marker)
        for upload in listed.get("Uploads", ()):
            with suppress(FileNotFoundError):  # it ended meanwhile
                filesystem.abort_mpu(bucket, upload["Key"], upload["UploadId"])
        if not listed.get("IsTruncated"):
            return
        marker = {"KeyMarker": listed["NextKeyMarker"], "UploadIdMarker": listed["NextUploadIdMarker"]}


def check_writable(folder: str) -> None:
    """Find out, before anything is read, whether a store takes and gives up files; nothing is done locally.

    Raises:
        UserError: there is no such bucket, no permission, or the package of the store is missing.
        AssayError: the store cannot be reached.
    """
    if local_path(folder) is not None:
        return
    url = join(folder, f"{UNFINISHED}check-{uuid.uuid4().hex}")
    filesystem, path = reach(url)
    try:
        retried(url, lambda: filesystem.pipe_file(path, b"assay"), FIRST_CONTACT)
        retried(url, lambda: filesystem.rm_file(path), FIRST_CONTACT)
    except FileNotFoundError as error:
        raise UserError(f"{folder}: cannot be written, there is no such bucket ({error})") from error
