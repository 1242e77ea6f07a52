"""Clusters in the report are those of the drop files, which say it row by row."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from written_run import Page, Written, write_run

from pipeline import files
from pipeline.report.alarms import cluster_alarms, collapse_alarms
from pipeline.report.build import build_report
from pipeline.report.write import write_report


@pytest.mark.parametrize("label", ["dedup_url", "dedup_exact", "dedup_minhash"])
def test_clusters(sample_run: Path, label: str) -> None:
    folder = sample_run / "duplicates" / label
    rows = [
        {**row, "unit": file.stem}
        for file in folder.glob("*.parquet")
        for row in pq.read_table(file).to_pylist()
    ]
    sizes = Counter(row["cluster"] for row in rows)
    keepers = {row["cluster"]: {"id": row["keeper_id"], "url": row["keeper_url"]} for row in rows}
    assert len(sizes) > 2
    largest = sorted(sizes, key=lambda cluster: (-sizes[cluster], cluster))[:10]
    report = json.loads((sample_run / "report.json").read_text())
    (figures,) = [entry for entry in report["duplicates"] if entry["stage"] == label]
    assert (figures["clusters"], figures["dropped"]) == (len(sizes), len(rows))
    assert figures["documents"] == len(sizes) + len(rows)
    assert [entry[:2] for entry in figures["sizes"]] == [
        [size + 1, count] for size, count in sorted(Counter(sizes.values()).items())
    ]
    (stage,) = [entry for entry in report["stages"] if entry["name"] == label]
    assert stage["dropped"]["tokens"] < sum(tokens for *_, tokens in figures["sizes"]) < stage["in"]["tokens"]
    named = ("documents", "id", "url")
    assert [{name: entry[name] for name in named} for entry in figures["largest"]] == [
        {"documents": sizes[c] + 1, **keepers[c]} for c in largest
    ]
    in_order = sorted(rows, key=lambda row: (row["unit"], row["row"]))
    for entry, cluster in zip(figures["largest"], largest, strict=True):
        urls = [row["url"] for row in in_order if row["cluster"] == cluster and row["url"]]
        assert entry["urls"] == list(dict.fromkeys(urls[:5]))
    for quantity in ("documents", "tokens"):
        lost = [source["dropped"][quantity] for source in figures["sources"]]
        came = [source["in"][quantity] for source in figures["sources"]]
        assert sum(lost) == stage["dropped"][quantity] and sum(came) <= stage["in"][quantity]
        assert all(0 < part <= whole for part, whole in zip(lost, came, strict=True))


def test_sources_that_lost_most_come_first(tmp_path: Path) -> None:
    gone = {"goes": ("near", "near_duplicate"), "keeper": (0, "x", None)}
    pages = [Page((1, 1, 1), source="kept")] + [Page((9, 9, 7), source="a", **gone)] * 2
    pages += [Page((9, 9, 20), source="b", **gone), Page((9, 9, 5), source="b")]
    report = build_report(write_run(tmp_path, [Written(pages[:2]), Written(pages[2:])]))
    (figures,) = report["duplicates"]
    named = [(e["source"], e["in"]["tokens"], e["dropped"]["tokens"]) for e in figures["sources"]]
    assert named == [("b", 25, 20), ("a", 14, 14)]
    assert figures["sizes"] == [[4, 1, 34]] and figures["alarms"] == []


@pytest.mark.parametrize("stay, alarmed", [(2, True), (100, True), (112, False)])
def test_a_source_that_collapses_is_named_wherever_the_report_is_read(
    tmp_path: Path, stay: int, alarmed: bool
) -> None:
    """The rest of the run is large, so that only the collapse stands out."""
    gone = Page(
        (9, 3, 3), source="shop\x1b[31m", goes=("near", "near_duplicate"), keeper=(0, "x", "http://x")
    )
    stays = Page((9, 3, 3), source="shop\x1b[31m")
    pages = [gone] * 1000 + [stays] * stay + [Page((9, 3, 3))] * 20_000
    report = write_report(write_run(tmp_path, [Written(pages)], batch=len(pages)))
    (figures,) = report["duplicates"]
    left = f"near took nearly all of source shop [31m: {stay} of {1000 + stay:,} documents"
    assert [alarm.startswith(left) for alarm in figures["alarms"]] == [True] * alarmed
    assert (left in (tmp_path / "report.md").read_text().replace("\\", "")) == alarmed


def test_hosts_that_lost_most_come_first_and_one_that_collapses_is_named(tmp_path: Path) -> None:
    gone: dict[str, Any] = {"goes": ("near", "near_duplicate"), "keeper": (0, "x", None)}
    pages = [Page((9, 9, 9), url="http://Shop.example/a", **gone)] * 30 + [
        Page((9, 9, 9), url="//shop.example")
    ]
    pages += [Page((9, 9, 50), url="http://b.example/", **gone), Page((9, 9, 50), **gone)]
    pages += [Page((9, 9, 9), url="http://b.example/")] * 40
    (figures,) = build_report(write_run(tmp_path, [Written(pages[:20]), Written(pages[20:])]))["duplicates"]
    named = [(host["host"], host["dropped"]["documents"]) for host in figures["hosts"]]
    assert named == [("shop.example", 30), ("b.example", 1)]
    (alarm,) = [alarm for alarm in figures["alarms"] if "host" in alarm]
    assert (
        alarm == "near took nearly all of host shop.example: 1 of 31 documents and 9 of 279 tokens are left."
    )


@given(st.integers(1, 2000), st.integers(1, 2000), st.integers(1, 10**6))
def test_a_source_that_is_small_or_mostly_stays_is_no_alarm(came: int, dropped: int, tokens: int) -> None:
    dropped = min(came, dropped)
    group = ("s", amount(came), amount(dropped))
    large = came >= 1000 or (came >= 20 and came >= tokens / 100)
    assert bool(collapse_alarms("near", [group], tokens)) == (large and dropped > 0.9 * came)


@pytest.mark.parametrize(
    "documents, tokens, held",
    [(51, 3, "5.1 % of the documents;"), (20, 60, "6.0 % of the tokens;"), (50, 50, None), (19, 900, None)],
)
def test_a_cluster_that_holds_much_of_everything(documents: int, tokens: int, held: str | None) -> None:
    cluster = {"documents": documents, "tokens": tokens, "id": "i", "url": "http://a.com/", "urls": []}
    alarms = cluster_alarms("near", [cluster], amount(1000))
    assert (held is None) == (alarms == [])
    assert held is None or f"which held {held} http://a.com/ stayed." in alarms[0]


def amount(each: int) -> dict[str, int]:
    return dict.fromkeys(("documents", "bytes", "words", "tokens"), each)


def test_nothing_is_said_of_a_barrier_that_is_still_to_come(tmp_path: Path) -> None:
    run = write_run(tmp_path, [Written([Page((1, 1, 1))])])
    files.remove(run.path("duplicates"))
    (figures,) = build_report(run)["duplicates"]
    lists = ("sizes", "largest", "hosts", "sources", "alarms")
    counts = ("clusters", "documents", "dropped")
    assert figures == {"stage": "near", **dict.fromkeys(counts, 0), **{name: [] for name in lists}}
