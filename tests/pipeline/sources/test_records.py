"""Damage to web archives: what is sound is read, all else is named with its place."""

import gzip
import random
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from samples import arc_file, arc_record, causes, http, member, read_all, texts, warc_record

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def records(count: int) -> list[bytes]:
    return [warc_record(http(b"page %d" % number), number=number) for number in range(count)]


def write(path: Path, pieces: list[bytes]) -> Path:
    path.write_bytes(b"".join(pieces))
    return path


@pytest.mark.parametrize("length", [0, 3, 55, 5000])
def test_a_wrong_length_costs_its_own_record(tmp_path: Path, length: int) -> None:
    sound = records(5)
    sound[2] = warc_record(http(b"page 2"), length=length)
    for path in (
        write(tmp_path / "a.warc", sound),
        write(tmp_path / "b.warc.gz", [member(b"".join(sound))]),
        write(tmp_path / "c.warc.gz", [member(record) for record in sound]),
    ):
        rows, unreadable = read_all(path)
        assert texts(rows) == ["page 0", "page 1", "page 3", "page 4"]
        assert [entry.kind for entry in unreadable] == ["unreadable"]
    assert unreadable[0].offset == len(b"".join(member(record) for record in sound[:2]))


@pytest.mark.parametrize("length", ["-5", "x", "", "9" * 30, "٣"])
def test_a_length_that_is_no_number(tmp_path: Path, length: str) -> None:
    sound = records(3)
    sound[1] = sound[1].replace(b"Content-Length: ", b"Content-Length: " + length.encode() + b" of ")
    rows, unreadable = read_all(write(tmp_path / "a.warc", sound))
    assert (texts(rows), causes(unreadable)) == (["page 0", "page 2"], ["bad_length"])
    assert unreadable[0].offset == len(sound[0])


def test_garbage_between_records(tmp_path: Path) -> None:
    pieces = records(2)
    pieces.insert(1, b"WARC/9 this is no record\r\n\r\n")
    rows, unreadable = read_all(write(tmp_path / "a.warc", pieces))
    assert (texts(rows), causes(unreadable)) == (["page 0", "page 1"], ["not_a_record"])


def test_a_page_that_quotes_a_record_is_one_page(tmp_path: Path) -> None:
    quoted = http(b"Look:\r\n\r\n" + warc_record(http(b"inner")) + b"and more")
    pieces = [warc_record(quoted, number=1), *records(1)]
    rows, unreadable = read_all(write(tmp_path / "a.warc", pieces))
    assert (len(rows), unreadable) == (2, [])
    assert "inner" in rows[0]["text"] and rows[1]["text"] == "page 0"


@pytest.mark.parametrize("per_record", [True, False])
def test_a_truncated_gzip_gives_all_records_before_the_damage(tmp_path: Path, per_record: bool) -> None:
    noise = random.Random(1)
    pieces = [warc_record(http(noise.randbytes(300).hex().encode()), number=number) for number in range(40)]
    content = b"".join(map(member, pieces)) if per_record else member(b"".join(pieces))
    path = tmp_path / "a.warc.gz"
    path.write_bytes(content)
    whole = texts(read_all(path)[0])
    path.write_bytes(content[: len(content) // 2])
    rows, unreadable = read_all(path)
    assert 15 < len(rows) < 25
    assert texts(rows) == whole[: len(rows)]
    assert causes(unreadable) == ["truncated_gzip"]
    assert unreadable[0].offset == (
        sum(len(member(piece)) for piece in pieces[: len(rows)]) if per_record else 0
    )


def same_content(broken: bytes, whole: bytes) -> bool:
    try:
        return gzip.decompress(broken) == gzip.decompress(whole)
    except (OSError, EOFError, zlib.error):
        return False


@SHARED
@given(data=st.data(), count=st.integers(2, 6))
def test_damage_in_one_gzip_member_costs_that_record_only(
    tmp_path: Path, data: st.DataObject, count: int
) -> None:
    members = [member(record) for record in records(count)]
    victim = data.draw(st.integers(0, count - 1))
    # Bytes 4 to 9 (time, system) mean nothing; those before and behind them do.
    at = data.draw(st.integers(0, 2) | st.integers(10, len(members[victim]) - 1))
    broken = bytearray(members[victim])
    broken[at] ^= 1 << data.draw(st.integers(0, 7))
    # Nor do the bits that fill the last byte of the compressed data: gzip itself sees nothing amiss.
    assume(not same_content(broken, members[victim]))
    members[victim] = bytes(broken)
    path = write(tmp_path / "a.warc.gz", members)
    if victim == 0 and at < 3:
        return  # the file is then not known as gzip at all
    rows, unreadable = read_all(path)
    # Where the damage stands behind the whole of its record, the record is sound and what follows it is
    # reported.
    expected = [f"page {number}" for number in range(count)]
    assert texts(rows) in (expected, expected[:victim] + expected[victim + 1 :])
    assert [entry.offset for entry in unreadable] == [sum(map(len, members[:victim]))]


@SHARED
@given(
    lengths=st.lists(st.integers(0, 900), min_size=1, max_size=12),
    unit_bytes=st.integers(50, 3000),
    packing=st.sampled_from(["plain", "record", "file", "blocks", "damaged"]),
    format=st.sampled_from(["warc", "arc"]),
)
def test_units_give_what_the_whole_file_gives(
    tmp_path: Path, lengths: list[int], unit_bytes: int, packing: str, format: str
) -> None:
    noise = random.Random(len(lengths))
    bodies = [http(noise.randbytes(length).hex().encode()) for length in lengths]
    if format == "arc":
        pieces = arc_file(*(arc_record(body, f"http://a.test/{n}") for n, body in enumerate(bodies)))
    else:
        pieces = [warc_record(body, number=number) for number, body in enumerate(bodies)]
    path = tmp_path / f"a.{format}"
    path.write_bytes(packed(pieces, packing))
    rows, unreadable = read_all(path, unit_bytes=1 << 30)
    assert read_all(path, unit_bytes=unit_bytes) == (rows, unreadable)
    assert len(rows) + len(unreadable) == len(pieces)
    assert len({row["id"] for row in rows}) == len(rows)


def packed(pieces: list[bytes], packing: str) -> bytes:
    whole = b"".join(pieces)
    if packing == "plain":
        return whole
    if packing == "record":
        return b"".join(map(member, pieces))
    if packing == "file":
        return member(whole)
    if packing == "blocks":  # members that end in the middle of records
        return b"".join(member(whole[at : at + 500]) for at in range(0, len(whole), 500))
    members = [bytearray(member(piece)) for piece in pieces]
    for broken in members[1::3]:
        broken[len(broken) // 2] ^= 255
    return b"".join(bytes(piece) for piece in members)


def test_a_large_record_costs_no_memory_and_itself_only(tmp_path: Path) -> None:
    pieces = records(3)
    pieces[1] = warc_record(http(b"x" * 3_000_000, content_type="text/html"), number=1)
    for path in (write(tmp_path / "a.warc", pieces), write(tmp_path / "a.warc.gz", [*map(member, pieces)])):
        rows, unreadable = read_all(path, limits={"raw_bytes": 10_000})
        assert (texts(rows), causes(unreadable)) == (["page 0", "page 2"], ["record_too_long"])


def test_a_large_picture_is_skipped_like_a_small_one(tmp_path: Path) -> None:
    pieces = [warc_record(http(b"x" * 50_000, content_type="image/png"))]
    _, unreadable = read_all(write(tmp_path / "a.warc", pieces), limits={"raw_bytes": 10_000})
    assert [(entry.kind, entry.cause) for entry in unreadable] == [("skipped", "content_type")]


def test_a_bomb_between_records_costs_itself_only(tmp_path: Path) -> None:
    bomb = warc_record(http(bytes(5_000_000)), number=1)
    members = [member(records(3)[0]), member(bomb), member(records(3)[2])]
    limits = {"decompression_ratio": 100, "decompression_floor": 1_000_000, "raw_bytes": 10_000_000}
    rows, unreadable = read_all(write(tmp_path / "a.warc.gz", members), limits=limits)
    assert (texts(rows), causes(unreadable)) == (["page 0", "page 2"], ["decompression_bomb"])
    assert unreadable[0].offset == len(members[0])


def test_arc_records_need_no_newline_between_them(tmp_path: Path) -> None:
    pieces = arc_file(*(arc_record(http(b"page %d" % number))[:-1] for number in range(3)))
    rows, unreadable = read_all(write(tmp_path / "a.arc", pieces))
    assert (texts(rows), causes(unreadable)) == (["page 0", "page 1", "page 2"], ["record_type"])
    assert rows[0]["date"] == "2008-04-30T20:48:25Z"


def test_padding_and_empty_members_are_nothing(tmp_path: Path) -> None:
    pieces = [
        member(b""),
        *map(member, records(1)),
        member(b""),
        bytes(70_000),
        *map(member, records(1)),
        bytes(9),
    ]
    rows, unreadable = read_all(write(tmp_path / "a.warc.gz", pieces))
    assert (len(rows), unreadable) == (2, [])


def test_other_compressions_are_read_whole(tmp_path: Path) -> None:
    import bz2
    import lzma

    import lz4.frame
    import zstandard

    for suffix, compress in (
        ("zst", zstandard.compress),
        ("bz2", bz2.compress),
        ("xz", lzma.compress),
        ("lz4", lz4.frame.compress),
    ):
        path = tmp_path / f"a.warc.{suffix}"
        path.write_bytes(b"".join(compress(record) for record in records(4)))  # frames one behind the other
        rows, unreadable = read_all(path, unit_bytes=100)
        assert (len(rows), unreadable) == (4, []), suffix
        path.write_bytes(compress(b"".join(records(400)))[:-20])
        rows, unreadable = read_all(path)
        assert causes(unreadable)[-1].startswith(("truncated", "corrupt")), suffix


def test_a_name_may_lie_about_the_compression(tmp_path: Path) -> None:
    plain = write(tmp_path / "a.warc.gz", records(2))
    packed_file = tmp_path / "b.warc"
    packed_file.write_bytes(gzip.compress(b"".join(records(2))))
    assert texts(read_all(plain)[0]) == texts(read_all(packed_file)[0]) == ["page 0", "page 1"]
