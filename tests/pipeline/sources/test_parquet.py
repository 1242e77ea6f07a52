from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import causes, read_all, texts

from pipeline.errors import UserError
from pipeline.sources.config import Source
from pipeline.sources.inputs import find_files
from pipeline.sources.plan import plan_units


def write(path: Path, columns: dict[str, Any], rows: int = 1000) -> Path:
    pq.write_table(pa.table(columns), path, row_group_size=rows)
    return path


def test_rows_are_documents(tmp_path: Path) -> None:
    columns = {
        "body": ["a", None, "c"],
        "meta": [{"url": "http://a/", "n": 1}] * 3,
        "day": [date(2020, 1, 2)] * 3,
        "raw": [b"\xff"] * 3,
    }
    path = write(tmp_path / "news-1.parquet", columns)
    rows, unreadable = read_all(path, fields={"text": "body", "url": "meta.url", "date": "day"})
    assert [(row["id"], row["url"], row["date"], row["source"]) for row in rows] == [
        ("news-1:0", "http://a/", "2020-01-02", "news"),
        ("news-1:2", "http://a/", "2020-01-02", "news"),
    ]
    assert rows[0]["metadata"] == '{"meta":{"n":1},"raw":"\ufffd"}'
    assert [(entry.cause, entry.offset) for entry in unreadable] == [("no_text", 1)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(
    values=st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"])), max_size=30),
    group=st.integers(1, 9),
    unit_bytes=st.integers(1, 500),
)
def test_every_row_is_one_document_or_one_report_however_the_file_is_cut(
    tmp_path: Path, values: list[str | None], group: int, unit_bytes: int
) -> None:
    path = write(tmp_path / "a.parquet", {"text": pa.array(values, pa.string())}, group)
    rows, unreadable = read_all(path)
    assert texts(rows) == [value for value in values if value is not None]
    assert len(rows) + len(unreadable) == len(values)
    assert read_all(path, unit_bytes=unit_bytes) == (rows, unreadable)


def test_text_that_is_not_utf_8(tmp_path: Path) -> None:
    bad = pa.array([b"a\xff", b"b"], pa.binary()).view(pa.string())
    rows, unreadable = read_all(write(tmp_path / "a.parquet", {"text": bad, "id": ["1", "2"]}))
    assert (texts(rows), unreadable) == (["a\ufffd", "b"], [])
    assert [row["metadata"] for row in rows] == ['{"replaced_characters":1}', None]


def test_a_damaged_row_group_costs_itself_only(tmp_path: Path) -> None:
    words = [f"text number {number} of many" * 20 for number in range(300)]
    path = write(tmp_path / "a.parquet", {"text": words}, 100)
    content = bytearray(path.read_bytes())
    column = pq.read_metadata(path).row_group(1).column(0)
    start = column.dictionary_page_offset or column.data_page_offset
    for at in range(start, start + column.total_compressed_size):
        content[at] ^= 0x5A
    path.write_bytes(content)
    rows, unreadable = read_all(path)
    assert texts(rows) == words[:100] + words[200:]
    assert [(entry.cause, entry.offset) for entry in unreadable] == [("corrupt_parquet", 100)]


def test_a_file_that_is_no_parquet_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1 and nothing more")
    assert causes(read_all(path)[1]) == ["not_parquet"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, r"no column 'text'; it has: body, n.*source\.fields\.text"),
        ({"text": "n"}, r"column 'n' is int64, not text"),
        ({"text": "body", "url": "link"}, r"no column 'link'.*source\.fields\.url"),
    ],
)
def test_a_missing_column_is_the_user_s_mistake_before_the_run(
    tmp_path: Path, fields: dict[str, str], message: str
) -> None:
    path = write(tmp_path / "a.parquet", {"body": ["a"], "n": [1]})
    with pytest.raises(UserError, match=r"a\.parquet: " + message):
        config = Source.model_validate({"fields": fields})
        plan_units(find_files([str(path)], config), config)
