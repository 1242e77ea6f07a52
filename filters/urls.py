"""The parts of a URL that a block list goes by, defined for any text that stands in a URL column."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

import idna

_PARTS = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.\-]*:(?=//))?(?://)?([^/?#\\]*)(.*)", re.DOTALL)
# Most URLs, of which nothing has to be taken apart or normalised.
_PLAIN = re.compile(r"https?://([a-z0-9_-](?:[a-z0-9._-]*[a-z0-9_-])?)((?:[/?#].*)?)(?<!\s)", re.DOTALL)
_PLAIN_HOST = re.compile(r"[a-z0-9._-]*")
_WORD = re.compile(r"[^\W_]+")
_BOUNDARY = re.compile(r"[/?#&;]")


class Location(NamedTuple):
    """Where a URL leads: the host, and all that follows it as written (path, query and fragment)."""

    host: str
    path: str


def locate(url: str) -> Location:
    """The host and what follows it; the scheme, the user and the port are left out. Never an error.

    A URL without a scheme (`example.org/a`, as lists write them) begins with its host.
    """
    plain = _PLAIN.fullmatch(url)
    if plain is not None:
        return Location(*plain.groups())
    found = _PARTS.fullmatch(url.strip())
    assert found is not None, "every part of the pattern may be empty, and the last takes all that is left"
    authority, path = found.groups()
    return Location(normal_host(authority.rpartition("@")[2]), path)


def normal_host(text: str) -> str:
    """The host of `host:port`: lower case, in ASCII (punycode), no dots at its ends; no brackets around IPv6.

    A host that cannot be written in ASCII (IDNA 2008 with UTS 46) stays as it is, case folded.
    """
    if text.startswith("["):
        return text[1:].partition("]")[0].lower()
    host = text.partition(":")[0].lower().strip(".")
    if _PLAIN_HOST.fullmatch(host):
        return host
    host = unquote(host)
    try:
        return idna.encode(host, uts46=True).decode("ascii").strip(".")
    except (idna.IDNAError, UnicodeError):
        return host.casefold()


def is_ip(host: str) -> bool:
    """Whether this host is an IPv4 or IPv6 address."""
    if not (":" in host or host[-1:].isdigit()):
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def domains(host: str) -> Iterator[str]:
    """The host and every domain it is in: a.b.org, b.org, org. An IP address is in no domain."""
    yield host
    if not is_ip(host):
        for place, character in enumerate(host):
            if character == ".":
                yield host[place + 1 :]


def prefix(location: Location) -> str:
    """The form in which a list of URLs is compared: `www.` in front and `/` at the end make no difference."""
    return location.host.removeprefix("www.") + location.path.rstrip("/")


def prefixes(location: Location) -> Iterator[str]:
    """Every prefix of a URL that ends where a part of it ends (before `/ ? # & ;` or at its end)."""
    host = location.host.removeprefix("www.")
    for boundary in _BOUNDARY.finditer(location.path):
        yield host + location.path[: boundary.start()].rstrip("/")
    yield prefix(location)


def words(url: str) -> list[str]:
    """The words of a URL: runs of letters and digits, percent signs decoded, case folded."""
    return _WORD.findall(unquote(url).casefold())


def spaced_words(url: str) -> str:
    """A text of the same words, in which bytes tell them: runs of ASCII letters and digits and of what is not ASCII."""
    text = unquote(url).casefold()
    return text if text.isascii() else " ".join(_WORD.findall(text))
