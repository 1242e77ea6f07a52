"""Who is left: shares by language, source, host, suffix and length, and the bias audit."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from pipeline.report.build import Report
from pipeline.report.numbers import count, counted, percent, share
from pipeline.report.page import svg
from pipeline.report.page.audit import audit
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
    table,
    tag,
)
from pipeline.report.page.ticks import percent_tick, tick

ANCHOR, SHORT, HEADING = "who", "Who", "Who is left"
DRAWN = 12  # lines of a picture; the table has all that report.json has
QUANTITIES = ("tokens", "documents")

_NO_LENGTHS: dict[str, Any] = {"low": [], "high": [], "documents": [], "tokens": []}

Entry = dict[str, Any]


def section(report: Report) -> Html:
    """A picture and a table for each way to group documents, then the audit."""
    hosts = report.get("hosts") or {}
    parts = [
        _groups(report, "language", "Languages", report["languages"]),
        _groups(report, "source", "Sources", report["sources"]),
        _groups(report, "host", "Hosts", hosts.get("listed") or [], _of_hosts(hosts)),
        _groups(report, "suffix", "Suffixes of hosts", report.get("suffixes") or []),
        _lengths(report.get("lengths") or {}),
        audit(report),
    ]
    shown = [part for part in parts if part]
    return join([_INTRO, *shown]) if shown else NONE


_INTRO = join(
    [
        paragraph(
            "The upper bar is the share of a group in all that was read, the lower one its share in what is kept. Where "
            "the lower one is longer the group has gained weight. The number says how much of the group itself is kept."
        ),
        key(("gone", "of the raw"), ("kept", "of what is kept")),
    ]
)


def _groups(report: Report, name: str, title: str, entries: list[Entry], note: Html = NONE) -> Html:
    """Nothing where all documents are of one group: its shares are those of all."""
    if len(entries) < 2:
        return NONE
    picture = pick(
        f"who-{name}",
        [("Share of", QUANTITIES)],
        lambda at: _picture(report, name, title, entries, QUANTITIES[at]),
    )
    more = details(f"{title} as a table", _table(report, name, entries))
    return join([tag("h3", title), picture, note, more])


def _picture(report: Report, name: str, title: str, entries: list[Entry], quantity: str) -> Html:
    raw, final = (report["totals"][end][quantity] for end in ("raw", "final"))
    named = [e for e in entries if e[name] is not None and (e["raw"][quantity] or e["final"][quantity])]
    ranked = sorted(named, key=lambda entry: -entry["raw"][quantity])[:DRAWN]
    shares = [(_part(e["raw"][quantity], raw), _part(e["final"][quantity], final)) for e in ranked]
    scale = svg.Linear(0, max((max(pair) for pair in shares), default=0))
    lines = []
    for entry, (before, after) in zip(ranked, shares, strict=True):
        label = _label(entry, name)
        left = percent(entry["retention"][quantity])
        said = f"{label}: {percent(before)} of the raw {quantity}, {percent(after)} of those kept; {left} of it is kept"
        shapes = [svg.bar(0, scale(before), 1, 7, "gone"), svg.bar(0, scale(after), 9, 7, "kept")]
        value = join([tag("b", left), " kept"])
        lines.append(row(label, svg.picture(said, 17, *shapes), value))
    ends = svg.picture("Scale", 20, svg.axis(scale, 0, percent_tick), class_="scale")
    lines.append(tag("div", tag("div", ends, class_="drawn"), class_="row axis", aria_hidden="true"))
    what = f"the {len(ranked)} largest" if len(named) > len(ranked) else "all"
    overall = percent(report["retention"][quantity])
    caption = f"{title} ({what}): share of all {quantity}. Of all {quantity} together {overall} are kept"
    return figure(rows(*lines), caption=caption)


def _part(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _label(entry: Entry, name: str) -> str:
    """Its name; groups without one are called what they are."""
    value = entry[name]
    if value is None:
        return f"({counted(entry['others'], 'other')})"
    return "und (not told)" if name == "language" and value == "und" else value or "(none)"


def _table(report: Report, name: str, entries: list[Entry]) -> Html:
    raw, final = report["totals"]["raw"], report["totals"]["final"]
    header = [
        name,
        "documents raw",
        "kept",
        "left",
        "tokens raw",
        "of all raw",
        "kept",
        "of all kept",
        "left",
    ]
    lines = []
    for entry in entries:
        before, after, left = entry["raw"], entry["final"], entry["retention"]
        lines.append(
            [
                _label(entry, name),
                count(before["documents"]),
                count(after["documents"]),
                percent(left["documents"]),
                count(before["tokens"]),
                share(before["tokens"], raw["tokens"]),
                count(after["tokens"]),
                share(after["tokens"], final["tokens"]),
                percent(left["tokens"]),
            ]
        )
    return table(header, lines)


def _of_hosts(hosts: dict[str, Any]) -> Html:
    """How many hosts there are, and that the list may miss some."""
    if not hosts.get("count"):
        return NONE
    without = (hosts.get("without") or {}).get("raw") or {}
    words = f"{counted(hosts['count'], 'host')} in all."
    if without.get("documents"):
        words += f" {counted(without['documents'], 'document')} came without one."
    cut = hosts.get("cut") or {}
    if cut.get("documents"):
        words += (
            f" The lists of a long run are cut: {counted(cut['documents'], 'document')} with "
            f"{counted(cut['tokens'], 'token')} are of hosts that fell out, and a host of fewer than "
            f"{counted(cut['at_most'], 'token')} may be missing."
        )
    return paragraph(words, class_="small")


def _lengths(lengths: dict[str, Any]) -> Html:
    """Two curves over the length of documents, raw and kept, each as shares of its own whole."""
    raw, final = lengths.get("raw"), lengths.get("final")
    if not raw or not raw["low"]:
        return NONE
    highest = max(raw["high"][-1], *(final["high"][-1:] if final and final["low"] else [1.0]))
    cuts = _doubling(highest)
    joined = {
        (end, quantity): _joined(side, quantity, cuts)
        for end, side in (("raw", raw), ("final", final or _NO_LENGTHS))
        for quantity in QUANTITIES
    }
    picture = pick(
        "who-length", [("Share of", QUANTITIES)], lambda at: _length_picture(joined, cuts, QUANTITIES[at])
    )
    lines = [
        [
            f"{tick(low)} to below {tick(high)}",
            *(count(joined[end, q][at]) for q in ("documents", "tokens") for end in ("raw", "final")),
        ]
        for at, (low, high) in enumerate(pairwise(cuts))
    ]
    header = ["tokens of a document", "documents raw", "kept", "tokens raw", "kept"]
    return join(
        [tag("h3", "Length of documents"), picture, details("Lengths as a table", table(header, lines))]
    )


def _doubling(highest: float) -> list[float]:
    """0, 1, 2, 5, 10, 20, 50 and so on: steps that are edges of the tallies, up to the longest document."""
    cuts = [0.0]
    for power in range(math.ceil(math.log10(max(highest, 10))) + 1):
        for digit in (1, 2, 5):
            cuts.append(float(digit * 10**power))
            if cuts[-1] >= highest:
                return cuts
    return cuts


def _joined(side: dict[str, Any], quantity: str, cuts: list[float]) -> list[int]:
    sums = [0] * (len(cuts) - 1)
    for low, number in zip(side["low"], side[quantity], strict=True):
        sums[max(at for at, cut in enumerate(cuts[:-1]) if cut <= max(low or 0.0, 0.0))] += number
    return sums


def _length_picture(joined: dict[Any, list[int]], cuts: list[float], quantity: str) -> Html:
    raw, final = joined["raw", quantity], joined["final", quantity]
    shares = [(_part(a, sum(raw)), _part(b, sum(final))) for a, b in zip(raw, final, strict=True)]
    filled = [at for at, pair in enumerate(shares) if any(pair)]
    drawn = slice(filled[0], filled[-1] + 1) if filled else slice(0)
    scale = svg.Linear(0, max(max(pair) for pair in shares))
    lines = []
    for (low, high), (before, after) in list(zip(pairwise(cuts), shares, strict=True))[drawn]:
        said = f"{tick(low)} to below {tick(high)} tokens: {percent(before)} of the raw, {percent(after)} of those kept"
        shapes = [svg.bar(0, scale(before), 1, 7, "gone"), svg.bar(0, scale(after), 9, 7, "kept")]
        value = f"{percent(before)} → {percent(after)}"
        lines.append(row(f"{tick(low)} to {tick(high)}", svg.picture(said, 17, *shapes), value))
    return figure(
        rows(*lines), caption=f"Documents by their number of tokens: share of all {quantity}, raw → kept"
    )
