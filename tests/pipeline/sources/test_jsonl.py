import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import causes, read_all, texts

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(folder: Path, *lines: bytes | dict[str, Any], name: str = "posts-01.jsonl") -> Path:
    path = folder / name
    path.write_bytes(
        b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
    )
    return path


def test_fields_are_mapped_and_the_rest_is_metadata(tmp_path: Path) -> None:
    line = {
        "body": "Hi\x00",
        "meta": {"url": "http://a/", "n": 1},
        "nr": 7,
        "when": "2020",
        "z": [1],
        "a": 0.5,
    }
    path = write(tmp_path, line)
    rows, unreadable = read_all(path, fields={"text": "body", "id": "nr", "url": "meta.url", "date": "when"})
    assert unreadable == []
    assert rows == [
        {
            "id": "7",
            "url": "http://a/",
            "source": "posts",
            "date": "2020",
            "text": "Hi\x00",
            "language": None,
            "language_score": None,
            "metadata": '{"a":0.5,"meta":{"n":1},"z":[1]}',
        }
    ]


def test_a_source_is_the_record_s_then_the_recipe_s_then_the_file_s(tmp_path: Path) -> None:
    path = write(tmp_path, {"text": "a", "source": "own"}, {"text": "b"})
    assert [row["source"] for row in read_all(path)[0]] == ["own", "posts"]
    assert [row["source"] for row in read_all(path, source="given")[0]] == ["own", "given"]


def test_bad_lines_are_located_and_passed_over(tmp_path: Path) -> None:
    lines: list[bytes | dict[str, Any]] = [
        {"text": "one"},
        b"not json",
        b"[1, 2]",
        {"body": "no text"},
        {"text": 5},
        {"text": None},
        b"",
        b"[" * 100_000,
        b'{"text": "cut',
        {"text": "two"},
    ]
    path = write(tmp_path, *lines)
    rows, unreadable = read_all(path)
    assert texts(rows) == ["one", "two"]
    assert causes(unreadable) == [
        "not_json", "not_an_object", "no_text", "text_not_a_string", "no_text", "not_json", "not_json",
    ]  # fmt: skip
    content = path.read_bytes()
    assert content[unreadable[0].offset :].startswith(b"not json")
    assert content[unreadable[-1].offset :].startswith(b'{"text": "cut')
    assert "body" in unreadable[2].detail and "source.fields.text" in unreadable[2].detail


def test_invalid_characters_are_replaced_and_counted(tmp_path: Path) -> None:
    path = write(
        tmp_path, b'{"text": "a\xff\xfeb"}', b'{"text": "\\ud800x\\ud83d\\ude00"}', b'{"text": "n", "v": NaN}'
    )
    rows, unreadable = read_all(path)
    assert unreadable == []
    assert texts(rows) == ["a\ufffd\ufffdb", "\ufffdx\U0001f600", "n"]
    assert [row["metadata"] for row in rows] == ['{"replaced_characters":2}', None, '{"v":null}']


def test_integers_of_any_size_are_kept(tmp_path: Path) -> None:
    path = write(tmp_path, {"text": "a", "n": 2**70, "x": float("nan")})
    assert json.loads(read_all(path)[0][0]["metadata"])["n"] == 2**70


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    path = write(tmp_path, b'\xef\xbb\xbf{"text": "a"}', b'{"text": "b"}')
    rows, _ = read_all(path)
    assert [(row["text"], row["id"]) for row in rows] == [("a", "posts-01:3"), ("b", "posts-01:17")]


@pytest.mark.parametrize("pack", [lambda data: data, gzip.compress])
def test_a_huge_line_costs_itself_only(tmp_path: Path, pack: Any) -> None:
    path = write(tmp_path, {"text": "a"}, {"text": "x" * 3_000_000}, {"text": "b"})
    path.write_bytes(pack(path.read_bytes()))
    rows, unreadable = read_all(path, limits={"raw_bytes": 1000})
    assert texts(rows) == ["a", "b"]
    assert causes(unreadable) == ["line_too_long"]


def test_a_long_text_is_refused_by_its_bytes(tmp_path: Path) -> None:
    path = write(tmp_path, {"text": "ä" * 50}, {"text": "ä" * 51})
    rows, unreadable = read_all(path, limits={"document_bytes": 100})
    assert (len(rows), causes(unreadable)) == (1, ["text_too_long"])


def test_a_truncated_gzip_gives_the_lines_before_the_damage(tmp_path: Path) -> None:
    path = write(tmp_path, *({"text": f"document {number} {number * 7919}"} for number in range(5000)))
    whole, _ = read_all(path)
    packed = gzip.compress(path.read_bytes(), mtime=0)
    path.write_bytes(packed[: len(packed) // 2])
    rows, unreadable = read_all(path)
    assert 1000 < len(rows) < 4000
    assert texts(rows) == texts(whole)[: len(rows)]
    assert [(entry.cause, entry.offset) for entry in unreadable] == [("truncated_gzip", 0)]


def test_a_damaged_gzip_gives_the_lines_before_the_damage(tmp_path: Path) -> None:
    path = write(tmp_path, *({"text": f"document {number} {number * 7919}"} for number in range(5000)))
    packed = bytearray(gzip.compress(path.read_bytes(), mtime=0))
    packed[-8] ^= 255  # of the checksum
    path.write_bytes(packed)
    rows, unreadable = read_all(path)
    assert (len(rows), causes(unreadable)) == (5000, ["corrupt_gzip"])


def test_a_decompression_bomb_is_left(tmp_path: Path) -> None:
    path = tmp_path / "bomb.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"text": "a"}\n' + bytes(5_000_000)))
    rows, unreadable = read_all(path, limits={"decompression_ratio": 100, "decompression_floor": 1_000_000})
    assert (texts(rows), causes(unreadable)) == (["a"], ["decompression_bomb"])


LINE = st.one_of(
    st.fixed_dictionaries({"text": st.text()}, optional={"id": st.text(min_size=1), "x": st.integers()}).map(
        lambda value: json.dumps(value).encode()
    ),
    st.binary(max_size=60).map(lambda data: data.replace(b"\n", b"")),
    st.sampled_from([b"", b" ", b"{}", b"null", b'{"text": 1}']),
)


@SHARED
@given(
    lines=st.lists(LINE, max_size=30),
    unit_bytes=st.integers(1, 400),
    packed=st.booleans(),
    newline=st.booleans(),
)
def test_every_line_is_one_document_or_one_report_however_the_file_is_cut(
    tmp_path: Path, lines: list[bytes], unit_bytes: int, packed: bool, newline: bool
) -> None:
    path = tmp_path / "many.jsonl"
    content = b"\n".join(lines) + (b"\n" if newline and lines else b"")
    path.write_bytes(gzip.compress(content) if packed and content else content)
    rows, unreadable = read_all(path)
    if content:
        filled = [line for line in content.removeprefix(b"\xef\xbb\xbf").split(b"\n") if line.strip()]
        assert len(rows) + len(unreadable) == len(filled)
    assert read_all(path, unit_bytes=unit_bytes) == (rows, unreadable)
