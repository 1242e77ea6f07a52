"""Reading: every record of a web archive with its body, every line of JSON, plain and compressed."""

from __future__ import annotations

import subprocess
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.contestants import Inputs, Work


def assay_archive(inputs: Inputs) -> Work:
    from benchmarks.contestants.assay import unit
    from pipeline.sources import http_message
    from pipeline.sources.config import Limits
    from pipeline.sources.records import Record, read_records, starts_record
    from pipeline.sources.streams import blocks, open_range
    from pipeline.sources.warc import Warc
    from pipeline.sources.window import stretches

    whole, limits, rules = unit(inputs.archive, "warc"), Limits(), Warc()
    begins = partial(starts_record, rules)

    def bodies() -> list[int]:
        found = []
        with open_range(whole) as (stored, compression):
            for window in stretches(blocks(stored, compression, limits, begins), begins):
                for record in read_records(window, rules, limits.raw_bytes):
                    response = _response(record)
                    if response is not None:
                        found.append(len(http_message.body(response, limits.raw_bytes)))
        return found

    def _response(record: Any) -> Any:
        is_response = isinstance(record, Record) and record.headers.get("warc-type") == "response"
        return http_message.parse(record.content) if is_response else None

    return Work(_stored(inputs.archive), bodies, list)


def warcio(inputs: Inputs) -> Work:
    from warcio.archiveiterator import ArchiveIterator

    def bodies() -> list[int]:
        with Path(inputs.archive).open("rb") as file:
            return [
                len(record.content_stream().read())
                for record in ArchiveIterator(file)
                if record.rec_type == "response"
            ]

    return Work(_stored(inputs.archive), bodies, list)


def fastwarc(inputs: Inputs) -> Work:
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    def bodies() -> list[int]:
        with Path(inputs.archive).open("rb") as file:
            records = ArchiveIterator(file, record_types=WarcRecordType.response)
            return [len(record.reader.read()) for record in records]

    return Work(_stored(inputs.archive), bodies, list)


def assay_lines(inputs: Inputs) -> Work:
    """Not only objects, but batches of documents with all their columns."""
    return _assay_lines(inputs.texts, inputs.texts)


def assay_compressed(inputs: Inputs) -> Work:
    return _assay_lines(inputs.compressed, inputs.texts)


def _assay_lines(path: str, plain: str) -> Work:
    from benchmarks.contestants.assay import unit
    from pipeline.sources.config import Source
    from pipeline.sources.read import read_unit

    whole = unit(path)
    return Work(
        _stored(plain),
        lambda: sum(chunk.documents.num_rows for chunk in read_unit(whole, Source())),
        lambda documents: [documents],
    )


def json(inputs: Inputs) -> Work:
    from json import loads

    return _parsed(inputs, loads)


def orjson(inputs: Inputs) -> Work:
    from orjson import loads

    return _parsed(inputs, loads)


def _parsed(inputs: Inputs, loads: Any) -> Work:
    def documents() -> int:
        count = 0
        with Path(inputs.texts).open("rb") as lines:
            for line in lines:
                count += isinstance(loads(line), dict)
        return count

    return Work(_stored(inputs.texts), documents, lambda count: [count])


def zcat(inputs: Inputs) -> Work:
    def count() -> int:
        done = subprocess.run(
            f"zcat < '{inputs.compressed}' | wc -l", shell=True, check=True, capture_output=True
        )
        return int(done.stdout)

    return Work(_stored(inputs.texts), count, lambda lines: [lines])


def _stored(path: str) -> float:
    return Path(path).stat().st_size / 1e6
