"""Why documents went: every rule's removals in all, as the first and alone, and how far rules overlap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.report.build import Report
from pipeline.report.numbers import NOTHING, count, counted, percent, share
from pipeline.report.page import svg
from pipeline.report.page.html import (
    NONE,
    Html,
    details,
    figure,
    join,
    key,
    names,
    paragraph,
    pick,
    row,
    rows,
    table,
    tag,
)

ANCHOR, SHORT, HEADING = "why", "Why", "Why documents went"
QUANTITIES = ("tokens", "documents")
MATRIX = 16  # rules of one stage that the overlap table shows, those that fire on most first
_WRITE = {"documents": count, "tokens": count}
_HEIGHT = 14.0

Reason = dict[str, Any]


def section(report: Report) -> Html:
    """Each stage that dropped something, with its rules as bars, as a table, and their overlap."""
    stages = [
        (stage, reasons)
        for stage in report["stages"]
        if (reasons := [entry for entry in report["reasons"] if entry["stage"] == stage["name"]])
    ]
    if not stages:
        return NONE
    intro = paragraph(
        "A document is dropped for the first rule of a stage that fires. The whole bar is all that a rule fires on, "
        "also what an earlier rule had claimed; the strongest part is what it takes alone, because no other rule of the "
        "stage fires there: that is what the stage would let through without this rule."
    )
    pictures = pick(
        "why",
        [("Count", QUANTITIES)],
        lambda at: join(_picture(stage, reasons, QUANTITIES[at]) for stage, reasons in stages),
    )
    tables = details("All reasons as a table", _table(stages))
    return join([intro, key(*_KEY), pictures, tables, _overlaps(report, stages)])


_COLUMNS = ("fires on", "takes", "alone", "of all")
_KEY = (
    ("kept", "takes alone"),
    ("middle", "takes as the first of several that fire"),
    ("band", "fires, but an earlier rule had claimed it"),
    ("gone", "taken by a deduplicator, which has no rules"),
)


def _picture(stage: dict[str, Any], reasons: list[Reason], quantity: str) -> Html:
    came = stage["in"][quantity]
    ranked = sorted(reasons, key=lambda entry: (-_most(entry, quantity), entry["reason"]))
    widest = max((_most(entry, quantity) for entry in ranked), default=0)
    scale = svg.Linear(0, widest)
    lines = [tag("div", tag("div", _spans(_COLUMNS), class_="value"), class_="row head", aria_hidden="true")]
    for entry in ranked:
        numbers = _numbers(entry, quantity, came)
        said = ", ".join(f"{what} {number}" for what, number in zip(_COLUMNS, numbers, strict=True))
        picture = svg.picture(f"{entry['reason']}: {said}", _HEIGHT, _bars(entry, quantity, scale))
        lines.append(row(names(entry["reason"]), picture, _spans(numbers)))
    taken = _WRITE[quantity](stage["dropped"][quantity])
    caption = join(
        [
            tag("b", stage["name"]),
            f" took {share(stage['dropped'][quantity], came)} of the {quantity} that reached it ({taken}); "
            f"the full width is {share(widest, came)}",
        ]
    )
    return figure(rows(*lines, class_="reasons"), caption=caption)


def _most(entry: Reason, quantity: str) -> int:
    largest: int = (entry["fired"] or entry["dropped"])[quantity]
    return largest


def _bars(entry: Reason, quantity: str, scale: svg.Scale) -> Html:
    """Alone is part of what is taken first, and that of all it fires on: three bars, one upon the other."""
    if entry["fired"] is None:
        return svg.bar(0, scale(entry["dropped"][quantity]), 0, _HEIGHT, "gone")
    parts = (("fired", "band"), ("dropped", "middle"), ("alone", "kept"))
    return join(svg.bar(0, scale(entry[part][quantity]), 0, _HEIGHT, look) for part, look in parts)


def _numbers(entry: Reason, quantity: str, came: int) -> list[str]:
    """What stands under `_COLUMNS`; the last is what the rule fires on, of all that reached the stage."""
    parts = [
        _WRITE[quantity](entry[part][quantity]) if entry[part] else NOTHING
        for part in ("fired", "dropped", "alone")
    ]
    return [*parts, share(_most(entry, quantity), came)]


def _spans(words: Sequence[str]) -> Html:
    return join(tag("span", word) for word in words)


def _table(stages: list[tuple[dict[str, Any], list[Reason]]]) -> Html:
    header = [
        "stage",
        "reason",
        "documents fired on",
        "dropped",
        "alone",
        "tokens fired on",
        "dropped",
        "alone",
    ]
    header += ["dropped, of the tokens in"]
    lines = []
    for stage, reasons in stages:
        for entry in reasons:
            parts = [
                count(entry[part][quantity]) if entry[part] else NOTHING
                for quantity in ("documents", "tokens")
                for part in ("fired", "dropped", "alone")
            ]
            of_all = share(entry["dropped"]["tokens"], stage["in"]["tokens"])
            lines.append([names(stage["name"]), names(entry["reason"]), *parts, of_all])
    return table(header, lines, left=2)


def _overlaps(report: Report, stages: list[tuple[dict[str, Any], list[Reason]]]) -> Html:
    """For each stage of two rules or more: of what one fires on, how much does each other fire on too."""
    both = {
        (entry["stage"], frozenset((entry["reason"], entry["other"]))): entry
        for entry in report.get("overlap") or []
    }
    matrices = []
    for stage, reasons in stages:
        fired = [entry for entry in reasons if entry["fired"] and entry["fired"]["documents"]]
        fired.sort(key=lambda entry: (-entry["fired"]["documents"], entry["reason"]))
        if len(fired) > 1 and any(name == stage["name"] for name, _ in both):
            matrices.append(_matrix(stage["name"], fired, both))
    if not matrices:
        return NONE
    intro = paragraph(
        "Of 100 documents that the rule of the line fires on, on how many does the rule of the column fire too. A rule "
        "whose line has large numbers under another column adds little to that other rule."
    )
    return join([tag("h3", "Rules that fire together"), intro, *matrices])


def _matrix(stage: str, fired: list[Reason], both: dict[Any, Reason]) -> Html:
    shown = fired[:MATRIX]
    header = ["", "documents", *(str(at) for at in range(1, len(shown) + 1))]
    lines = []
    for at, entry in enumerate(shown, 1):
        cells = [
            _shade(both.get((stage, frozenset((entry["reason"], other["reason"])))), entry)
            if other is not entry
            else Html('<span class="h self">·</span>')
            for other in shown
        ]
        lines.append([join([f"{at} ", names(entry["reason"])]), count(entry["fired"]["documents"]), *cells])
    left_out = len(fired) - len(shown)
    more = paragraph(
        f"{counted(left_out, 'rule')} that fire on fewer documents are in report.json.", class_="small"
    )
    return join(
        [table(header, lines, caption=stage, class_="matrix"), more if left_out else NONE],
    )


def _shade(pair: Reason | None, entry: Reason) -> Html:
    """A cell as dark as its number is large."""
    fraction = pair["documents"] / entry["fired"]["documents"] if pair else 0.0
    number = 100 * fraction
    written = "0" if number == 0 else "<1" if number < 0.5 else f"{number:.0f}"
    return tag("span", written, class_=f"h h{min(int(number // 10), 9)}", title=percent(fraction))
