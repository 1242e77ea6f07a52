"""URL: block lists of domains, of URLs and of words in them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import xxhash
from numpy.typing import NDArray
from pydantic import Field, PrivateAttr

from filters import urls
from filters.resources import Entries
from filters.stage import Filter, Resource, Rule

LISTS = ("domains", "urls", "strict_words", "soft_words")


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
            setting: HashList(map(normal[setting], self._entries(setting).read(setting, files)))
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
        lists = self._lists
        soft, strict = lists["soft_words"], lists["strict_words"]
        in_words = [urls.words(url) for url in column] if len(soft) or len(strict) else [[] for _ in column]
        return {
            "url_blocked_domains": lists["domains"].hits(urls.domains(host) for host, _ in locations),
            "url_blocked_prefixes": lists["urls"].hits(map(urls.prefixes, locations)),
            "url_strict_words": strict.hits(in_words),
            "url_soft_words": soft.hits(in_words),
            "url_ip_host": np.array([urls.is_ip(host) for host, _ in locations], np.float64),
        }

    def _entries(self, setting: str) -> Entries:
        entries: Entries = getattr(self, setting)
        return entries


def _domain(entry: str) -> str:
    return urls.locate(entry).host


def _url(entry: str) -> str:
    return urls.prefix(urls.locate(entry))


def _folded(entry: str) -> str:
    return entry.casefold()


class HashList:
    """A list of strings as sorted 64-bit hashes: 8 bytes an entry, whatever its length.

    A string that is not in a list of a million is taken for one that is once in 2e13 times. The empty
    string is in no list: a document without a host has no domain.
    """

    def __init__(self, entries: Iterable[str]) -> None:
        hashes = np.fromiter(map(_hash, filter(None, entries)), np.uint64)
        self._hashes: NDArray[np.uint64] = np.unique(hashes)

    def __len__(self) -> int:
        return len(self._hashes)

    def hits(self, groups: Iterable[Iterable[str]]) -> NDArray[np.float64]:
        """How many strings of each group are in the list, repeats counted."""
        hashes: list[int] = []
        ends = [0]
        for group in groups:
            if len(self):
                hashes.extend(map(_hash, filter(None, group)))
            ends.append(len(hashes))
        if not len(self):
            return np.zeros(len(ends) - 1)
        wanted = np.array(hashes, np.uint64)
        places = np.minimum(np.searchsorted(self._hashes, wanted), len(self) - 1)
        before = np.concatenate([[0], np.cumsum(self._hashes[places] == wanted)])
        found: NDArray[np.float64] = np.diff(before[ends]).astype(np.float64)
        return found


def _hash(text: str) -> int:
    return xxhash.xxh3_64_intdigest(text.encode())
