"""From what a user names (files, folders, globs, URLs) to a list of files."""

from __future__ import annotations

import glob
import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec
import xxhash

from pipeline import files
from pipeline.errors import UserError
from pipeline.sources import names
from pipeline.sources.config import MIB, Source

_log = logging.getLogger(__name__)
_REMEDY = "Set source.format in the recipe, or rename it; known: " + " ".join(names.FORMATS)


@dataclass(frozen=True)
class InputFile:
    """A file that a run reads. The fingerprint is xxh3_128 of its size and of its first, middle and last
    MiB."""

    path: str
    bytes: int
    fingerprint: str


def describe_inputs(inputs: Sequence[str], config: Source) -> list[InputFile]:
    """The files of these inputs, in the order in which they are read. Raises UserError as `find_files`."""
    return [InputFile(path, size, _fingerprint(path, size)) for path, size in find_files(inputs, config)]


def find_files(inputs: Sequence[str], config: Source) -> list[tuple[str, int]]:
    """Paths and sizes of all files that the inputs name, sorted by path, each one once.

    A folder gives all files below it, but for hidden ones (`.name`, `_name`). Files of an unknown format are
    an error where they are named, and are passed over, with one warning, where a folder or a glob holds them.

    Raises:
        UserError: nothing is there, a glob or folder gives no file that can be read, or the format is
        unknown.
    """
    if not inputs:
        raise UserError("no input: name files, folders, globs or URLs to read")
    found: dict[str, tuple[str, int]] = {}
    unknown: list[str] = []
    for entry in inputs:
        known, others = _sorted_out(entry, config)
        for path, size in known:
            found.setdefault(_identity(path), (path, size))
        unknown += others
    if unknown:
        shown = ", ".join(sorted(unknown)[:5]) + (", ..." if len(unknown) > 5 else "")
        _log.warning("passed over %d files of unknown format: %s. %s", len(unknown), shown, _REMEDY)
    return sorted(found.values())


def _sorted_out(entry: str, config: Source) -> tuple[list[tuple[str, int]], list[str]]:
    """The files of one input with their sizes, and those of an unknown format."""
    listed, named = _local(entry) if _is_local(entry) else _remote(entry)
    known, unknown = [], []
    for path, size in listed:
        if config.format == "auto" and names.format_of(path) is None:
            unknown.append(path)
        else:
            known.append((path, size))
    if named and unknown:
        raise UserError(f"{entry}: the name does not say what format it is. {_REMEDY}")
    if not known:
        other = f", only files of unknown format, such as {sorted(unknown)[0]}. {_REMEDY}" if unknown else ""
        raise UserError(f"{entry}: no file to read here{other}")
    return known, unknown


def _is_local(entry: str) -> bool:
    return "://" not in entry


def _local(entry: str) -> tuple[list[tuple[str, int]], bool]:
    """The files, and whether the entry is one by name."""
    path = Path(entry)
    if path.is_dir():
        return _below(path), False
    if path.exists():
        return [(entry, path.stat().st_size)], True
    if not glob.has_magic(entry):
        raise UserError(f"{entry}: no such file or folder")
    listed: list[tuple[str, int]] = []
    for match in map(Path, glob.glob(entry, recursive=True)):  # noqa: PTH207 - patterns may be absolute
        listed += _below(match) if match.is_dir() else [(str(match), match.stat().st_size)]
    if not listed:
        raise UserError(
            f"{entry}: the glob matches no file (quoted, it is matched by assay, relative to {Path.cwd()})"
        )
    return listed, False


def _below(folder: Path) -> list[tuple[str, int]]:
    return [
        (str(path), path.stat().st_size)
        for path in folder.rglob("*")
        if path.is_file() and not _hidden(path.relative_to(folder).parts)
    ]


def _remote(entry: str) -> tuple[list[tuple[str, int]], bool]:
    """The same on any fsspec store. A size that the store does not tell is -1."""
    try:
        filesystem, path = fsspec.core.url_to_fs(entry)
        if glob.has_magic(path) and not filesystem.exists(path):
            matches = filesystem.glob(path, detail=True).values()
            if not matches:
                raise UserError(f"{entry}: the glob matches no file")
            return _infos(filesystem, matches), False
        if filesystem.isdir(path) and not filesystem.isfile(path):
            below = [
                info
                for name, info in filesystem.find(path, detail=True).items()
                if not _hidden(name[len(path) :].strip("/").split("/"))
            ]
            return _infos(filesystem, below), False
        return [(entry, _size(filesystem.info(path)))], True
    except FileNotFoundError:
        raise UserError(f"{entry}: no such file or folder") from None
    except (ImportError, ValueError) as error:  # no such protocol, or its package is missing
        raise UserError(f"{entry}: {error}") from None


def _infos(filesystem: fsspec.AbstractFileSystem, infos: Iterable[dict[str, Any]]) -> list[tuple[str, int]]:
    return [
        (str(filesystem.unstrip_protocol(info["name"])), _size(info))
        for info in infos
        if info.get("type") != "directory"
    ]


def _size(info: dict[str, Any]) -> int:
    size = info.get("size")
    return size if isinstance(size, int) else -1


def _hidden(parts: Sequence[str]) -> bool:
    return any(part.startswith((".", "_")) for part in parts)


def _identity(path: str) -> str:
    """One name for a file, however it was reached."""
    return os.path.realpath(path) if _is_local(path) else path


def _fingerprint(path: str, size: int) -> str:
    digest = xxhash.xxh3_128(str(size).encode())
    with files.open_read(path) as file:
        if size < 0:
            digest.update(file.read(MIB))
        else:
            for start in sorted({0, max(0, size // 2 - MIB // 2), max(0, size - MIB)}):
                file.seek(start)
                digest.update(file.read(MIB))
    return digest.hexdigest()
