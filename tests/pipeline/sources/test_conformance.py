"""The files that eighteen public tools test themselves with."""

import logging
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator as FastWarc
from samples import read_all
from warcio.archiveiterator import ArchiveIterator as Warcio

from pipeline.errors import UserError
from pipeline.sources import names
from pipeline.sources.config import Source
from pipeline.sources.inputs import find_files


@pytest.fixture(scope="module")
def archives(shared_data: Path) -> list[Path]:
    folder = shared_data / "web" / "conformance"
    files = [path for path in folder.rglob("*") if names.format_of(str(path)) in ("warc", "wet", "arc")]
    assert len(files) > 200
    return sorted(path for path in files if path.is_file())


def counted_by_others(path: Path) -> set[int]:
    """The numbers of records that warcio and FastWARC find, of those that read the file to its end."""
    counts = set()
    with path.open("rb") as file:
        try:
            counts.add(sum(1 for _ in Warcio(file, arc2warc=False)))
        except Exception as error:  # each has errors of its own for damaged files
            logging.getLogger(__name__).debug("warcio on %s: %s", path, error)
    try:
        counts.add(sum(1 for _ in FastWarc(path.open("rb"), parse_http=False)))
    except OSError as error:
        logging.getLogger(__name__).debug("FastWARC on %s: %s", path, error)
    return counts


def test_every_record_is_read_or_named(archives: list[Path]) -> None:
    """Nothing raises; sound files have as many records as others find in them; damage has its place and
    cause."""
    documents = agreed = 0
    for path in archives:
        rows, unreadable = read_all(path)
        documents += len(rows)
        assert all(entry.path == str(path) and entry.cause and entry.detail for entry in unreadable)
        assert all(0 <= entry.offset <= path.stat().st_size for entry in unreadable)
        damaged = any(
            entry.kind == "unreadable" and entry.cause not in ("bad_http", "record_too_long")
            for entry in unreadable
        )
        counts = counted_by_others(path)
        if not damaged and counts and path.stat().st_size > 10:
            assert len(rows) + len(unreadable) in counts, path
            agreed += 1
    assert documents > 700
    assert agreed > 170


def test_any_cut_gives_the_same(archives: list[Path]) -> None:
    for path in archives:
        if 10_000 < path.stat().st_size < 250_000:
            assert read_all(path, unit_bytes=5_000) == read_all(path, unit_bytes=1 << 30), path


def test_other_files_are_refused_by_name_and_passed_over_in_folders(
    shared_data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = shared_data / "web" / "conformance" / "webrecorder+pywb" / "sample_archive"
    with pytest.raises(UserError, match=r"iana\.cdx.*source\.format"):
        find_files([str(folder / "cdx" / "iana.cdx")], Source())
    assert all(names.format_of(file.path) == "warc" for file in find_files([str(folder)], Source()))
    assert len(caplog.records) == 1
    with pytest.raises(UserError, match="only files of unknown format"):
        find_files([str(folder / "cdx")], Source())
