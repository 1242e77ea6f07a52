import csv
import gzip
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import causes, read_all, texts

from pipeline.errors import UserError

CELL = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(CELL, CELL, CELL), max_size=15), packed=st.booleans(), tab=st.booleans())
def test_what_a_csv_writer_writes_is_read(
    tmp_path: Path, rows: list[tuple[str, str, str]], packed: bool, tab: bool
) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter="\t" if tab else ",", lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(["text", "id", "more"])
    writer.writerows(rows)
    path = tmp_path / ("a.tsv" if tab else "a.csv")
    content = out.getvalue().encode()
    path.write_bytes(gzip.compress(content) if packed else content)
    read, unreadable = read_all(path)
    assert unreadable == []
    assert texts(read) == [row[0] for row in rows]


def test_bad_rows_cost_themselves_only(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(
        b'text,id\r\none,1\r\ntoo,many,cells\r\n\r\n"cut,2\r\nthree "3",3\r\n'
        b'"x"y,4\r\nfour\xff,4\r\nfive,"5\r\n'
    )
    rows, unreadable = read_all(path)
    assert texts(rows) == ["one", 'three "3"', "four\ufffd"]
    assert causes(unreadable) == ["wrong_cell_count", "bad_csv", "bad_csv", "bad_csv"]
    assert path.read_bytes()[unreadable[1].offset :].startswith(b'"cut')


def test_a_row_that_is_too_long(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'text\n"' + b"x\n" * 5000 + b'"\n' + b"y" * 9000 + b"\nz\n")
    rows, unreadable = read_all(path, limits={"raw_bytes": 2000})
    assert texts(rows)[-1] == "z" and "line_too_long" in causes(unreadable)
    assert causes(unreadable)[0] == "bad_csv"


@pytest.mark.parametrize("content", [b"title,body\na,b\n", b'"open\n', b"\n\n"])
def test_a_missing_column_is_the_user_s_mistake(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"a\.csv: .*(title, body.*source\.fields\.text|header)"):
        read_all(path)
