"""The files: all there, all readable but for the planted damage, the same for the same seed."""

import gzip
import json
import zlib
from io import BytesIO

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from pipeline.sample import write_sample

CUT = "spring-00001.warc.gz"


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    folder = tmp_path_factory.mktemp("other") / "made" / "if need be"
    write_sample(folder, seed=1)
    return folder


def test_the_same_seed_gives_the_same_files(sample, tmp_path):
    write_sample(tmp_path)
    names = sorted(path.name for path in sample.iterdir())
    assert names == sorted(path.name for path in tmp_path.iterdir())
    assert all((sample / name).read_bytes() == (tmp_path / name).read_bytes() for name in names)


def test_another_seed_gives_other_texts_of_the_same_kinds(truth, other):
    others = [json.loads(line) for line in (other / "truth.jsonl").open(encoding="utf-8")]
    assert {one["kind"] for one in truth} == {one["kind"] for one in others}
    sentences = {sentence for one in truth for sentence in one["contains"]}
    repeated = [sentence for one in others for sentence in one["contains"] if sentence in sentences]
    assert len(repeated) < 0.5 * len(sentences)
    assert not {one["record"] for one in truth} & {one["record"] for one in others}


def test_the_sample_is_small(sample):
    assert sum(path.stat().st_size for path in sample.glob("*.warc*")) < 3_000_000


def test_every_packing_is_there(sample):
    members = {path.name: _gzip_members(path.read_bytes()) for path in sample.glob("*.warc*")}
    assert members["spring-00002.warc"] == 0
    assert members["spring-00003.warc.gz"] == 1
    assert all(members[name] > 30 for name in ("spring-00000.warc.gz", CUT, "autumn-00000.warc.gz"))


def _gzip_members(content: bytes) -> int:
    members = 0
    while content.startswith(b"\x1f\x8b"):
        member = zlib.decompressobj(wbits=31)
        member.decompress(content)
        members, content = members + 1, member.unused_data
    return members


def test_both_readers_find_every_sound_record_and_the_truth_knows_each_page(sample, truth):
    known = {}
    for one in truth:
        known.setdefault(one["file"], set()).add(f"<{one['record']}>")
    for path in sample.glob("*.warc*"):
        with path.open("rb") as stream:
            read = {
                record.record_id: record.record_type
                for record in ArchiveIterator(stream, parse_http=False, verify_digests=path.name != CUT)
            }
        content = path.read_bytes()
        if path.name == "spring-00003.warc.gz":  # warcio reads no whole-file gzip
            content = gzip.decompress(content)
        other = {record.rec_headers["WARC-Record-ID"] for record in WarcioIterator(BytesIO(content))}
        pages = {id for id, kind in read.items() if kind in (WarcRecordType.response, WarcRecordType.revisit)}
        assert other == set(read)
        assert pages == known[path.name]


def test_the_last_record_of_one_file_is_cut_short(sample, truth):
    with pytest.raises(EOFError):
        gzip.decompress((sample / CUT).read_bytes())
    last = [one for one in truth if one["file"] == CUT][-1]
    assert (last["kind"], last["outcome"]) == ("truncated", "unreadable")


def test_the_truth_is_told_of_every_seed_alike(other):
    for line in (other / "truth.jsonl").open(encoding="utf-8"):
        one = json.loads(line)
        assert one["outcome"] in ("kept", "edited", "dropped", "skipped", "unreadable")
        assert (one["stage"] is not None) == (one["outcome"] in ("edited", "dropped"))
        assert one["url"].startswith("https://") and one["date"].startswith("2023-")
        if one["outcome"] != "kept":
            assert one["why"]
