"""Duplicates: how large the clusters of copies are, which are the largest, and whose pages they were."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from pipeline.report.build import Report
from pipeline.report.numbers import count, counted, percent, share
from pipeline.report.page import svg
from pipeline.report.page.html import (
    NONE,
    Html,
    details,
    figure,
    join,
    key,
    paragraph,
    pick,
    row,
    rows,
    shortened,
    table,
    tag,
)
from pipeline.report.page.ticks import percent_tick

ANCHOR, SHORT, HEADING = "duplicates", "Duplicates", "What stood there more than once"
_CLASSES = (2, 3, 4, 6, 11, 31, 101, 301, 1_001, 10_001, 100_001)  # the first size of each class
_HEIGHT = 16.0  # of a bar, in pixels
LISTED = 10  # hosts and sources that are drawn; the table has all
OPEN = 5  # clusters that are not folded away


def section(report: Report) -> Html:
    """Each deduplicator that found anything, or was to look for it."""
    came = {stage["name"]: stage["in"] for stage in report["stages"]}
    return join(
        [_deduplicator(entry, came[entry["stage"]], at) for at, entry in enumerate(report["duplicates"])]
    )


def _deduplicator(entry: dict[str, Any], came: dict[str, int], at: int) -> Html:
    alarms = [paragraph(alarm) for alarm in entry.get("alarms") or ()]
    pieces = [
        tag("h3", entry["stage"]),
        tag("div", *alarms, class_="notice", role="note") if alarms else NONE,
        paragraph(_sentence(entry, came)),
    ]
    if entry.get("clusters"):
        pieces += [
            _sizes(entry, came, at),
            _largest(entry),
            _hosts(entry),
            _sources(entry),
        ]
    return tag("div", *pieces, class_="deduplicator")


def _sentence(entry: dict[str, Any], came: dict[str, int]) -> str:
    if not entry.get("clusters"):
        return f"No two of the {counted(came['documents'], 'document')} that came here were copies of each other."
    return (
        f"{counted(entry['documents'], 'document')} of {count(came['documents'])} "
        f"({share(entry['documents'], came['documents'])}) stood in {counted(entry['clusters'], 'cluster')} of two or more. "
        f"One of each cluster stayed; {count(entry['dropped'])} went."
    )


def size_classes(sizes: Sequence[Sequence[int]]) -> list[dict[str, Any]]:
    """Clusters by how many documents are in each, in classes that grow: `label`, `clusters`, `documents`, `tokens`.

    From the first to the last class that has any. Above 1,000 the sizes are rounded down, and so is what is made of
    them.
    """
    found = []
    for low, following in pairwise((*_CLASSES, 0)):
        inside = [entry for entry in sizes if entry[0] >= low and (not following or entry[0] < following)]
        high = following - 1
        label = f"{low:,}" if low == high else f"{low:,} to {high:,}" if following else f"{low:,} or more"
        found.append(
            {
                "label": label,
                "clusters": sum(clusters for _, clusters, _ in inside),
                "documents": sum(size * clusters for size, clusters, _ in inside),
                "tokens": sum(tokens for *_, tokens in inside),
            }
        )
    filled = [at for at, entry in enumerate(found) if entry["clusters"]]
    return found[filled[0] : filled[-1] + 1] if filled else []


def round_up(share: float) -> float:
    """The next of 1, 2 or 5 times a power of ten, so that the length of a bar means something; at most 1."""
    if not 0 < share < 1:
        return 1.0
    power = 10.0 ** math.floor(math.log10(share))
    return min(next(step * power for step in (1, 2, 5, 10) if step * power >= share * (1 - 1e-9)), 1.0)


def _sizes(entry: dict[str, Any], came: dict[str, int], at: int) -> Html:
    classes = size_classes(entry.get("sizes") or ())
    if not classes:
        return NONE
    quantities = ("tokens", "documents")

    def drawn(chosen: int) -> Html:
        quantity = quantities[chosen]
        whole = came[quantity]
        end = round_up(max(of[quantity] for of in classes) / whole if whole else 1)
        scale = svg.Linear(0, end)
        lines = [
            row(
                of["label"],
                svg.picture(
                    f"Clusters of {of['label']}: {share(of[quantity], whole)} of the {quantity}",
                    _HEIGHT,
                    svg.bar(0, 100, 0, _HEIGHT, "track"),
                    svg.bar(0, scale(of[quantity] / whole if whole else 0), 0, _HEIGHT, "gone"),
                ),
                join([tag("b", share(of[quantity], whole)), f" in {counted(of['clusters'], 'cluster')}"]),
            )
            for of in classes
        ]
        return figure(
            rows(*lines, class_="clusters"),
            caption=f"Share of the {quantity} that came here, by how many documents are in their cluster; "
            f"a whole bar is {percent_tick(end)}",
        )

    alone = came["documents"] - entry["documents"]
    lines = [["1 (no copy)", NONE, count(alone), share(alone, came["documents"]), NONE, NONE]]
    lines += [
        [
            of["label"],
            count(of["clusters"]),
            count(of["documents"]),
            share(of["documents"], came["documents"]),
            count(of["tokens"]),
            share(of["tokens"], came["tokens"]),
        ]
        for of in classes
    ]
    header = ["documents in the cluster", "clusters", "documents", "of those in", "tokens", "of those in"]
    rounded = (
        paragraph("Sizes above 1,000 are rounded down to two digits, and so are documents.", class_="small")
        if classes[-1]["label"].startswith(("1,001", "10,001", "100,001"))
        else NONE
    )
    return join(
        [
            pick(f"clusters-{at}", [("Share of", quantities)], drawn),
            details("Sizes of clusters as a table", table(header, lines), rounded),
        ]
    )


def _largest(entry: dict[str, Any]) -> Html:
    """The largest clusters. Addresses are text and no links: nobody should follow one to such a page by chance."""
    if not entry["largest"]:
        return NONE
    lines = []
    for found in entry["largest"]:
        others = [
            tag("li", shortened(url)) for url in dict.fromkeys(found.get("urls") or ()) if url != found["url"]
        ]
        stayed = join(
            [
                tag("b", shortened(found["url"] or found["id"])),
                tag("ul", *others, class_="urls") if others else "",
            ]
        )
        tokens = found.get("tokens")
        lines.append([stayed, count(found["documents"]), NONE if tokens is None else count(tokens)])
    intro = "The largest clusters: in bold the document that stayed, below it some that went, where their URL is another."
    header, rest = ["document", "documents", "tokens"], lines[OPEN:]
    folded = table(header, rest, class_="wide")
    return join(
        [
            paragraph(intro),
            table(header, lines[:OPEN], class_="wide"),
            details(f"The next {len(rest)} of them", folded) if rest else NONE,
        ]
    )


def _hosts(entry: dict[str, Any]) -> Html:
    hosts = [
        (found["host"], found["dropped"]["tokens"], found["dropped"]["documents"])
        for found in entry.get("hosts") or ()
        if found["dropped"]["documents"]
    ]
    if not hosts:
        return NONE
    scale = svg.Linear(0, max((tokens for _, tokens, _ in hosts), default=0) or 1)
    lines = [
        row(
            host,
            svg.picture(
                f"{host}: {counted(tokens, 'token')}",
                _HEIGHT,
                svg.bar(0, 100, 0, _HEIGHT, "track"),
                svg.bar(0, scale(tokens), 0, _HEIGHT, "gone"),
            ),
            join([tag("b", count(tokens)), f" in {count(documents)}"]),
        )
        for host, tokens, documents in hosts[:LISTED]
    ]
    listed = [[host, count(documents), count(tokens)] for host, tokens, documents in hosts]
    return join(
        [
            figure(rows(*lines), caption="Hosts that lost most here: tokens, and documents that held them"),
            details("Hosts as a table", table(["host", "documents dropped", "tokens dropped"], listed)),
        ]
    )


def _sources(entry: dict[str, Any]) -> Html:
    """How much of each source went. One source alone is the whole, which is said above."""
    sources = [found for found in entry.get("sources") or () if found["in"]["tokens"]]
    if len(sources) < 2:
        return NONE
    scale = svg.Linear(0, 1)
    lines = []
    for found in sources[:LISTED]:
        gone = found["dropped"]["tokens"] / found["in"]["tokens"]
        lines.append(
            row(
                found["source"],
                svg.picture(
                    f"{found['source']}: {percent(gone)} of its tokens went",
                    _HEIGHT,
                    svg.bar(0, 100, 0, _HEIGHT, "track"),
                    svg.bar(scale(1 - gone), 100, 2, _HEIGHT - 4, "gone"),
                    svg.bar(0, scale(1 - gone), 2, _HEIGHT - 4, "kept"),
                ),
                join([tag("b", percent(gone)), f" of {count(found['in']['tokens'])}"]),
            )
        )
    header = ["source", "documents in", "dropped", "tokens in", "dropped", "of the tokens"]
    listed = [
        [
            found["source"],
            count(found["in"]["documents"]),
            count(found["dropped"]["documents"]),
            count(found["in"]["tokens"]),
            count(found["dropped"]["tokens"]),
            share(found["dropped"]["tokens"], found["in"]["tokens"]),
        ]
        for found in sources
    ]
    return join(
        [
            figure(
                key(("kept", "stayed"), ("gone", "went as a copy")),
                rows(*lines),
                caption="What went of each source, as a share of its tokens",
            ),
            details("Sources as a table", table(header, listed)),
        ]
    )
