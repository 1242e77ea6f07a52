"""The bias audit: what is kept of documents that name a group or are in a dialect, beside what is kept of documents that are
as long."""

from __future__ import annotations

from typing import Any

from pipeline.report.build import Report
from pipeline.report.numbers import NOTHING, count, counted, percent
from pipeline.report.page import svg
from pipeline.report.page.html import (
    NONE,
    Html,
    details,
    figure,
    join,
    names,
    paragraph,
    row,
    rows,
    table,
    tag,
)

KINDS = {"identity": "Documents that name a group", "dialect": "Documents with marks of a dialect"}
_HEIGHT = 20.0

Group = dict[str, Any]


def audit(report: Report) -> Html:
    """A line for each group: its kept share as a mark with its interval, over that of all documents."""
    found = report.get("audit") or {}
    groups = [group for group in found.get("groups") or [] if group["raw"]["documents"]]
    overall = (found.get("overall") or {}).get("value")
    if not groups or overall is None:
        return NONE
    scale = _scale(groups, found)
    pictures = [
        figure(_lines(of_kind, found, scale), caption=title)
        for kind, title in KINDS.items()
        if (of_kind := [group for group in groups if group["kind"] == kind])
    ]
    return join(
        [
            tag("h3", "Groups and dialects"),
            _intro(overall, found, groups),
            paragraph(found.get("note") or "", class_="small"),
            _key(found["fewest"]),
            *pictures,
            details("Groups and dialects as a table", _table(groups, found)),
        ]
    )


def _intro(overall: float, found: dict[str, Any], groups: list[Group]) -> Html:
    factor, few = found["factor"], sum(_few(group, found) for group in groups)
    judged, flagged = len(groups) - few, sum(bool(group["flagged"]) for group in groups)
    verdict = f"Of {counted(judged, 'group')} {flagged or 'none'} {'are' if flagged > 1 else 'is'} flagged"
    if few:
        verdict += f"; {few} more {'have' if few > 1 else 'has'} too few documents to judge"
    return paragraph(
        f"Of all documents that are compared {percent(overall)} are kept. How much of those that contain a term of a "
        "group, or a mark of a dialect? Long documents contain more words, and filters judge by length, so what is kept of "
        "a group is set against what is kept of documents of the same lengths: 1 is as much as of these. A group is flagged "
        f"if that ratio differs from 1 by more than chance, and is below {factor:g} or above {1 / factor:g}. ",
        tag("b", f"{verdict}."),
    )


def _key(fewest: int) -> Html:
    entries = (
        (svg.dot(50, 7, "kept", 4.5), "kept, over documents of the same lengths"),
        (svg.dot(50, 7, "few", 4.5), f"too few to judge: under {count(fewest)} documents"),
        (svg.diamond(50, 7, "accent", 6), "flagged"),
        (svg.line(50, 2, 50, 12, "curve"), "over documents of any length"),
        (svg.line(50, 0, 50, 14, "reference"), "kept as others are"),
        (svg.line(50, 0, 50, 14, "limit"), "bounds of a flag"),
    )
    items = [
        tag("li", tag("svg", shape, width=16, height=14, aria_hidden="true"), words)
        for shape, words in entries
    ]
    return tag("ul", *items, class_="key")


def _scale(groups: list[Group], found: dict[str, Any]) -> svg.Log:
    """Of ratios: equal factors are equally far from 1. As wide as what is judged, and never wider than a factor of 20."""
    judged = [group for group in groups if not _few(group, found)]
    ends = [
        end
        for group in judged
        for ratio in (group["matched"], group["ratio"])
        for end in ratio.values()
        if end
    ]
    widest = max([1.6, *(max(end, 1 / end) for end in ends)])
    return svg.Log(1 / min(widest * 1.05, 20), min(widest * 1.05, 20))


def _few(group: Group, found: dict[str, Any]) -> bool:
    return bool(group["raw"]["documents"] < found["fewest"])


def _lines(groups: list[Group], found: dict[str, Any], scale: svg.Log) -> Html:
    """From the group that is kept least to the one that is kept most; those of which too little is known at the end."""

    def rank(group: Group) -> tuple[bool, bool, float, str]:
        value = group["matched"]["value"]
        return _few(group, found), value is None, value or 0.0, group["group"]

    lines = [_line(group, found, scale) for group in sorted(groups, key=rank)]
    ends = svg.picture("Scale", 20, svg.axis(scale, 0, _tick, ticks=_ticks(scale)), class_="scale")
    lines.append(tag("div", tag("div", ends, class_="drawn"), class_="row axis", aria_hidden="true"))
    return rows(*lines)


def _ticks(scale: svg.Log) -> list[float]:
    """The ends of a flag by default are among them while they do not touch their neighbours."""
    wide = scale.high > 2.5
    ticks = (
        (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20) if wide else (0.2, 0.33, 0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3, 5)
    )
    return [tick for tick in ticks if scale.low <= tick <= scale.high]


def _tick(value: float) -> str:
    return f"{value:g}"


def _line(group: Group, found: dict[str, Any], scale: svg.Log) -> Html:
    factor, middle, few = found["factor"], _HEIGHT / 2, _few(group, found)
    matched, any_length = group["matched"], group["ratio"]["value"]
    shapes = [svg.bar(0, 100, 0, _HEIGHT, "track")]
    shapes += [svg.line(scale(x), 0, scale(x), _HEIGHT, "limit") for x in (factor, 1 / factor)]
    shapes.append(svg.line(scale(1), 0, scale(1), _HEIGHT, "reference"))
    if any_length is not None and not few:
        shapes.append(svg.line(scale(any_length), middle - 5, scale(any_length), middle + 5, "curve"))
    if matched["low"] is not None:
        shapes.append(svg.whisker(scale(matched["low"]), scale(matched["high"]), middle))
    if matched["value"] is not None:
        draw, look = (svg.diamond, "accent") if group["flagged"] else (svg.dot, "few" if few else "kept")
        shapes.append(draw(scale(matched["value"]), middle, look))
    aside = ", flagged" if group["flagged"] else ", too few to judge" if few else ""
    said = (
        f"{group['group']}: {percent(group['kept']['value'])} kept, of documents of the same lengths "
        f"{percent(group['expected'])}; ratio {_factor(matched['value'])}{_between(matched)}{aside}"
    )
    kept = f" {percent(group['kept']['value']).removesuffix(' %')} against {percent(group['expected'])}"
    value = join(
        [
            tag("b", _factor(matched["value"])),
            " flagged" if group["flagged"] else "",
            tag("span", kept, class_="range"),
        ]
    )
    return row(group["group"], svg.picture(said, _HEIGHT, *shapes), value)


def _between(estimate: dict[str, Any]) -> str:
    if estimate["low"] is None or estimate["high"] is None:
        return ""
    return f", between {_factor(estimate['low'])} and {_factor(estimate['high'])}"


def _interval(estimate: dict[str, Any]) -> str:
    if estimate["low"] is None or estimate["high"] is None:
        return NOTHING
    return f"{_factor(estimate['low'])} to {_factor(estimate['high'])}"


def _factor(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2f}"


def _table(groups: list[Group], found: dict[str, Any]) -> Html:
    header = ["group", "documents raw", "kept", "of the same lengths", "matched ratio", "95 %", "raw ratio"]
    header += ["of the tokens", "flagged", "falls behind most at"]
    lines = [
        [
            group["group"],
            count(group["raw"]["documents"]),
            percent(group["kept"]["value"]),
            percent(group["expected"]),
            _factor(group["matched"]["value"]),
            _interval(group["matched"]),
            _factor(group["ratio"]["value"]),
            percent(group["kept_tokens"]["value"]),
            _verdict(group, found),
            names(group.get("worst_stage") or NOTHING),
        ]
        for group in groups
    ]
    return table(header, lines)


def _verdict(group: Group, found: dict[str, Any]) -> str:
    if group["flagged"]:
        return "yes"
    return "too few to judge" if _few(group, found) else "no"
