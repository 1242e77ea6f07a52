"""What a file's name says: its format, its stem, its collection."""

from __future__ import annotations

import re

from pipeline.sources.unit import Format

FORMATS: dict[str, Format] = {
    ".warc": "warc",
    ".wat": "warc",
    ".wet": "wet",
    ".arc": "arc",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "text",
    ".text": "text",
    ".md": "text",
}
COMPRESSIONS = (".gz", ".zst", ".zstd", ".bz2", ".xz", ".lz4")

_NUMBERS = re.compile(r"(?:^|[-_.])[\d]+(?:[-_.]\d+)*$")


def _split(path: str) -> tuple[str, str]:
    """The folder's name and the file's name."""
    parts = [part for part in re.split(r"[/\\]", path.split("://", 1)[-1]) if part]
    return (parts[-2] if len(parts) > 1 else "", parts[-1] if parts else path)


def _suffix(name: str) -> str:
    return "." + name.rsplit(".", 1)[1].lower() if "." in name[1:] else ""


def bare(path: str) -> str:
    """The file's name without a compression suffix."""
    name = _split(path)[1]
    return name[: -len(_suffix(name))] if _suffix(name) in COMPRESSIONS else name


def format_of(path: str) -> Format | None:
    """The format that the name promises (`posts.jsonl.gz`), or None."""
    return FORMATS.get(_suffix(bare(path)))


def stem(path: str) -> str:
    """The file's name without its known suffixes: `a/ota-00003.warc.gz` gives `ota-00003`."""
    name = bare(path)
    while _suffix(name) in FORMATS:
        name = name[: -len(_suffix(name))]
    return name


def collection(path: str) -> str:
    """A name for what the file is a piece of: its stem without trailing numbers, else its folder's name.

    `ota-dating-00003.warc.gz` gives `ota-dating`, `CC-MAIN-20240220-00000.warc.gz` gives `CC-MAIN`,
    `news/0001.jsonl` gives `news`.
    """
    return _NUMBERS.sub("", stem(path)) or _split(path)[0] or stem(path)
