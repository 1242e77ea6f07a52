"""What if: each measure's histogram with its bounds, which can be moved, and what the stage would then keep."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from pipeline.report.build import Report
from pipeline.report.numbers import count, counted, share
from pipeline.report.page.histogram import LOWEST, ZERO_ENDS, Bars, bars, coarser, lows
from pipeline.report.page.histogram_picture import WEIGHTS, Measure, cap_of, ends, height_in_words, picture
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
from pipeline.report.page.ticks import plain

ANCHOR, SHORT, HEADING = "whatif", "What if", "What other bounds would keep"
FINE = 6_000  # bins on the page; if there are more, bounds move from bar to bar and not within them
_OPEN = -1e300  # in the page's JSON, the lower edge of a bin that has none


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
            "h4", names(name), *(height_in_words(weight, joined.sums(measure[weight])) for weight in WEIGHTS)
        ),
        picture(name, measure, joined, _passing(measure)),
        *rules,
        note,
        details("as a table", _table(measure, joined)),
        class_="card measure",
    )


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
        "sides": [ends(joined, *edge) for edge in joined.edges],
        "cap": {weight: cap_of(joined.sums(measure[weight])) for weight in WEIGHTS},
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
    """The ends of some bins in words. The bins beside 0 hold nothing but 0, and one that begins just below 0 includes it."""
    if low is not None and high is not None and LOWEST >= high >= 0 >= low >= -LOWEST:
        return "0", "0"
    first = "" if low is None else "0 incl." if -LOWEST <= low < 0 else plain(low)
    return first, "" if high is None else plain(high)


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
