"""From what a user names (files, folders, globs, URLs) to a list of files."""

from __future__ import annotations

import glob
import logging
import os
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xxhash

from pipeline import files
from pipeline.errors import UserError
from pipeline.sources import names
from pipeline.sources.config import MIB, Source
from pipeline.sources.own import DESCRIPTION, file_name
from pipeline.stores import FIRST_CONTACT, each_at_once, reach, retried

_log = logging.getLogger(__name__)
_REMEDY = "Set source.format in the recipe, or rename it; known: " + " ".join(names.FORMATS)


# What stores call the version of an object in their listings. Web servers' tags may differ from one to the next.
_TAGS = ("ETag", "md5Hash", "blob_id")


@dataclass(frozen=True, order=True)
class FoundFile:
    """A file to read. `bytes` is -1 where its store does not tell; `tag` is the store's own name for the content."""

    path: str
    bytes: int
    tag: str = ""


@dataclass(frozen=True)
class InputFile:
    """A file that a run reads. The fingerprint is xxh3_128 of its size and of the tag that its store gives the
    content; without one, of its first, middle and last MiB."""

    path: str
    bytes: int
    fingerprint: str


def describe_inputs(found: Sequence[FoundFile]) -> list[InputFile]:
    """These files with their fingerprints."""
    prints = each_at_once(_fingerprint, found) if any(map(_is_remote, found)) else map(_fingerprint, found)
    return [InputFile(file.path, file.bytes, made) for file, made in zip(found, prints, strict=True)]


def find_files(inputs: Sequence[str], config: Source) -> list[FoundFile]:
    """All files that the inputs name, sorted by path, each one once.

    A folder gives all files below it, but for hidden ones (`.name`, `_name`). Files of an unknown format are
    an error where they are named, and are passed over, with one warning, where a folder or a glob holds them.

    Raises:
        UserError: nothing is there, a glob or folder gives no file that can be read, the format is unknown,
        or a store refuses access.
        AssayError: a store cannot be reached.
    """
    if not inputs:
        raise UserError("no input: name files, folders, globs or URLs to read")
    found: dict[str, FoundFile] = {}
    unknown: list[str] = []
    for entry in inputs:
        known, others = _sorted_out(entry, config)
        for file in known:
            found.setdefault(_identity(file.path), file)
        unknown += others
    for path in [path for path in found if _tells_of_a_sample(path, found)]:
        del found[path]
    if unknown:
        shown = ", ".join(sorted(unknown)[:5]) + (", ..." if len(unknown) > 5 else "")
        _log.warning("passed over %d files of unknown format: %s. %s", len(unknown), shown, _REMEDY)
    return sorted(found.values())


def _sorted_out(entry: str, config: Source) -> tuple[list[FoundFile], list[str]]:
    """The files of one input, and those of an unknown format."""
    listed, named = _local(entry) if _is_local(entry) else _remote(entry)
    known, unknown = [], []
    for file in listed:
        if config.format == "auto" and names.format_of(file.path) is None:
            unknown.append(file.path)
        else:
            known.append(file)
    if named and unknown:
        raise UserError(f"{entry}: the name does not say what format it is. {_REMEDY}")
    if not known:
        other = f", only files of unknown format, such as {sorted(unknown)[0]}. {_REMEDY}" if unknown else ""
        raise UserError(f"{entry}: no file to read here{other}")
    return known, unknown


def _is_local(entry: str) -> bool:
    return "://" not in entry


def _is_remote(file: FoundFile) -> bool:
    return not _is_local(file.path)


def _local(entry: str) -> tuple[list[FoundFile], bool]:
    """The files, and whether the entry is one by name."""
    path = Path(entry)
    if path.is_dir():
        return _below(path), False
    if path.exists():
        return [FoundFile(entry, path.stat().st_size)], True
    if not glob.has_magic(entry):
        raise UserError(f"{entry}: no such file or folder")
    listed: list[FoundFile] = []
    for match in map(Path, glob.glob(entry, recursive=True)):  # noqa: PTH207 - patterns may be absolute
        listed += _below(match) if match.is_dir() else [FoundFile(str(match), match.stat().st_size)]
    if not listed:
        raise UserError(
            f"{entry}: the glob matches no file (quoted, it is matched by assay, relative to {Path.cwd()})"
        )
    return listed, False


def _below(folder: Path) -> list[FoundFile]:
    return [
        FoundFile(str(path), path.stat().st_size)
        for path in folder.rglob("*")
        if path.is_file() and not _hidden(path.relative_to(folder).parts)
    ]


def _remote(entry: str) -> tuple[list[FoundFile], bool]:
    """The same on any fsspec store, in a request or a few."""
    filesystem, path = reach(entry)
    try:
        return retried(entry, lambda: _listed(filesystem, path, entry), FIRST_CONTACT)
    except FileNotFoundError:
        raise UserError(f"{entry}: no such file or folder") from None
    except ValueError as error:
        raise UserError(f"{entry}: {error}") from None


def _listed(filesystem: Any, path: str, entry: str) -> tuple[list[FoundFile], bool]:
    if glob.has_magic(path) and not filesystem.exists(path):
        matches = filesystem.glob(path, detail=True).values()
        if not matches:
            raise UserError(f"{entry}: the glob matches no file")
        return _infos(filesystem, matches), False
    info = filesystem.info(path)
    if info.get("type") != "directory":
        return [FoundFile(entry, _size(info), _tag(filesystem, info))], True
    below = [
        info
        for name, info in filesystem.find(path, detail=True).items()
        if not _hidden(name[len(path) :].strip("/").split("/"))
    ]
    return _infos(filesystem, below), False


def _infos(filesystem: Any, infos: Iterable[dict[str, Any]]) -> list[FoundFile]:
    return [
        FoundFile(str(filesystem.unstrip_protocol(info["name"])), _size(info), _tag(filesystem, info))
        for info in infos
        if info.get("type") != "directory"
    ]


def _tag(filesystem: Any, info: dict[str, Any]) -> str:
    if "http" in filesystem.protocol:
        return ""
    return next((str(info[name]) for name in _TAGS if info.get(name)), "")


def _size(info: dict[str, Any]) -> int:
    size = info.get("size")
    return size if isinstance(size, int) else -1


def _tells_of_a_sample(path: str, found: Container[str]) -> bool:
    """Whether it is the description that `assay sample` writes beside its first file, and holds no documents."""
    folder, _, name = path.rpartition("/")
    return name == DESCRIPTION and f"{folder}/{file_name(0)}" in found


def _hidden(parts: Sequence[str]) -> bool:
    return any(part.startswith((".", "_")) for part in parts)


def _identity(path: str) -> str:
    """One name for a file, however it was reached."""
    return os.path.realpath(path) if _is_local(path) else path


def _fingerprint(file: FoundFile) -> str:
    digest = xxhash.xxh3_128(str(file.bytes).encode())
    if file.tag:
        digest.update(file.tag.encode())
        return digest.hexdigest()
    with files.open_read(file.path) as content:
        if file.bytes < 0:
            digest.update(content.read(MIB))
        else:
            for start in sorted({0, max(0, file.bytes // 2 - MIB // 2), max(0, file.bytes - MIB)}):
                content.seek(start)
                digest.update(content.read(MIB))
    return digest.hexdigest()
