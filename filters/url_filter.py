"""URL: block lists of domains, of URLs and of words in them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field, PrivateAttr

from filters import urls
from filters.kernels import urls as kernels
from filters.kernels.buffers import text_buffers
from filters.kernels.membership import count_members, index
from filters.resources import Entries
from filters.stage import Filter, Resource, Rule

LISTS = ("domains", "urls", "strict_words", "soft_words")
_MEASURES = ("url_blocked_domains", "url_blocked_prefixes", "url_strict_words", "url_soft_words")
_ENTRIES_AT_A_TIME = 1 << 16


class UrlFilter(Filter):
    """Drops documents by their URL. A document without a URL passes every rule.

    - `domains`: a host that is one of them or lies under one (`example.org` blocks `a.example.org`, not
      `notexample.org`). The case of a host, its port, a user in front of it and a dot behind it make no
      difference, and Unicode and punycode are the same host.
    - `urls`: a URL that is one of them or continues one at a boundary (`example.org/a` blocks
      `example.org/a/b` and `example.org/a?b`, not `example.org/ab`). The scheme, `www.` and a last `/` make
      no difference; the case of the path does.
    - `strict_words`: one such word in the URL is enough; `soft_words`: it takes `min_soft_words`. A word is
      a run of letters and digits, whatever its case.

    Measures, each a number of matches: `url_blocked_domains`, `url_blocked_prefixes`, `url_strict_words`,
    `url_soft_words`; and `url_ip_host`, 0 or 1. Lists in the form of UT1 can be used as they are.
    """

    stage: Literal["url_filter"] = "url_filter"
    domains: Entries = Field(default=Entries(), description="Blocked domains, with all under them.")
    urls: Entries = Field(default=Entries(), description="Blocked URLs, with all that continue them.")
    strict_words: Entries = Field(default=Entries(), description="Words of which one blocks a URL.")
    soft_words: Entries = Field(default=Entries(), description="Words of which several block a URL.")
    min_soft_words: int | None = Field(
        default=2, ge=1, description="A document goes where its URL has this many soft words; null: never."
    )
    ip_hosts: bool = Field(default=True, description="Whether a URL may have an IP address for a host.")

    _lists: dict[str, HashList] = PrivateAttr(default_factory=dict)

    def resources(self) -> dict[str, Resource]:
        return {
            name: file
            for setting in LISTS
            for name, file in self._entries(setting).resources(setting).items()
        }

    def load(self, files: dict[str, Path]) -> None:
        normal = {"domains": _domain, "urls": _url, "strict_words": _folded, "soft_words": _folded}
        self._lists = {
            setting: HashList(
                map(normal[setting], self._entries(setting).read(setting, files)), setting == "domains"
            )
            for setting in LISTS
        }

    def rules(self) -> tuple[Rule, ...]:
        bounds: list[tuple[str, int, str]] = [
            ("url_blocked_domains", 1, "blocked_domain"),
            ("url_blocked_prefixes", 1, "blocked_url"),
            ("url_strict_words", 1, "blocked_word"),
        ]
        if self.min_soft_words is not None:
            bounds.append(("url_soft_words", self.min_soft_words, "blocked_soft_words"))
        if not self.ip_hosts:
            bounds.append(("url_ip_host", 1, "ip_host"))
        return tuple(Rule(measure=m, comparison=">=", bound=b, reason=r) for m, b, r in bounds)

    def measure(self, batch: pa.RecordBatch) -> dict[str, NDArray[np.float64]]:
        column = [url or "" for url in batch.column("url").to_pylist()]
        locations = [urls.locate(url) for url in column]
        ip = np.array([urls.is_ip(host) for host, _ in locations], np.bool_)
        hosts = _strings([host for host, _ in locations])
        lists = self._lists
        hits = {measure: np.zeros(len(column)) for measure in _MEASURES}
        if len(lists["domains"]):
            hits["url_blocked_domains"] = lists["domains"].count(kernels.hash_domains(*hosts, ip))
        if len(lists["urls"]):
            paths = _strings([path for _, path in locations])
            hits["url_blocked_prefixes"] = lists["urls"].count(kernels.hash_prefixes(*hosts, *paths))
        if len(lists["strict_words"]) or len(lists["soft_words"]):
            words = kernels.hash_words(*_strings(list(map(urls.spaced_words, column))))
            hits["url_strict_words"] = lists["strict_words"].count(words)
            hits["url_soft_words"] = lists["soft_words"].count(words)
        return hits | {"url_ip_host": ip.astype(np.float64)}

    def _entries(self, setting: str) -> Entries:
        entries: Entries = getattr(self, setting)
        return entries


def _domain(entry: str) -> str:
    return urls.locate(entry).host


def _url(entry: str) -> str:
    return urls.prefix(urls.locate(entry))


def _folded(entry: str) -> str:
    return entry.casefold()


def _strings(strings: list[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    return text_buffers(pa.array(strings, pa.large_string()))


class HashList:
    """A list of strings as sorted 64-bit hashes: 8 bytes an entry (and 2 for an index of them), whatever its length.

    A string that is not in a list of a million is taken for one that is once in 2e13 times. The empty
    string is in no list: a document without a host has no domain. Hashes are those of
    `kernels.urls.hash_strings`, made `backwards` if so wanted.
    """

    def __init__(self, entries: Iterable[str], backwards: bool = False) -> None:
        self._backwards = backwards
        some = filter(None, entries)
        hashes = [np.empty(0, np.uint64)]
        while chunk := list(islice(some, _ENTRIES_AT_A_TIME)):
            hashes.append(self._hash(chunk))
        self._hashes: NDArray[np.uint64] = np.unique(np.concatenate(hashes))
        self._index = index(self._hashes)

    def __len__(self) -> int:
        return len(self._hashes)

    def hits(self, groups: Iterable[Iterable[str]]) -> NDArray[np.float64]:
        """How many strings of each group are in the list, repeats counted."""
        members = [list(filter(None, group)) for group in groups]
        ends = np.cumsum([0, *map(len, members)])
        return self.count((self._hash([member for group in members for member in group]), ends))

    def count(self, groups: kernels.Groups) -> NDArray[np.float64]:
        """`hits` of strings that are hashed already."""
        return count_members(self._hashes, self._index, *groups).astype(np.float64)

    def _hash(self, strings: list[str]) -> NDArray[np.uint64]:
        return kernels.hash_strings(*_strings(strings), self._backwards)
