"""Hosts are those that the URL filter sees, and a list that is cut says what it lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.urls import locate
from pipeline.ledger import Quantities
from pipeline.report.hosts import cut_figures, host_figures, host_rows
from pipeline.tallies import hosts
from pipeline.tallies.hosts import NAMED, NO_HOST, Hosts, HostTallies, prune
from pipeline.tallies.table import add_up, weights

FEW = 4

urls = (
    st.none()
    | st.text(st.sampled_from("htp:/.@?#\\[]aB-é% \n0"), max_size=20)
    | st.from_regex(r"\A(https?://|//|)([a-zA-Z]@)?[a-zA-Z.0-9-]{0,12}(:80)?(/[a-z]*)?\Z")
)


@pytest.fixture(autouse=True, scope="module")
def few_listed() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hosts, "LISTED", FEW)
        yield


@given(st.lists(urls, max_size=20))
def test_hosts_are_those_of_the_url_filter(written: list[str | None]) -> None:
    found = Hosts(pa.array(written, pa.string()))
    assert [found.names[at] for at in found.of] == [locate(url or "").host for url in written]
    assert len(found.names) == len(set(found.names))


@pytest.mark.parametrize(
    ("host", "suffix"),
    [
        ("www.bbc.co.uk", "co.uk"),
        ("example.com", "com"),
        ("pages.github.io", "io"),
        ("xn--bcher-kva.example.de", "de"),
        ("localhost", "localhost"),
        ("192.168.0.1", ""),
        ("2001:db8::1", ""),
        ("", ""),
    ],
)
def test_suffixes(host: str, suffix: str) -> None:
    url = f"http://[{host}]/" if ":" in host else f"http://{host}/"
    found = Hosts(pa.array([url]))
    names, of = found.suffixes()
    assert found.names == [host]
    assert [names[at] for at in of] == [suffix]


documents = st.lists(st.tuples(st.sampled_from(["", *"abcdefgh"]), st.integers(0, 50)), max_size=40)


def tallies_of(written: list[tuple[str, int]], size: int) -> pa.Table:
    gathered = HostTallies()
    for start in range(0, len(written), size):
        some = written[start : start + size]
        tokens = np.array([number for _, number in some], np.int64)
        found = Hosts(pa.array([f"http://{host}/" if host else None for host, _ in some], pa.string()))
        amounts = weights(Quantities(tokens * 4, tokens, tokens))
        gathered.add("read", "in", found, np.arange(len(some)), amounts, suffix=True)
    return gathered.table()


@given(st.lists(documents, min_size=1, max_size=4), st.integers(1, 40))
@settings(max_examples=200)
def test_what_is_cut_is_no_more_than_the_list_says(units: list[list[tuple[str, int]]], size: int) -> None:
    folded = prune(add_up([tallies_of(written, size) for written in units]))
    rows = host_rows(folded, "read", "in")
    every = [document for written in units for document in written]
    truth: Counter[str] = Counter()
    for host, tokens in every:
        truth[host] += tokens
    for name, total in (("documents", len(every)), ("tokens", truth.total())):
        assert (pc.sum(rows[name]).as_py() or 0) == total
    listed = {row["other"]: row["tokens"] for row in rows.filter(NAMED).to_pylist()}
    without = rows.filter(pc.field("place") == NO_HOST)
    assert (pc.sum(without["tokens"]).as_py() or 0) == truth[""]
    at_most = cut_figures(rows)["at_most"]
    assert len(listed) <= FEW
    for host in set(truth) - {""}:
        assert truth[host] - at_most <= listed.get(host, 0) <= truth[host]
    if len(set(truth) - {""}) <= FEW:
        assert listed == {host: tokens for host, tokens in truth.items() if host}
        assert cut_figures(rows) == {"documents": 0, "tokens": 0, "at_most": 0}


def test_the_report_lists_the_largest_first() -> None:
    read = [("a", 5), ("b", 9), ("", 3), ("b", 1), ("c", 5)]
    figures = host_figures(tallies_of(read, 2))
    assert [(entry["host"], entry["raw"]["tokens"]) for entry in figures["listed"]] == [
        ("b", 10),
        ("a", 5),
        ("c", 5),
    ]
    assert figures["count"] == 3
    assert figures["without"]["raw"]["tokens"] == 3
    assert figures["listed"][0]["final"]["tokens"] == 0
    assert figures["listed"][0]["retention"]["tokens"] == 0
