from pathlib import Path

import pytest
from samples import http, member, read_all, warc_record

from pipeline.sources import html

HTML = (
    b"<html><head><title>T</title></head><body><article><p>Some words of a page.</p></article></body></html>"
)


def read_one(folder: Path, record: bytes, **settings: object) -> object:
    """The document, or (kind, cause) of the one report."""
    path = folder / "crawl-00001.warc.gz"
    path.write_bytes(member(record))
    rows, unreadable = read_all(path, **settings)
    assert len(rows) + len(unreadable) == 1
    return rows[0] if rows else (unreadable[0].kind, unreadable[0].cause)


def test_a_page_is_a_document(tmp_path: Path) -> None:
    page = warc_record(http(HTML, "Content-Language: en", content_type="text/html; charset=utf-8"), number=7)
    assert read_one(tmp_path, page) == {
        "id": "00000000-0000-0000-0000-000000000007",
        "url": "http://a.test/",
        "source": "crawl",
        "date": "2024-01-02T03:04:05Z",
        "text": "Some words of a page.",
        "language": None,
        "language_score": None,
        "metadata": '{"charset":"utf-8","content_language":"en","content_type":"text/html",'
        '"http_status":200}',
    }


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (warc_record(http(b"text \xe4", content_type="text/plain")), "text ä"),
        (warc_record(http(HTML, content_type="")), "Some words of a page."),
        (warc_record(http(HTML, content_type="Application/XHTML+xml")), "Some words of a page."),
        (warc_record(HTML, "resource"), "Some words of a page."),
        (warc_record("Wörter".encode(), "conversion"), "Wörter"),
        (warc_record(http(b"5\r\nwords\r\n0\r\n\r\n", "Transfer-Encoding: chunked")), "words"),
        (warc_record(http(b"")), ""),
        (warc_record(http(b"", content_type="text/html")), ""),
        (warc_record(http(b"gone", status="404 Not Found")), ("skipped", "http_status")),
        (warc_record(http(b"%PDF", content_type="application/pdf")), ("skipped", "content_type")),
        (warc_record(http(b"\x89PNG", content_type="")), ("skipped", "content_type")),
        (warc_record(b"GET / HTTP/1.1\r\n\r\n", "request"), ("skipped", "record_type")),
        (warc_record(http(b""), "revisit"), ("skipped", "record_type")),
        (warc_record(b"software: x", "warcinfo"), ("skipped", "record_type")),
        (warc_record(b"not http at all"), ("unreadable", "bad_http")),
        (warc_record(b""), ("skipped", "empty_record")),
        (warc_record(http(b"\xff" * 99, "Content-Encoding: br")), ("unreadable", "bad_content_encoding")),
        (warc_record(http(b"<div>" * 100_000, content_type="text/html")), ("unreadable", "html_too_deep")),
        (
            warc_record(http(b"<p " + b"a " * 50_000, content_type="text/html")),
            ("unreadable", "html_too_many_attributes"),
        ),
    ],
)  # fmt: skip
def test_what_becomes_of_a_record(tmp_path: Path, record: bytes, expected: object) -> None:
    found = read_one(tmp_path, record)
    assert (found["text"] if isinstance(found, dict) else found) == expected


def test_ids_without_a_record_id_are_places(tmp_path: Path) -> None:
    records = [warc_record(http(b"%d" % number)) for number in range(4)]
    bare = [record.replace(b"WARC-Record-ID", b"X") for record in records]
    path = tmp_path / "a.warc.gz"
    path.write_bytes(member(bare[0] + bare[1]) + member(bare[2]))
    second = len(member(bare[0] + bare[1]))
    rows, _ = read_all(path)
    assert [row["id"] for row in rows] == ["a:0", f"a:0+{len(bare[0])}", f"a:{second}"]


def test_an_extraction_that_takes_too_long_costs_its_page_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(html, "_MOST_DEPTHS", 1 << 60)  # so that the page gets as far as the extractor
    slow = warc_record(http(b"<div>" * 100_000, content_type="text/html"))
    path = tmp_path / "a.warc"
    path.write_bytes(slow + warc_record(http(HTML, content_type="text/html")))
    limits = {"extraction_seconds": 3, "html_depth": 1_000_000}
    rows, unreadable = read_all(path, limits=limits)
    assert ([row["text"] for row in rows], unreadable[0].cause) == (
        ["Some words of a page."],
        "extraction_timeout",
    )
