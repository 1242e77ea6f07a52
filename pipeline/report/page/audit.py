"""The bias audit: the kept share of documents that name a group or are in a dialect, beside that of all."""

from __future__ import annotations

from typing import Any

from pipeline.report.build import Report
from pipeline.report.numbers import NOTHING, count, percent
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
from pipeline.report.page.ticks import percent_tick

KINDS = {
    "identity": "Documents that name a group: the share that is kept, and of how many",
    "dialect": "Documents with marks of a dialect: the share that is kept, and of how many",
}
_HEIGHT = 20.0

Group = dict[str, Any]


def audit(report: Report) -> Html:
    """A line for each group: its kept share as a mark with its interval, over that of all documents."""
    found = report.get("audit") or {}
    groups = [group for group in found.get("groups") or [] if group["raw"]["documents"]]
    overall = (found.get("overall") or {}).get("value")
    if not groups or overall is None:
        return NONE
    factor = found["factor"]
    scale = svg.Linear(0, min(1.0, 1.08 * max([overall / factor, *(_top(group) for group in groups)])))
    pictures = [
        figure(_lines(of_kind, found, scale), caption=title)
        for kind, title in KINDS.items()
        if (of_kind := [group for group in groups if group["kind"] == kind])
    ]
    return join(
        [
            tag("h3", "Groups and dialects"),
            _intro(overall, factor, groups),
            paragraph(found.get("note") or "", class_="small"),
            _key(found["fewest"]),
            *pictures,
            details("Groups and dialects as a table", _table(groups, found["fewest"])),
        ]
    )


def _intro(overall: float, factor: float, groups: list[Group]) -> Html:
    flagged = sum(bool(group["flagged"]) for group in groups)
    verdict = (
        f"{flagged} of {len(groups)} groups are flagged"
        if flagged
        else f"None of {len(groups)} groups is flagged"
    )
    return paragraph(
        f"Of all documents that are compared {percent(overall)} are kept. How much of those that contain a term of a "
        "group, or a mark of a dialect? A group is flagged if its share differs from that of all by more than chance, "
        f"and is below {factor:g} or above {1 / factor:g} times it. ",
        tag("b", f"{verdict}."),
    )


def _key(fewest: int) -> Html:
    entries = (
        (svg.dot(50, 7, "kept", 4.5), "kept share"),
        (svg.dot(50, 7, "few", 4.5), f"kept share, of fewer than {count(fewest)} documents: never flagged"),
        (svg.diamond(50, 7, "accent", 6), "kept share, flagged"),
        (svg.line(50, 0, 50, 14, "reference"), "all documents"),
        (svg.line(50, 0, 50, 14, "limit"), "bounds of a flag"),
    )
    items = [
        tag("li", tag("svg", shape, width=16, height=14, aria_hidden="true"), words)
        for shape, words in entries
    ]
    return tag("ul", *items, class_="key")


def _top(group: Group) -> float:
    kept = group["kept"]
    return max(value for value in (kept["value"], kept["high"], 0.0) if value is not None)


def _lines(groups: list[Group], found: dict[str, Any], scale: svg.Linear) -> Html:
    ranked = sorted(
        groups, key=lambda group: (group["kept"]["value"] is None, group["kept"]["value"], group["group"])
    )
    lines = [_line(group, found, scale) for group in ranked]
    ends = svg.picture("Scale", 20, svg.axis(scale, 0, percent_tick), class_="scale")
    lines.append(tag("div", tag("div", ends, class_="drawn"), class_="row axis", aria_hidden="true"))
    return rows(*lines)


def _line(group: Group, found: dict[str, Any], scale: svg.Linear) -> Html:
    overall, factor = found["overall"], found["factor"]
    kept, middle = group["kept"], _HEIGHT / 2
    shapes = [svg.bar(0, 100, 0, _HEIGHT, "track")]
    if overall["low"] is not None:
        shapes.append(svg.bar(scale(overall["low"]), scale(overall["high"]), 0, _HEIGHT, "band"))
    shapes.append(svg.line(scale(overall["value"]), 0, scale(overall["value"]), _HEIGHT, "reference"))
    limits = (factor * overall["value"], overall["value"] / factor)
    shapes += [svg.line(scale(x), 0, scale(x), _HEIGHT, "limit") for x in limits if x <= scale.high]
    if kept["low"] is not None:
        shapes.append(svg.whisker(scale(kept["low"]), scale(kept["high"]), middle))
    few = group["raw"]["documents"] < found["fewest"]
    if kept["value"] is not None:
        draw, look = (svg.diamond, "accent") if group["flagged"] else (svg.dot, "few" if few else "kept")
        shapes.append(draw(scale(kept["value"]), middle, look))
    aside = ", flagged" if group["flagged"] else ", of few documents" if few else ""
    said = f"{group['group']}: {percent(kept['value'])} kept{_between(kept)}{aside}"
    number = f" of {count(group['raw']['documents'])}"
    value = join([tag("b", percent(kept["value"])), number, " flagged" if group["flagged"] else ""])
    return row(group["group"], svg.picture(said, _HEIGHT, *shapes), value)


def _between(estimate: dict[str, Any]) -> str:
    if estimate["low"] is None or estimate["high"] is None:
        return ""
    return f", between {percent(estimate['low'])} and {percent(estimate['high'])}"


def _interval(estimate: dict[str, Any], write: Any = percent) -> str:
    if estimate["low"] is None or estimate["high"] is None:
        return NOTHING
    return f"{write(estimate['low'])} to {write(estimate['high'])}"


def _factor(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2f}"


def _table(groups: list[Group], fewest: int) -> Html:
    header = [
        "group",
        "documents raw",
        "kept",
        "95 %",
        "of the tokens",
        "over that of all",
        "95 %",
        "flagged",
    ]
    header += ["falls behind most at"]
    lines = [
        [
            group["group"],
            count(group["raw"]["documents"]),
            percent(group["kept"]["value"]),
            _interval(group["kept"]),
            percent(group["kept_tokens"]["value"]),
            _factor(group["ratio"]["value"]),
            _interval(group["ratio"], _factor),
            "yes"
            if group["flagged"]
            else "no"
            if group["raw"]["documents"] >= fewest
            else "too few to judge",
            names(group.get("worst_stage") or NOTHING),
        ]
        for group in groups
    ]
    return table(header, lines)
