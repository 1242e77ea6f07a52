"""What a server sends for a page: sound, or broken in one of the usual ways."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Response:
    """An HTTP/1.1 response. `payload` is the body without its transfer coding, as it is digested.

    Without a status it is a body that nothing announces.
    """

    status: str | None
    headers: Headers
    body: bytes
    payload: bytes

    def encode(self) -> bytes:
        """Status line, headers, body: the block of a WARC response record."""
        if self.status is None:
            return self.body
        head = "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        return f"HTTP/1.1 {self.status}\r\n{head}\r\n".encode() + self.body


def _response(body: bytes, content_type: str, *more: tuple[str, str], status: str = "200 OK") -> Response:
    length = ("Content-Length", str(len(body)))
    headers = (("Server", "sample/1.0"), ("Content-Type", content_type), length, *more)
    return Response(status, headers, body, body)


def _html(html: str) -> Response:
    return _response(html.encode(), "text/html; charset=utf-8")


def _plain_text(text: str) -> Response:
    return _response(text.encode(), "text/plain; charset=utf-8")


def _gzipped(html: str) -> Response:
    body = gzip.compress(html.encode(), compresslevel=6, mtime=0)
    return _response(body, "text/html; charset=utf-8", ("Content-Encoding", "gzip"))


def _chunks(body: bytes, size: int = 1000) -> list[bytes]:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces]


_CHUNKED = (("Content-Type", "text/html; charset=utf-8"), ("Transfer-Encoding", "chunked"))


def _chunked(html: str) -> Response:
    payload = html.encode()
    return Response("200 OK", _CHUNKED, b"".join(_chunks(payload)) + b"0\r\n\r\n", payload)


def _dechunked(html: str) -> Response:
    """The crawler took the chunks apart and left the header; whole crawls were written so."""
    return Response("200 OK", _CHUNKED, html.encode(), html.encode())


def _broken_chunks(html: str) -> Response:
    """All but the end of the page is one sound chunk; the length of the next one is no number."""
    payload = html.encode()
    end = len(payload) * 9 // 10
    body = _chunks(payload[:end], end)[0] + b"zz\r\n" + payload[end:]
    return Response("200 OK", _CHUNKED, body, body)


def _damaged_gzip(_: str) -> Response:
    """A header of gzip, and then nothing that could be decompressed."""
    body = b"\x1f\x8b\x08" + bytes(7) + b"\xff" * 200
    return _response(body, "text/html; charset=utf-8", ("Content-Encoding", "gzip"))


def _no_status_line(html: str) -> Response:
    return Response(None, (), html.encode(), html.encode())


def _windows_1252(html: str) -> Response:
    return _response(html.encode("cp1252", "replace"), "text/html; charset=windows-1252")


def _windows_1252_undeclared(html: str) -> Response:
    return _response(html.encode("cp1252", "replace"), "text/html")


def _windows_1252_as_utf_8(html: str) -> Response:
    return _response(html.encode("cp1252", "replace"), "text/html; charset=utf-8")


def _utf_16(html: str) -> Response:
    return _response(b"\xff\xfe" + html.encode("utf-16-le"), "text/html; charset=utf-16")


def _bad_markup(html: str) -> Response:
    """No paragraph is closed, a few are closed twice, quotes are missing and the end of the page too."""
    html = html.replace("</p>\n", "\n").replace('<p class="byline">', "<p class=byline <b>")
    return _html(html.replace("</article>", "</i></article></b>").replace("</body>\n</html>\n", "<!-- "))


def _no_body(_: str) -> Response:
    return _response(b"", "text/html; charset=utf-8")


def _not_found(html: str) -> Response:
    return _response(html.encode(), "text/html; charset=utf-8", status="404 Not Found")


def _redirect(_: str) -> Response:
    return _response(b"", "text/html", ("Location", "/"), status="301 Moved Permanently")


def _image(_: str) -> Response:
    pixel = bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
        "0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
    )
    return _response(pixel, "image/png")


FORMS: dict[str, Callable[[str], Response]] = {
    "html": _html,
    "plain_text": _plain_text,
    "gzipped": _gzipped,
    "chunked": _chunked,
    "dechunked": _dechunked,
    "broken_chunks": _broken_chunks,
    "damaged_gzip": _damaged_gzip,
    "no_status_line": _no_status_line,
    "windows_1252": _windows_1252,
    "windows_1252_undeclared": _windows_1252_undeclared,
    "windows_1252_as_utf_8": _windows_1252_as_utf_8,
    "utf_16": _utf_16,
    "bad_markup": _bad_markup,
    "no_body": _no_body,
    "not_found": _not_found,
    "redirect": _redirect,
    "image": _image,
}
