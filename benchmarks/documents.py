"""What benchmarks read: JSON Lines of any size, web archives, and where nobody names any, what is at hand."""

from __future__ import annotations

import gzip
import random
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import count, islice
from pathlib import Path
from typing import Any

import orjson

ROOT = Path(__file__).resolve().parents[1]
REAL = ROOT.parent / "shared" / "data"
FILE_BYTES = 64 << 20
MARGIN = 1 << 20  # so that a file is one unit
DEALT_AMONG = 1000


def default_documents(folder: Path) -> list[Path]:
    """Real forum posts where they lie beside the checkout, else what is kept of the embedded sample."""
    return sorted((REAL / "text" / "reddit").glob("*.jsonl.gz")) or [sample_documents(folder)]


def default_archives(folder: Path) -> list[Path]:
    """Real web archives where they lie beside the checkout, else the embedded sample."""
    return sorted((REAL / "web").glob("ota-*.warc.gz")) or sorted(_sample_web(folder).glob("*.warc.gz"))


def sample_documents(folder: Path) -> Path:
    """The documents that the quickstart recipe keeps of the embedded sample, as JSON Lines."""
    import pyarrow.dataset as parquet

    kept = folder / "kept"
    _assay("run", ROOT / "configs/quickstart.yaml", _sample_web(folder) / "*.warc*", "--out", kept)
    rows = parquet.dataset(kept / "parts", format="parquet").to_table(["id", "url", "text"]).to_pylist()
    path = folder / "sample.jsonl"
    write_lines(path, rows)
    return path


def _sample_web(folder: Path) -> Path:
    web = folder / "web"
    if not web.exists():
        _assay("sample-web", web)
    return web


def _assay(*arguments: object) -> None:
    command = [sys.executable, "-m", "pipeline.cli", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)


def write_lines(path: Path, rows: Iterable[Any]) -> None:
    """JSON Lines of these rows."""
    with path.open("wb") as file:
        file.writelines(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def write_input(paths: Sequence[Path], size: int, folder: Path, file_bytes: int = FILE_BYTES - MARGIN) -> int:
    """JSON Lines files of about `file_bytes` each, `size` bytes in all; the number of documents.

    When the documents are used up they come again with other ids and addresses and their sentences dealt out anew among
    a thousand documents, so that a repeated document is the same kind of text but no copy.
    """
    folder.mkdir(parents=True)
    lines = (orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE) for document in _endless(paths))
    documents = written = 0
    for number in count():
        with (folder / f"part-{number:05d}.jsonl").open("wb") as file:
            for line in lines:
                file.write(line)
                documents, written = documents + 1, written + len(line)
                if written >= size:
                    return documents
                if file.tell() >= file_bytes:
                    break
    raise AssertionError("the documents are endless")


def _endless(paths: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """The documents, and then the documents with their sentences dealt out anew, again and again."""
    for round_ in count():
        documents = iter(_read(paths))
        while group := list(islice(documents, DEALT_AMONG)):
            if round_:
                _deal(group, random.Random(f"{round_} {group[0]['id']}"))
            for document in group:
                again = {"url": f"{document['url']}?again={round_}"} if round_ else {}
                yield {**document, **again, "id": f"{document['id']}-{round_}"}


def _deal(documents: list[dict[str, Any]], draw: random.Random) -> None:
    """Give every document as many sentences as it had, of any of these documents."""
    cut = [re.split(r"(?<=[.!?\n])(?=\s)", document["text"]) for document in documents]
    sentences = [sentence for document in cut for sentence in document]
    draw.shuffle(sentences)
    remaining = iter(sentences)
    for document, its in zip(documents, cut, strict=True):
        document["text"] = "".join(islice(remaining, len(its)))


def _read(paths: Sequence[Path]) -> Iterator[dict[str, Any]]:
    for path in paths:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
            for line in lines:
                found = orjson.loads(line)
                identity = str(found["id"])
                address = found.get("url") or f"https://example.org/{identity}"
                yield {"id": identity, "url": address, "text": found["text"]}


def texts_of(path: Path) -> Iterator[str]:
    """The texts of a JSON Lines file."""
    with path.open("rb") as lines:
        for line in lines:
            yield orjson.loads(line)["text"]


def folded(path: Path) -> Iterator[dict[str, str]]:
    """The documents of a JSON Lines file with their texts as near-duplicate detection sees them."""
    folding = _Folding()
    for number, text in enumerate(texts_of(path)):
        words = [word for word in text.translate(folding).split(" ") if word]
        yield {"id": str(number), "text": " ".join(words)}


class _Folding(dict[int, str]):
    """What each character counts as (`Normalisation.character`), found out when it is first met."""

    def __missing__(self, code: int) -> str:
        from pipeline.dedup.normalise import Normalisation

        self[code] = " ".join(Normalisation().words(f"a{chr(code)}a")).removeprefix("a").removesuffix("a")
        return self[code]


def pages(archive: Path) -> Iterator[dict[str, str]]:
    """The HTML of a web archive's pages, decoded as a run decodes it."""
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    from pipeline.sources.charset import decode_page

    with archive.open("rb") as file:
        for record in ArchiveIterator(file, record_types=WarcRecordType.response):
            if "html" in (record.http_content_type or ""):
                body = record.reader.read()
                yield {"html": decode_page(body, record.http_headers.get("Content-Type") or "").text}
