"""When two URLs name the same page."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

_DEFAULT_PORTS = {"http": 80, "https": 443, "ftp": 21}
_ESCAPE = re.compile("%([0-9a-fA-F]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

# Most URLs are in the normal form already: where this matches there is nothing to parse, unless a `/.` stands in it.
_NORMAL = re.compile(r"https?://[a-z0-9.-]+/[\w.~!$&'()*+,;=:@/-]*(?:\?[\w.~!$&'()*+,;=:@/?-]+)?", re.ASCII)


def normalise_url(url: str) -> str:
    """The URL by which pages are compared: the safe equivalences of RFC 3986, section 6.2, and no others.

    White space around it goes; scheme and host in lower case; no default port; an empty path is `/`; `.` and
    `..` resolved in the path; percent-escapes in upper case, and those of letters, digits and `-._~` decoded;
    no fragment. The query stays as it is, parameter by parameter, and so do `http` and `https`, `www.` and a
    final slash: pages differ in them. A URL that cannot be parsed is compared as it is written.
    """
    url = url.strip()
    if _NORMAL.fullmatch(url) and "/." not in url:
        return url
    return _normalised(url)


def _normalised(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # an unfinished IPv6 address, a port that is no number
        return url
    if not parts.netloc:
        return url
    host = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS.get(parts.scheme):
        host = f"{host}:{port}"
    user, at, _ = parts.netloc.rpartition("@")
    path = _resolve(_ESCAPE.sub(_escape, parts.path)) or "/"
    return urlunsplit((parts.scheme, user + at + host, path, _ESCAPE.sub(_escape, parts.query), ""))


def _escape(match: re.Match[str]) -> str:
    char = chr(int(match[1], 16))
    return char if char in _UNRESERVED else match[0].upper()


def _resolve(path: str) -> str:
    """The path without its dot segments (RFC 3986, section 5.2.4)."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/".join(kept)
