"""What the writer writes, two independent readers read."""

from datetime import UTC, datetime
from io import BytesIO
from random import Random

import pytest
from fastwarc.warc import ArchiveIterator
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from pipeline.sample.warc import Recorder, timestamp, write_warc

DATE = datetime(2023, 3, 14, 15, 9, 26, tzinfo=UTC)
BLOCKS = st.lists(st.binary(max_size=300), min_size=1, max_size=5)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("warc") / "file.warc"


def written(path, blocks, packing, seed=0):
    recorder = Recorder(Random(seed))
    records = [
        recorder.record("resource", DATE, block, "application/octet-stream", f"https://a.example/{n}", block)
        for n, block in enumerate(blocks)
    ]
    write_warc(path, records, packing)
    return path.read_bytes()


@given(BLOCKS, st.sampled_from(["records", "file", "none"]))
def test_fastwarc_reads_every_record_and_finds_its_digests_right(path, blocks, packing):
    stream = BytesIO(written(path, blocks, packing))
    read = []
    for number, record in enumerate(ArchiveIterator(stream, parse_http=False)):
        assert record.headers["WARC-Target-URI"] == f"https://a.example/{number}"
        assert record.headers["WARC-Date"] == "2023-03-14T15:09:26Z" == timestamp(DATE)
        assert record.verify_block_digest()
        read.append(record.reader.read())
    assert read == blocks


@given(BLOCKS, st.sampled_from(["records", "none"]))
def test_warcio_reads_every_record(path, blocks, packing):
    stream = BytesIO(written(path, blocks, packing))
    assert [record.content_stream().read() for record in WarcioIterator(stream)] == blocks


@given(BLOCKS, st.sampled_from(["records", "file", "none"]), st.integers(0, 9))
def test_a_seed_gives_the_same_bytes(path, blocks, packing, seed):
    assert written(path, blocks, packing, seed) == written(path, blocks, packing, seed)
