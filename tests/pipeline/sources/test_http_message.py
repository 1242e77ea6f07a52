import gzip
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources import http_message
from pipeline.sources.http_message import BodyError, Response

LIMIT = 1 << 20


def response(body: bytes, **headers: str) -> Response:
    return Response(200, {name.replace("_", "-"): value for name, value in headers.items()}, body)


@pytest.mark.parametrize(
    ("content", "status", "headers", "body"),
    [
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: a\r\nX: 1\r\n y\r\n\r\nbody",
            200,
            {"content-type": "a", "x": "1 y"},
            b"body",
        ),
        (b"HTTP/1.0 404\n\nbody\r\n\r\nmore", 404, {}, b"body\r\n\r\nmore"),
        (b"http/1.1 200 OK\r\n\r\n", 200, {}, b""),
        (b"HTTP/1.1 200 OK\r\nA: b", 200, {"a": "b"}, b""),
        (b"HTTP/2 204 \nA: b\nA: c\nno colon\n\n", 204, {"a": "b"}, b""),
    ],
)
def test_a_response_is_taken_apart(content: bytes, status: int, headers: dict[str, str], body: bytes) -> None:
    parsed = http_message.parse(content)
    assert parsed is not None
    assert (parsed.status, parsed.headers, parsed.body) == (status, headers, body)


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"HTTP/1.1 OK\r\n\r\n", b"HTTP/1.1 2000 OK\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"],
)
def test_what_is_no_response(content: bytes) -> None:
    assert http_message.parse(content) is None


@given(st.binary(max_size=300))
def test_any_bytes_are_parsed_or_refused(content: bytes) -> None:
    for data in (content, b"HTTP/1.1 200 OK\r\n" + content):
        parsed = http_message.parse(data)
        assert parsed is None or data.endswith(parsed.body)


@given(st.lists(st.binary(min_size=1, max_size=50)), st.booleans())
def test_chunks_are_put_together(chunks: list[bytes], closed: bool) -> None:
    sent = b"".join(b"%x;x=y\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + (
        b"0\r\n\r\n" if closed else b""
    )
    assert http_message.unchunk(sent) == b"".join(chunks)


@pytest.mark.parametrize("body", [b"", b"<html>", b"plain words"])
def test_a_body_that_is_not_chunked_is_left_as_it_is(body: bytes) -> None:
    assert http_message.body(response(body, transfer_encoding="chunked"), LIMIT) == body


CODINGS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
    "identity": bytes,
}


@pytest.mark.parametrize("coding", CODINGS)
@given(st.binary(min_size=1, max_size=500))
def test_codings_are_taken_off(coding: str, content: bytes) -> None:
    page = b"page " + content
    assert http_message.body(response(CODINGS[coding](page), content_encoding=coding), LIMIT) == page


def test_bare_deflate_and_two_codings() -> None:
    bare = zlib.compressobj(wbits=-15)
    sent = bare.compress(b"page") + bare.flush()
    assert http_message.body(response(sent, content_encoding="deflate"), LIMIT) == b"page"
    twice = gzip.compress(brotli.compress(b"page"))
    assert http_message.body(response(twice, content_encoding="br, gzip"), LIMIT) == b"page"


@pytest.mark.parametrize("coding", CODINGS)
def test_a_page_whose_coding_was_taken_off_before(coding: str) -> None:
    assert http_message.body(response(b"<html>page", content_encoding=coding), LIMIT) == b"<html>page"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_is_refused(coding: str) -> None:
    with pytest.raises(BodyError) as caught:
        http_message.body(response(CODINGS[coding](bytes(20 << 20)), content_encoding=coding), LIMIT)
    assert caught.value.cause == "record_too_long"


@pytest.mark.parametrize(
    ("coding", "body", "cause"),
    [
        ("gzip", gzip.compress(b"page")[:10] + b"\xff" * 99, "bad_content_encoding"),
        ("br", b"\xff" * 50, "bad_content_encoding"),
        ("deflate", b"\xff" * 50, "bad_content_encoding"),
        ("rot13", b"cntr", "unknown_content_encoding"),
    ],
)
def test_damaged_and_unknown_codings(coding: str, body: bytes, cause: str) -> None:
    with pytest.raises(BodyError) as caught:
        http_message.body(response(body, content_encoding=coding), LIMIT)
    assert caught.value.cause == cause
