"""Hosts and public suffixes of documents: whose they are, and whose were taken as copies.

There are more hosts than memory holds, so a list of them keeps the largest by tokens, and adds up the others in one row
without a host whose `place` says how many tokens a host that is not listed can have lost to it at most. Documents without
a host have a row of their own, at the place NO_HOST.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from publicsuffixlist import PublicSuffixList

from filters.urls import is_ip, normal_host
from pipeline.ledger import QUANTITIES
from pipeline.tallies.table import Weights, add_up, rows, sums

LISTED = 65_536  # hosts, of each stage and outcome
NO_HOST = -1
NAMED: pc.Expression = pc.field("other") != ""

# As `filters.urls.locate` takes a URL apart, up to the first character behind the authority.
_AUTHORITY = r"^\s*(?:(?:[A-Za-z][A-Za-z0-9+.\-]*:)?//)?(?P<authority>[^/?#\\]*)"
_CACHED = 1 << 17


class Hosts:
    """The hosts of a batch: `names`, and for each document which of them is its own (int64)."""

    def __init__(self, urls: pa.Array) -> None:
        authorities = pc.struct_field(pc.extract_regex(urls, _AUTHORITY), [0]).fill_null("")
        encoded = authorities.dictionary_encode()
        hosts = pa.array(map(_host, encoded.dictionary.to_pylist()), pa.string()).dictionary_encode()
        self.names: list[str] = hosts.dictionary.to_pylist()
        self.of: NDArray[np.int64] = _numbers(hosts)[_numbers(encoded)]

    def suffixes(self) -> tuple[list[str], NDArray[np.int64]]:
        """The public suffixes of the hosts, and which of them each host has."""
        encoded = pa.array(map(_suffix, self.names), pa.string()).dictionary_encode()
        return encoded.dictionary.to_pylist(), _numbers(encoded)


def _numbers(encoded: pa.DictionaryArray) -> NDArray[np.int64]:
    numbers: NDArray[np.int64] = encoded.indices.to_numpy().astype(np.int64)
    return numbers


@lru_cache(_CACHED)
def _host(authority: str) -> str:
    return normal_host(authority.rpartition("@")[2].strip())


@lru_cache(_CACHED)
def _suffix(host: str) -> str:
    """`co.uk` of `www.example.co.uk`; empty for an address and for no host. A suffix that nobody registered
    (`localhost`) is the last label."""
    return "" if is_ip(host) else _suffix_list().publicsuffix(host) or ""


@lru_cache(maxsize=1)
def _suffix_list() -> PublicSuffixList:
    """Without the suffixes that companies registered for their customers (`github.io`)."""
    return PublicSuffixList(only_icann=True)


class HostTallies:
    """Gathers hosts and suffixes. It holds some hosts more than are listed, however many there are."""

    def __init__(self) -> None:
        self._tables: list[pa.Table] = []
        self._waiting = 0

    def add(
        self, stage: str, outcome: str, hosts: Hosts, rows: NDArray[np.int64], weights: Weights, suffix: bool
    ) -> None:
        """Count documents (their places in the batch) by host and, if asked, by suffix."""
        by_host = sums(hosts.of[rows], weights, len(hosts.names))
        self._add("host", stage, outcome, hosts.names, by_host)
        if suffix:
            names, of = hosts.suffixes()
            self._add("suffix", stage, outcome, names, sums(of, by_host, len(names)))
        if self._waiting > 2 * LISTED:
            self._tables = [self.table()]
            self._waiting = 0

    def table(self) -> pa.Table:
        return prune(add_up(self._tables))

    def _add(
        self, kind: str, stage: str, outcome: str, names: list[str], amounts: NDArray[np.float64]
    ) -> None:
        there = np.flatnonzero(amounts[0])
        keys = [(kind, stage, outcome, names[at]) for at in there]
        places = np.array([NO_HOST if kind == "host" and not key[3] else 0 for key in keys], np.int64)
        if keys:
            self._tables.append(rows(keys, [1] * len(keys), places, amounts[:, there]))
            self._waiting += len(keys)


def prune(table: pa.Table) -> pa.Table:
    """Tallies (rows added up) without the hosts that are too many; sorted as they were."""
    hosts = table.filter(pc.field("kind") == "host")
    if len(hosts) <= LISTED:
        return table
    pruned = [table.filter(pc.field("kind") != "host")]
    lists = hosts.group_by(["stage", "name"], use_threads=False).aggregate([]).to_pylist()
    for one in lists:
        of = (pc.field("stage") == one["stage"]) & (pc.field("name") == one["name"])
        pruned += _cut(hosts.filter(of))
    return add_up(pruned)


def _cut(hosts: pa.Table) -> list[pa.Table]:
    """The list of a stage and outcome with the largest LISTED hosts, and the others as one row."""
    named = hosts.filter(NAMED).sort_by([("tokens", "descending"), ("other", "ascending")])
    gone = named.slice(LISTED)
    if not len(gone):
        return [hosts]
    total = np.array([[pc.sum(gone[name]).as_py()] for name in QUANTITIES], np.float64)
    key = ("host", named["stage"][0].as_py(), named["name"][0].as_py(), "")
    cut = rows([key], [1], np.array([gone["tokens"][0].as_py()]), total)
    return [named.slice(0, LISTED), hosts.filter(~NAMED), cut]
