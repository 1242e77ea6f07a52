"""What if: each measure's histogram with its bounds, which can be moved, and what the stage would then keep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from pipeline.report.build import Report
from pipeline.report.numbers import count, counted, share
from pipeline.report.page import svg
from pipeline.report.page.histogram import LOWEST, ZERO_ENDS, Bars, bars, coarser, lows
from pipeline.report.page.html import (
    NONE,
    Html,
    data,
    details,
    join,
    key,
    names,
    paragraph,
    radios,
    table,
    tag,
)
from pipeline.report.page.ticks import plain, tick

ANCHOR, SHORT, HEADING = "whatif", "What if", "What other bounds would keep"
WEIGHTS = ("documents", "tokens")
_LABEL = 14.0  # per cent of a picture that a share takes up
FINE = 6_000  # bins on the page; if there are more, bounds move from bar to bar and not within them
_HEIGHT = 130.0  # of the bars, in pixels
TALL = 250  # how high the field of the bars is in its own units; it is 1,000 wide
_TOP = 26.0  # above them, for the marks of bounds and the shares of what is cut
_SPIKE = 4.0  # times the third largest bar: one that is higher is cut, and its share written on it
_OPEN = -1e300  # in the page's JSON, the lower edge of a bin that has none

Measure = dict[str, Any]


def section(report: Report) -> Html:
    """Every measure of every filter with its sliders, stage by stage."""
    found = [measure for measure in report.get("measures") or [] if measure["low"]]
    measures = [measure for measure in found if len(measure["low"]) > 1]
    if not found:
        return NONE
    if sum(len(measure["low"]) for measure in measures) > FINE:
        measures = [coarser(measure) for measure in measures]
    came = {stage["name"]: stage["in"] for stage in report["stages"]}
    drawn = [(measure, bars(measure)) for measure in measures]
    blocks = []
    for stage, group in groupby(enumerate(drawn), key=lambda entry: entry[1][0]["stage"]):
        cards = [_card(at, measure, joined, came[stage]) for at, (measure, joined) in group]
        title = tag(
            "h3", names(stage), tag("small", f" {counted(came[stage]['documents'], 'document')} reached it")
        )
        blocks += [title, tag("div", *cards, class_="cards measures")]
    return join(
        [
            _INTRO,
            tag("div", radios("whatif-weight", "Bars count", WEIGHTS, WEIGHTS), class_="choices js-only"),
            key(
                ("kept", "on the side of the bound that passes"), ("gone", "on the side that the rule drops")
            ),
            tag("div", *blocks, class_="of-documents", id="whatif-measures"),
            _alike([measure for measure in found if len(measure["low"]) == 1]),
            data(
                "whatif-data",
                [_encoded(measure, joined, came[measure["stage"]]) for measure, joined in drawn],
            ),
        ]
    )


_INTRO = join(
    [
        paragraph(
            "Each picture shows all documents that reached the stage, by one of its measures, and the bound that a rule "
            "sets. Move a bound, with the pointer or the arrow keys, to see what the stage would let through: this is "
            "counted, not estimated."
        ),
        paragraph(
            "What it does not say: what later stages would do with these documents, and what happens if two bounds "
            "move at once. Each number holds if this bound alone is changed and every other rule stays as it is, in "
            "this stage and in those before it.",
            class_="small",
        ),
    ]
)


def _alike(measures: Sequence[Measure]) -> Html:
    """Measures without a picture: all documents have one value, and a bound takes all of them or none."""
    if not measures:
        return NONE
    values = []
    for measure in measures:
        low, high = _ends_of(measure["low"][0], measure["high"][0])
        values.append(f"{measure['measure']} ({low if low == high else f'{low} to {high}'})")
    words = "Not drawn, because all documents lie in one bin: "
    return paragraph(words, ", ".join(dict.fromkeys(values)), ".", class_="small")


def _card(at: int, measure: Measure, joined: Bars, came: dict[str, int]) -> Html:
    name = _name(measure)
    undefined = measure["undefined"]["documents"]
    note = (
        paragraph(f"{counted(undefined, 'document')} without a value, which no bound drops.", class_="small")
        if undefined
        else NONE
    )
    rules = [_rule(at, place, rule, measure, came) for place, rule in enumerate(measure["rules"])]
    return tag(
        "article",
        tag(
            "h4", names(name), *(_height_in_words(weight, joined.sums(measure[weight])) for weight in WEIGHTS)
        ),
        _picture(at, name, measure, joined),
        *rules,
        note,
        details("as a table", _table(measure, joined)),
        class_="card measure",
    )


def _picture(at: int, name: str, measure: Measure, joined: Bars) -> Html:
    passing = _passing(measure)
    sums = joined.sums(measure["documents"])
    kept = joined.sums(
        [number if ok else 0 for number, ok in zip(measure["documents"], passing, strict=True)]
    )
    cap = _cap(sums)
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
        tag("g", *_spikes(joined, joined.sums(measure[weight])), class_=f"only-{weight}")
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


def _height_in_words(weight: str, sums: Sequence[int]) -> Html:
    return tag("small", f" full height: {counted(round(_cap(sums)), weight[:-1])}", class_=f"only-{weight}")


def path(joined: Bars, sums: Sequence[int], cap: float) -> str:
    """The outline of all bars in a field of 1,000 by TALL; whatif.js draws the same."""
    pieces = []
    for (start, end), number in zip(joined.edges, sums, strict=True):
        height = _height(number, cap)
        if height:
            left, right = _ends(joined, start, end)
            pieces.append(f"M{left} {TALL}V{TALL - height}H{right}V{TALL}")
    return "".join(pieces)


def _ends(joined: Bars, start: float, end: float) -> tuple[int, int]:
    """Where a bar begins and ends, of 1,000, with a hair of paper to the next one. That of 0 is drawn at the left end."""
    if joined.axis.step is None and start == 0:
        return 0, round(10 * ZERO_ENDS) - 15
    left, right = round(10 * joined.axis(start)), round(10 * joined.axis(end))
    return left, max(right - 2, left + 3)


def _height(number: int, cap: float) -> int:
    return min(TALL, max(round(TALL * number / cap), 1)) if number else 0


def _cap(sums: Sequence[int]) -> float:
    """The number at which bars end: the largest, or a little above the others if one or two dwarf them all."""
    ranked = sorted(sums, reverse=True)
    third = ranked[2] if len(ranked) > 2 else ranked[0]
    return 1.5 * third if third and ranked[0] > _SPIKE * third else float(max(ranked[0], 1))


def _spikes(joined: Bars, sums: Sequence[int]) -> Iterable[Html]:
    """Over a bar that is cut off the share of all that stands in it, and on it a gap that says that it is cut.

    Two at most are cut. Where they stand close to each other their shares are one label, from left to right.
    """
    cap, labels = _cap(sums), list[tuple[float, str]]()
    for number, edge in zip(sums, joined.edges, strict=True):
        if number > cap:
            left, right = (side / 10 for side in _ends(joined, *edge))
            yield svg.bar(left, right, _TOP + 8, 3, "gap")
            labels.append(((left + right) / 2, share(number, sum(sums))))
    if len(labels) == 2 and labels[1][0] - labels[0][0] < 1.5 * _LABEL:
        labels = [((labels[0][0] + labels[1][0]) / 2, f"{labels[0][1]} | {labels[1][1]}")]
    for middle, words in labels:
        half = _LABEL if "|" in words else _LABEL / 2
        yield svg.label(min(max(middle, half), 100 - half), _TOP - 4, words, "middle", "cut")


def _passing(measure: Measure) -> list[bool]:
    """Of each bin, whether no rule of this measure is against it."""
    return [all(passes(rule, low) for rule in measure["rules"]) for low in lows(measure)]


def passes(rule: dict[str, Any], low: float, bound: float | None = None) -> bool:
    """Whether a bin lies on the good side of a rule's bound. Bounds are edges, so its lower edge tells."""
    limit = rule["bound"] if bound is None else bound
    return low >= limit if rule["comparison"] in ("<", "<=") else low < limit


def kept(measure: Measure, rule: dict[str, Any], bound: float | None = None) -> dict[str, int]:
    """What the stage lets through if this rule's bound is `bound`: documents and tokens, counted."""
    passing = [passes(rule, low, bound) for low in lows(measure)]
    return {
        weight: rule["undefined"][weight] + sum(n for n, ok in zip(rule[weight], passing, strict=True) if ok)
        for weight in WEIGHTS
    }


def stops(measure: Measure, rule: dict[str, Any]) -> list[float]:
    """Where a bound can stand and make a difference: at the edge of a bin; and where it stood in the run."""
    edges = {*measure["low"], measure["high"][-1], rule["bound"]}
    return sorted(edge for edge in edges if edge is not None)


def _rule(at: int, place: int, rule: dict[str, Any], measure: Measure, came: dict[str, int]) -> Html:
    """A rule in words, its slider over all places where a bound can stand, and what the stage keeps."""
    identity = f"whatif-{at}-{place}"
    where = stops(measure, rule)
    words = join(
        [
            tag("b", names(rule["reason"])),
            f" drops {_name(measure)} {_SIGNS[rule['comparison']]} ",
            tag("span", plain(rule["bound"]), class_="bound-value"),
        ]
    )
    slider = tag(
        "input",
        type="range",
        id=identity,
        min=0,
        max=len(where) - 1,
        value=where.index(rule["bound"]),
        aria_valuetext=plain(rule["bound"]),
        class_="js-only",
    )
    back = tag("button", "back", type="button", aria_label=f"{rule['reason']}: back to the run's bound")
    return tag(
        "div",
        tag("label", words, for_=identity),
        slider,
        tag("output", said(kept(measure, rule), came), for_=identity),
        tag("div", tag("span"), back, class_="change js-only"),
        class_="rule",
        data_measure=at,
        data_rule=place,
    )


_SIGNS = {"<": "<", "<=": "≤", ">": ">", ">=": "≥"}


def said(left: dict[str, int], came: dict[str, int]) -> Html:
    """What a stage keeps, in words; whatif.js says the same."""
    parts = [
        join([tag("b", counted(left[weight], weight[:-1])), f" ({share(left[weight], came[weight])})"])
        for weight in WEIGHTS
    ]
    return join(["The stage keeps ", parts[0], " and ", parts[1]])


def _name(measure: Measure) -> str:
    """Its name without that of its stage."""
    name: str = measure["measure"].rpartition(".")[2]
    return name


def _encoded(measure: Measure, joined: Bars, came: dict[str, int]) -> dict[str, Any]:
    """What whatif.js needs of a measure: its bins, where their bars are drawn, and the bins of each rule."""
    axis = joined.axis
    return {
        "came": {weight: came[weight] for weight in WEIGHTS},
        "axis": {"low": axis.low, "high": axis.high, "zero": ZERO_ENDS if axis.step is None else None},
        "low": [_OPEN if low is None else low for low in measure["low"]],
        "end": measure["high"][-1],
        "first": joined.first,
        "sides": [_ends(joined, *edge) for edge in joined.edges],
        "cap": {weight: _cap(joined.sums(measure[weight])) for weight in WEIGHTS},
        **{weight: measure[weight] for weight in WEIGHTS},
        "rules": [
            {
                "comparison": rule["comparison"],
                "bound": rule["bound"],
                "undefined": {weight: rule["undefined"][weight] for weight in WEIGHTS},
                **{weight: rule[weight] for weight in WEIGHTS},
            }
            for rule in measure["rules"]
        ],
    }


def _ends_of(low: float | None, high: float | None) -> tuple[str, str]:
    """The ends of some bins in words. The bins beside 0 hold nothing but 0."""
    if low is not None and high is not None and LOWEST >= high >= 0 >= low >= -LOWEST:
        return "0", "0"
    return "" if low is None else plain(low), "" if high is None else plain(high)


def _table(measure: Measure, joined: Bars) -> Html:
    """The bars in numbers."""
    header = ["from", "to below", *WEIGHTS] if measure["closed"] == "left" else ["above", "to", *WEIGHTS]
    numbers = [joined.sums(measure[weight]) for weight in WEIGHTS]
    rows = []
    for at, values in enumerate(zip(*numbers, strict=True)):
        first, last = joined.first[at], joined.first[at + 1] - 1
        low, high = _ends_of(measure["low"][first], measure["high"][last])
        rows.append([low, high, *(count(value) for value in values)])
    return table(header, rows, left=1)
