"""The picture of a measure: its bars and bounds, and which bars are cut because they would dwarf the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pipeline.report.numbers import counted, share
from pipeline.report.page import svg
from pipeline.report.page.histogram import ZERO_ENDS, Bars
from pipeline.report.page.html import Html, tag
from pipeline.report.page.ticks import tick

WEIGHTS = ("documents", "tokens")
_LABEL = 14.0  # per cent of a picture that a share takes up
_HEIGHT = 130.0  # of the bars, in pixels
TALL = 250  # how high the field of the bars is in its own units; it is 1,000 wide
_TOP = 26.0  # above them, for the marks of bounds and the shares of what is cut
_SPIKE = 4.0  # times the third largest bar: one that is higher is cut, and its share written on it

Measure = dict[str, Any]


def picture(name: str, measure: Measure, joined: Bars, passing: Sequence[bool]) -> Html:
    """The bars, in two colours as their bins are `passing` or not, with the bounds of all rules."""
    sums = joined.sums(measure["documents"])
    kept = joined.sums(
        [number if ok else 0 for number, ok in zip(measure["documents"], passing, strict=True)]
    )
    cap = cap_of(sums)
    columns = [
        tag("path", class_="gone", d=path(joined, sums, cap)),
        tag("path", class_="kept", d=path(joined, kept, cap)),
    ]
    axis = svg.axis(joined.axis, _TOP + _HEIGHT, tick)
    bounds = [
        tag(
            "svg",
            tag("line", class_="mark", y1=8, y2=_TOP + _HEIGHT),
            tag("polygon", class_="accent", points="-5,1 5,1 0,9"),
            class_="bound",
            x=f"{joined.axis(rule['bound']):.2f}%",
            overflow="visible",
            width=1,
            height=1,
        )
        for rule in measure["rules"]
    ]
    spikes = [
        tag("g", *cut_marks(joined, joined.sums(measure[weight])), class_=f"only-{weight}")
        for weight in WEIGHTS
    ]
    return svg.picture(
        f"{name}: how many documents have which value",
        _TOP + _HEIGHT + 20,
        svg.plot(_HEIGHT, *columns, y=_TOP, tall=TALL),
        svg.line(0, _TOP + _HEIGHT, 100, _TOP + _HEIGHT, "base"),
        axis,
        *bounds,
        *spikes,
        class_="histogram",
    )


def height_in_words(weight: str, sums: Sequence[int]) -> Html:
    return tag("small", f" full height: {counted(round(cap_of(sums)), weight[:-1])}", class_=f"only-{weight}")


def path(joined: Bars, sums: Sequence[int], cap: float) -> str:
    """The outline of all bars in a field of 1,000 by TALL; whatif.js draws the same."""
    pieces = []
    for (start, end), number in zip(joined.edges, sums, strict=True):
        height = _height(number, cap)
        if height:
            left, right = ends(joined, start, end)
            pieces.append(f"M{left} {TALL}V{TALL - height}H{right}V{TALL}")
    return "".join(pieces)


def ends(joined: Bars, start: float, end: float) -> tuple[int, int]:
    """Where a bar begins and ends, of 1,000, with a hair of paper to the next one. That of 0 is drawn at the left end."""
    if joined.axis.step is None and start == 0:
        return 0, round(10 * ZERO_ENDS) - 15
    left, right = round(10 * joined.axis(start)), round(10 * joined.axis(end))
    return left, max(right - 2, left + 3)


def _height(number: int, cap: float) -> int:
    return min(TALL, max(round(TALL * number / cap), 1)) if number else 0


def cap_of(sums: Sequence[int]) -> float:
    """The number at which bars end: the largest, or a little above the others if one or two dwarf them all."""
    ranked = sorted(sums, reverse=True)
    third = ranked[2] if len(ranked) > 2 else ranked[0]
    return 1.5 * third if third and ranked[0] > _SPIKE * third else float(max(ranked[0], 1))


def cut_marks(joined: Bars, sums: Sequence[int]) -> Iterable[Html]:
    """Over a bar that is cut off the share of all that stands in it, and on it a gap that says that it is cut.

    Two at most are cut. Where they stand close to each other their shares are one label, from left to right.
    """
    cap, labels = cap_of(sums), list[tuple[float, str]]()
    for number, edge in zip(sums, joined.edges, strict=True):
        if number > cap:
            left, right = (side / 10 for side in ends(joined, *edge))
            yield svg.bar(left, right, _TOP + 8, 3, "gap")
            labels.append(((left + right) / 2, share(number, sum(sums))))
    if len(labels) == 2 and labels[1][0] - labels[0][0] < 1.5 * _LABEL:
        labels = [((labels[0][0] + labels[1][0]) / 2, f"{labels[0][1]} | {labels[1][1]}")]
    for middle, words in labels:
        half = _LABEL if "|" in words else _LABEL / 2
        yield svg.label(min(max(middle, half), 100 - half), _TOP - 4, words, "middle", "cut")
