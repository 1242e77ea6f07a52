"""The funnel: of 1,000 raw tokens, how many are left after each stage, and the published funnels for scale."""

from __future__ import annotations

import math
from typing import Any

from pipeline.report.build import Report
from pipeline.report.numbers import NOTHING, count, counted, per_thousand, size
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

ANCHOR, SHORT, HEADING = "funnel", "Funnel", "What is left after each stage"
QUANTITIES = ("tokens", "documents", "bytes", "words")
EFFECTIVE = 50  # equal documents; of fewer, intervals are rough
REASONS = 3  # named below a stage; the section on reasons has them all
_WRITE = {"documents": count, "bytes": size, "words": count, "tokens": count}
_HEIGHT = 18.0  # of a bar, in pixels


def section(report: Report) -> Html:
    """The run's own funnel in four quantities and on two scales, its table, and the published ones."""
    if not any(report["totals"]["raw"].values()):
        return NONE
    scales = ("linear", "logarithmic")
    own = pick(
        "funnel",
        [("Of 1,000 raw", QUANTITIES), ("Scale", scales)],
        lambda quantity, scale: _funnel(report, QUANTITIES[quantity], logarithmic=scale == 1),
    )
    tables = details("The funnel as tables", *(_table(report, quantity) for quantity in QUANTITIES))
    return join([own, _basis(report), tables, _published(report)])


def _funnel(report: Report, quantity: str, logarithmic: bool) -> Html:
    raw = report["totals"]["raw"][quantity]
    shares = [stage["out"][quantity] / raw for stage in report["stages"]] if raw else []
    positive = [share for share in shares if share > 0]
    lowest = 10.0 ** min(-1, math.floor(math.log10(min(positive, default=1.0))))
    scale: svg.Scale = svg.Log(lowest, 1) if logarithmic else svg.Linear(0, 1)
    intervals = _intervals(report, quantity)
    lines = []
    for stage in report["stages"]:
        came, went = stage["in"][quantity], stage["out"][quantity]
        if not came and not report["complete"]:
            lines.append(_awaited(stage["name"]))
            continue
        left = per_thousand(went, raw)
        title = f"{stage['name']}: {left} of 1,000 {quantity} are left"
        interval = intervals.get(stage["name"])
        interval_mark = NONE
        if interval is not None:
            interval_mark = svg.whisker(scale(interval[0]), scale(interval[1]), _HEIGHT / 2)
            title += f", between {_thousand(interval[0])} and {_thousand(interval[1])}"
        draw = _dots if logarithmic else _bars
        shapes = draw(
            scale(came / raw if raw else 0), scale(went / raw if raw else 0), went > 0, interval_mark
        )
        value = join(
            [
                tag("b", left),
                " of 1,000",
                tag("span", f" ({_range(interval)})", class_="range") if interval else "",
            ]
        )
        lines.append(
            row(
                names(stage["name"]),
                svg.picture(title, _HEIGHT, shapes),
                value,
                _reasons(report, stage, quantity, raw),
            )
        )
    ends = svg.picture("Scale", 20, svg.axis(scale, 0, _thousand), class_="scale")
    lines.append(tag("div", tag("div", ends, class_="drawn"), class_="row axis", aria_hidden="true"))
    caption = f"Of 1,000 raw {quantity}, how many are left" + (
        ": on this scale equal steps are equal factors, so lengths from the left edge mean nothing"
        if logarithmic
        else ""
    )
    looks = [("kept", "left"), ("gone", "taken by this stage")]
    return figure(key(*looks), rows(*lines, class_="funnel"), caption=caption)


def _awaited(stage: str) -> Html:
    """A stage that nothing has reached yet, in a run that is not finished."""
    shapes = [_TRACK, svg.line(0, _HEIGHT / 2, 100, _HEIGHT / 2, "unknown")]
    return row(names(stage), svg.picture(f"{stage}: not yet", _HEIGHT, *shapes), "not yet")


def _bars(came: float, went: float, some: bool, interval: Html) -> Html:
    """What is left and what the stage took, in per cent of the width; `some` is left, however little."""
    kept = svg.bar(0, max(went, 1e-9), 2, _HEIGHT - 4, "kept") if some else NONE
    return join([_TRACK, svg.bar(went, came, 2, _HEIGHT - 4, "gone"), kept, interval])


def _dots(came: float, went: float, some: bool, interval: Html) -> Html:
    """A dot where the stage ends, and a light line from where it began: a bar would start at an arbitrary point."""
    fall = svg.bar(went, came, _HEIGHT / 2 - 3, 6, "gone")
    return join([_TRACK, fall, interval, svg.dot(went, _HEIGHT / 2, "kept") if some else NONE])


_TRACK = svg.bar(0, 100, 0, _HEIGHT, "track")


def _reasons(report: Report, stage: dict[str, Any], quantity: str, raw: int) -> str | None:
    """What the stage took most for, as the terminal's funnel says it."""
    taken = [
        (entry["reason"], entry["dropped"][quantity])
        for entry in report["reasons"]
        if entry["stage"] == stage["name"] and entry["dropped"]["documents"]
    ]
    taken.sort(key=lambda entry: (-entry[1], entry[0]))
    shown, rest = (taken, []) if len(taken) <= REASONS + 1 else (taken[:REASONS], taken[REASONS:])
    if rest:
        shown.append((f"{len(rest)} other reasons", sum(amount for _, amount in rest)))
    if stage["trimmed"][quantity]:
        shown.append(("trimmed" if stage["trimmed"][quantity] > 0 else "added", stage["trimmed"][quantity]))
    return " · ".join(f"{reason} {_signed(per_thousand(amount, raw))}" for reason, amount in shown) or None


def _signed(left: str) -> str:
    """A loss with its sign; a negative loss is a gain."""
    return f"+{left[1:]}" if left.startswith("-") else left if left == "0" else f"−{left}"


def _intervals(report: Report, quantity: str) -> dict[str, tuple[float, float]]:
    """The 95 % interval of each stage's share of raw, where there is a basis for one."""
    found = (report.get("intervals") or {}).get("stages") or []
    return {
        entry["name"]: (entry[quantity]["low"], entry[quantity]["high"])
        for entry in found
        if entry.get(quantity) and _is_open(entry[quantity]["low"], entry[quantity]["high"])
    }


def _is_open(low: float | None, high: float | None) -> bool:
    """Whether these are ends of an interval that is more than a point."""
    return low is not None and high is not None and _thousand(low) != _thousand(high)


def _basis(report: Report) -> Html:
    intervals = report.get("intervals") or {}
    basis, groups = intervals.get("basis"), intervals.get("groups")
    if basis is None:
        return NONE
    what = "random groups of documents" if basis == "documents" else "units of the input"
    return paragraph(
        f"The thin lines are 95 % intervals, from how much {count(groups or 0)} {what} differ: where the same share "
        "of all data like this would lie, had it all been run. They say nothing about data of another kind, and "
        "nothing about the duplicates that a larger input holds.",
        _few_documents(report),
        class_="small",
    )


def _few_documents(report: Report) -> str:
    """What uneven lengths do to the intervals, where that is much."""
    effective = (report.get("dominance") or {}).get("documents_effective")
    if effective is None or effective >= EFFECTIVE:
        return ""
    return (
        f" In tokens, what was read tells as much as {counted(round(effective), 'document')} of one length would; with fewer "
        f"than {EFFECTIVE}, intervals of tokens, bytes and words are rough."
    )


def _table(report: Report, quantity: str) -> Html:
    """One table for each quantity: all of them side by side are wider than paper."""
    raw, intervals = report["totals"]["raw"][quantity], _intervals(report, quantity)
    header = ["stage", "kind", "in", "dropped", "trimmed", "out", "of 1,000 raw", "95 %"]
    lines = []
    for stage in report["stages"]:
        came, dropped, trimmed, went = (stage[o][quantity] for o in ("in", "dropped", "trimmed", "out"))
        interval = intervals.get(stage["name"])
        amounts = [_WRITE[quantity](value) for value in (came, dropped, trimmed, went)]
        share = [per_thousand(went, raw), _range(interval) if interval else NOTHING]
        lines.append([names(stage["name"]), stage["kind"], *amounts, *share])
    return table(header, lines, left=2, caption=quantity.capitalize())


def _published(report: Report) -> Html:
    """Small pictures of other funnels, each in its own unit: shares of documents and of tokens do not compare."""
    published = report.get("published") or []
    if not published:
        return NONE
    intro = paragraph(
        "For scale, what others have published. Each is in the unit that its source gives, named above it: "
        "one of documents does not compare with one of tokens. They began with other data and other first steps, "
        "so their first bar is not your first bar. A dotted line is a stage of which the source does not give this.",
    )
    cards = [_card(entry) for entry in published]
    return join([tag("h3", "Published funnels"), intro, tag("div", *cards, class_="cards")])


def _card(entry: dict[str, Any]) -> Html:
    unit, scale = entry["unit"], svg.Linear(0, 1)
    lines, before = [], 1.0
    for stage in entry["stages"]:
        left = stage["left"]
        if left is None:
            shapes = join([svg.bar(0, 100, 0, 10, "track"), svg.line(0, 5, 100, 5, "unknown")])
            value, title = NOTHING, f"{stage['stage']}: not published in {unit}"
        else:
            shapes = join(
                [
                    svg.bar(0, 100, 0, 10, "track"),
                    svg.bar(scale(left), scale(before), 0, 10, "gone"),
                    svg.bar(0, scale(left), 0, 10, "kept") if left else NONE,
                ]
            )
            value, before = per_thousand(left, 1), left
            title = f"{stage['stage']}: {value} of 1,000 {unit} are left"
        lines.append(row(stage["stage"], svg.picture(title, 10, shapes), value))
    return tag(
        "article",
        tag("h4", entry["title"]),
        paragraph(f"of 1,000 {unit}; {entry['raw']} to {entry['final']}", class_="unit"),
        rows(*lines, class_="small-rows"),
        paragraph(entry["source"], class_="source"),
        class_="card",
    )


def _thousand(share: float) -> str:
    return per_thousand(share, 1)


def _range(interval: tuple[float, float]) -> str:
    return f"{_thousand(interval[0])} to {_thousand(interval[1])}"
