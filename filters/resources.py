"""The files that stages need: fetched once before a run, hashed, and word lists read from them."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator, Mapping
from importlib import resources as packages
from pathlib import Path
from typing import BinaryIO, cast

import fsspec
from pydantic import BaseModel, ConfigDict, Field

from filters.stage import Resource

PACKAGE = "package:"
_BLOCK = 1 << 20


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in lower-case hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def is_local(resource: Resource) -> bool:
    """Whether it is a file of this machine, and not at a URL."""
    location = resource.location
    return location.startswith((PACKAGE, "file://")) or "://" not in location


def _open(url: str) -> BinaryIO:
    return cast(BinaryIO, fsspec.open(url, "rb").open())


def fetch(resource: Resource, cache: Path, open_url: Callable[[str], BinaryIO] = _open) -> Path:
    """The local path of a resource.

    A local file (also as `file://`) and a package's file are used where they lie. Anything else is
    downloaded once into `cache`, under a name made of its address, and appears there only when it is whole
    and its hash is right; `open_url` says how a URL is opened. Raises ValueError, naming the location, where
    there is no such file or its SHA-256 is not the one that was given.
    """
    location = resource.location
    if location.startswith(PACKAGE):
        path = _in_package(location)
    elif is_local(resource):
        path = Path(location.removeprefix("file://")).expanduser()
    else:
        return _downloaded(resource, cache, open_url)
    if not path.is_file():
        raise ValueError(f"{location}: there is no such file. Give a path, a URL or package:MODULE/FILE")
    _check(resource, path)
    return path


def _in_package(location: str) -> Path:
    module, _, file = location.removeprefix(PACKAGE).partition("/")
    try:
        return Path(str(packages.files(module).joinpath(file)))
    except (ModuleNotFoundError, ValueError, TypeError) as error:
        raise ValueError(f"{location}: there is no installed package {module!r}") from error


def _downloaded(resource: Resource, cache: Path, open_url: Callable[[str], BinaryIO]) -> Path:
    location = resource.location
    address = hashlib.sha256(location.encode()).hexdigest()[:16]
    path = cache / f"{address}-{location.rstrip('/').rsplit('/', 1)[-1].partition('?')[0]}"
    if path.is_file() and resource.sha256 in (None, sha256(path)):
        return path
    cache.mkdir(parents=True, exist_ok=True)
    unfinished = cache / f".unfinished-{uuid.uuid4().hex}"
    try:
        with open_url(location) as source, unfinished.open("wb") as target:
            while block := source.read(_BLOCK):
                target.write(block)
        _check(resource, unfinished)
        unfinished.replace(path)
    except ValueError:
        raise
    except Exception as error:  # each kind of store has its own
        raise ValueError(f"{location}: cannot be fetched ({type(error).__name__}: {error})") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def _check(resource: Resource, path: Path) -> None:
    if resource.sha256 is None:
        return
    found = sha256(path)
    if found != resource.sha256:
        raise ValueError(
            f"{resource.location}: its sha256 is {found}, and the recipe wants {resource.sha256}. "
            "Correct the recipe if the file was changed on purpose; do not use the file otherwise"
        )


class Entries(BaseModel):
    """A list that is given in the recipe, in files, or both."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    entries: tuple[str, ...] = Field(default=(), description="Entries written here.")
    files: tuple[Resource, ...] = Field(
        default=(),
        description="Files of one entry a line; empty lines and lines that start with # are not entries.",
    )

    def resources(self, setting: str) -> dict[str, Resource]:
        """Its files, named after the setting that they stand in."""
        return {f"{setting}.{place}": file for place, file in enumerate(self.files)}

    def read(self, setting: str, files: Mapping[str, Path]) -> Iterator[str]:
        """Every entry, stripped. `files` are the local paths of what `resources` named."""
        yield from filter(None, (entry.strip() for entry in self.entries))
        for name in self.resources(setting):
            yield from read_entries(files[name])


def read_entries(path: Path) -> Iterator[str]:
    """The entries of a list file: UTF-8, what is not valid in it is replaced."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        for line in file:
            entry = line.strip()
            if entry and not entry.startswith("#"):
                yield entry
