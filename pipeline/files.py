"""Files of a run, local or on any fsspec store: opened by URL, committed whole or not at all."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq

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
    filesystem, path = fsspec.core.url_to_fs(url)
    return bool(filesystem.exists(path))


def open_read(url: str) -> BinaryIO:
    """Open for reading, with seek."""
    filesystem, path = fsspec.core.url_to_fs(url)
    return cast(BinaryIO, filesystem.open(path, "rb"))


@contextmanager
def commit(url: str) -> Iterator[BinaryIO]:
    """Write a file that appears under its name only when it is complete.

    Locally it is written beside its place, synced and renamed. An object store shows an object only when its upload
    is closed, so there it is written in place, and an upload that fails is discarded. Two writers of the same name
    write the same bytes (units are idempotent), so it does not matter which of them is last.
    """
    filesystem, path = fsspec.core.url_to_fs(url)
    if "file" not in (
        filesystem.protocol if isinstance(filesystem.protocol, tuple) else (filesystem.protocol,)
    ):
        with filesystem.open(path, "wb") as file, _discarded_on_error(file):
            yield cast(BinaryIO, file)
        return
    place = Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    unfinished = place.with_name(f"{UNFINISHED}{uuid.uuid4().hex}-{place.name}")
    try:
        with unfinished.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(place)
    except BaseException as error:
        unfinished.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename in (None, str(unfinished)):
            raise type(error)(error.errno, error.strerror, path) from error  # a full disk does not say where
        raise


@contextmanager
def _discarded_on_error(file: object) -> Iterator[None]:
    try:
        yield
    except BaseException:
        discard = getattr(file, "discard", None)
        if discard is not None:
            discard()
        raise


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
    filesystem, path = fsspec.core.url_to_fs(folder)
    try:
        found = filesystem.ls(path, detail=False)
    except FileNotFoundError:
        return []
    return sorted(str(entry).rstrip("/").rsplit("/", 1)[-1] for entry in found)


def list_files(folder: str, suffix: str = "") -> list[str]:
    """The finished files directly in this folder, sorted, as URLs; none where there is no such folder."""
    return [
        join(folder, name)
        for name in names(folder)
        if name.endswith(suffix) and not name.startswith(UNFINISHED)
    ]


def remove(url: str) -> None:
    """Remove a file or a folder with all that is in it; nothing happens where there is none."""
    filesystem, path = fsspec.core.url_to_fs(url)
    if filesystem.exists(path):
        filesystem.rm(path, recursive=True)


def remove_unfinished(folder: str) -> None:
    """Remove what writers that were killed left behind in a local folder, however deep."""
    place = local_path(folder)
    for left in place.rglob(f"{UNFINISHED}*") if place else ():
        left.unlink(missing_ok=True)
