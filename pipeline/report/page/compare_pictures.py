"""Funnels of several runs in one picture, and how they differ from the first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.report.beside import points, signed
from pipeline.report.compare import Comparison
from pipeline.report.numbers import NOTHING, per_thousand
from pipeline.report.page import svg
from pipeline.report.page.html import (
    NONE,
    Html,
    details,
    figure,
    join,
    paragraph,
    pick,
    row,
    rows,
    table,
    tag,
)

QUANTITIES = ("tokens", "documents", "bytes", "words")
_HEIGHT = 14.0  # of the line of one run, in pixels


def run_names(compared: Comparison) -> list[str]:
    return [run["name"] for run in compared["runs"]]


def _mark(at: int) -> str:
    """Runs are told apart by a letter, and never by colour alone."""
    return "ABCDEF"[at]


def funnels(compared: Comparison) -> Html:
    names = run_names(compared)
    if not any(run["totals"]["raw"]["documents"] for run in compared["runs"]):
        return NONE
    letters = tag(
        "ul", *(tag("li", tag("b", _mark(at)), f" {name}") for at, name in enumerate(names)), class_="key"
    )

    def drawn(chosen: int) -> Html:
        quantity = QUANTITIES[chosen]
        lines = [_beside(stage["name"], stage["left"][quantity], quantity) for stage in compared["stages"]]
        scale = svg.Linear(0, 1)
        ends = svg.picture(
            "Scale", 20, svg.axis(scale, 0, lambda share: per_thousand(share, 1)), class_="scale"
        )
        axis = tag("div", tag("div", ends, class_="drawn"), class_="row axis", aria_hidden="true")
        return figure(rows(*lines, axis), caption=f"Of 1,000 raw {quantity} of each run, how many are left")

    header = ["stage", *(f"{quantity} of {name}" for name in names for quantity in ("tokens", "documents"))]
    lines = [
        [
            stage["name"],
            *(
                _thousand(stage["left"][quantity][at])
                for at in range(len(names))
                for quantity in ("tokens", "documents")
            ),
        ]
        for stage in compared["stages"]
    ]
    return join(
        [
            letters,
            pick("funnels", [("Of 1,000 raw", QUANTITIES)], drawn),
            details("The funnels as a table: left of 1,000 raw", table(header, lines)),
        ]
    )


def _beside(name: str, shares: Sequence[dict[str, Any] | None], quantity: str) -> Html:
    """One stage: a bar for each run under the other, with its letter before it."""
    scale, shapes, said = svg.Linear(0, 1), [], []
    for at, share in enumerate(shares):
        y = at * (_HEIGHT + 3)
        shapes.append(svg.bar(0, 100, y, _HEIGHT, "track"))
        if share is None:
            shapes.append(svg.line(0, y + _HEIGHT / 2, 100, y + _HEIGHT / 2, "unknown"))
            continue
        if share["value"]:
            shapes.append(svg.bar(0, scale(share["value"]), y, _HEIGHT, "kept" if at % 2 == 0 else "middle"))
        if share["low"] is not None:
            shapes.append(svg.whisker(scale(share["low"]), scale(share["high"]), y + _HEIGHT / 2))
    for at, share in enumerate(shares):
        said.append(tag("div", tag("b", _mark(at)), f" {_thousand(share)}", class_="run"))
    words = ", ".join(f"{_mark(at)} {_thousand(share)}" for at, share in enumerate(shares))
    picture = svg.picture(
        f"{name}: of 1,000 raw {quantity} are left: {words}", len(shares) * (_HEIGHT + 3) - 3, *shapes
    )
    return row(name, picture, join(said))


def _thousand(share: dict[str, Any] | None) -> str:
    return NOTHING if share is None or share["value"] is None else per_thousand(share["value"], 1)


def differences(compared: Comparison) -> Html:
    """In points of raw tokens; a picture for each run but the first, since these are what is compared."""
    names = run_names(compared)
    lines = []
    for stage in compared["stages"]:
        for quantity in ("tokens", "documents"):
            cells = [points(value) for value in stage["difference"][quantity]]
            if any(cell != NOTHING for cell in cells):
                lines.append([stage["name"], quantity, *cells])
    if not lines:
        return NONE
    pictures = [_against(compared, at) for at in range(len(names) - 1)]
    known = any(
        value and value["low"] is not None
        for stage in compared["stages"]
        for value in stage["difference"]["tokens"]
    )
    how = (
        "from how much the difference itself varies between groups of the same documents. Where two recipes decide "
        "alike there is nothing to vary."
        if compared["paired"]
        else "from the intervals of the two shares, as if these were independent."
    )
    note = (
        f"The thin lines are 95 % intervals of the difference on all data like that which was read, {how}"
        if known
        else "There are no intervals: with so few units nothing says how far these shares vary."
    )
    header = ["stage", "share of", *(f"{name} less {names[0]}" for name in names[1:])]
    return join(
        [
            *pictures,
            paragraph(note, class_="small"),
            details("The differences as a table, in percentage points", table(header, lines, left=2)),
        ]
    )


def _against(compared: Comparison, at: int) -> Html:
    names = run_names(compared)
    values = [
        (stage["name"], stage["difference"]["tokens"][at])
        for stage in compared["stages"]
        if stage["difference"]["tokens"][at] is not None
    ]
    if not values:
        return NONE
    reach = max(
        (
            abs(end)
            for _, value in values
            for end in (value["value"], value["low"], value["high"])
            if end is not None
        ),
        default=0,
    )
    scale = svg.Linear(-(reach or 0.01), reach or 0.01)
    lines = []
    for name, value in values:
        height = 18.0
        shapes = [svg.bar(0, 100, 0, height, "track"), svg.line(50, 0, 50, height, "zero")]
        start, end = sorted((scale(0), scale(value["value"])))
        shapes.append(svg.bar(start, end, 5, height - 10, "kept" if value["value"] >= 0 else "gone"))
        if value["low"] is not None:
            shapes.append(svg.whisker(scale(value["low"]), scale(value["high"]), height / 2))
        shapes.append(
            svg.dot(scale(value["value"]), height / 2, "kept" if value["value"] >= 0 else "accent", 4)
        )
        lines.append(
            row(name, svg.picture(f"{name}: {points(value)} points", height, *shapes), _points(value))
        )
    ends = svg.picture("Scale", 20, svg.axis(scale, 0, signed), class_="scale")
    axis = tag("div", tag("div", ends, class_="drawn"), class_="row axis", aria_hidden="true")
    caption = f"{names[at + 1]} less {names[0]}: share of raw tokens that is left, in percentage points"
    return figure(rows(*lines, axis, class_="differences"), caption=caption)


def _points(value: dict[str, Any]) -> Html:
    """As `points`, with the interval below the number."""
    number, _, interval = points(value).partition(" ")
    return join([tag("b", number), tag("span", interval, class_="range") if interval else NONE])
