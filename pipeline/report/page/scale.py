"""Scale: what is left of a corpus so many times as large, and a form that turns a goal into data to collect.

The form computes in `scale.js` what `pipeline.planning.plan` does, from the same figures; a test holds the two to be equal.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pipeline.planning.plan import cost_warnings
from pipeline.report.build import Report
from pipeline.report.numbers import NOTHING, count, percent
from pipeline.report.page import svg
from pipeline.report.page.goal_form import goal_form
from pipeline.report.page.html import (
    NONE,
    Html,
    details,
    figure,
    join,
    paragraph,
    table,
    tag,
)
from pipeline.report.page.ticks import percent_tick

ANCHOR, SHORT, HEADING = "scale", "Scale and plan", "What a larger corpus would give"
_HEIGHT = 300.0  # of the picture, in pixels
_HEAD = 22.0  # above it, for the names of lines that stand upright
_LABEL = 14.0  # pixels between two labels at least


Points = list[tuple[float, float]]  # times what was read, share of the raw tokens


def section(report: Report) -> Html:
    """The picture, its table, what to beware of, and the form."""
    planning = report.get("planning")
    if not planning or not planning["raw"]["tokens"] or not planning["final"]["tokens"]:
        return NONE
    warnings = [
        tag("li", _with_code(warning))
        for warning in (*planning["warnings"], *cost_warnings(planning.get("costs")))
    ]
    return join(
        [
            paragraph(_sentence(planning)),
            _picture(planning),
            details("Retention by size as a table", _table(planning)),
            tag("h3", "What to collect for a goal"),
            goal_form(planning),
            tag("h4", "What this does not cover"),
            tag("ul", *warnings, class_="small"),
        ]
    )


def _with_code(sentence: str) -> Html:
    """What stands between backticks is a command."""
    return join([tag("code", piece) if at % 2 else piece for at, piece in enumerate(sentence.split("`"))])


def _sentence(planning: dict[str, Any]) -> str:
    raw, final = planning["raw"]["tokens"], planning["final"]["tokens"]
    start = f"Of the {count(raw)} raw tokens of this run {percent(final / raw)} are left. "
    if not planning["bracket_by"]:
        return start + (
            "Its recipe removes no duplicates, so the same share is expected of a larger corpus of such data."
        )
    return start + (
        "Of a larger corpus it will be less, because a page's copies are scattered and a larger corpus holds more of "
        "them. Up to ten times this run the line says what is likely; the band says between which ends it can be."
    )


def _picture(planning: dict[str, Any]) -> Html:
    lines = _lines(planning)
    points = [point for line in lines.values() for point in line]
    least = min(0.1, *(times for times, _ in points))
    most = max(times for times, _ in points)
    x, y = svg.Log(least, most), svg.Linear(0, _above(max(share for _, share in points)))

    def placed(line: Points) -> list[svg.Point]:
        return [(10 * x(times), 1000 - 10 * y(share)) for times, share in line]

    scenarios = planning["scenarios"]
    shapes = [_axes(planning, x, y)]
    curves = [
        svg.band(placed(lines["low"]), placed(lines["high"]), "band"),
        *(
            svg.curve(placed(lines[scenario["name"]]), f"scenario dash{at}")
            for at, scenario in enumerate(scenarios, 1)
        ),
        svg.curve(placed(lines["likely"]), "curve likely"),
        svg.curve(placed(lines["measured"]), "curve"),
    ]
    shapes.append(svg.plot(_HEIGHT, *curves, y=_HEAD))
    shapes += _upright(planning, x)
    here = planning["final"]["tokens"] / planning["raw"]["tokens"]
    shapes.append(svg.dot(x(1), _HEAD + _HEIGHT * (1 - y(here) / 100), "kept"))
    shapes.append(_names(lines, scenarios, y))
    title = "Share of raw tokens that is left, by size of the corpus"
    described = _described(planning, lines)
    return figure(
        _key(planning),
        svg.picture(title, _HEAD + _HEIGHT + 40, *shapes, description=described, class_="plane"),
        caption="Share of raw tokens that is left, by size of the corpus in raw tokens",
    )


def _lines(planning: dict[str, Any]) -> dict[str, Points]:
    """Each line of the picture by its name; scenarios by theirs."""
    raw, final = planning["raw"]["tokens"], planning["final"]["tokens"]
    share = final / raw
    rows = planning["curve"]
    ends = {
        end: [(row["times"], row[end] / (row["times"] * raw)) for row in rows if row[end] is not None]
        for end in ("low", "point", "high")
    }
    times = [row["times"] for row in rows]
    measured = [(of["times"], of["retention"]) for of in planning.get("measured") or ()] or [(1.0, share)]
    return {
        "measured": measured,
        "low": ends["low"],
        "likely": ends["point"],
        "high": ends["high"],
        **{
            scenario["name"]: [(t, share * t ** -scenario["exponent"]) for t in times]
            for scenario in planning["scenarios"]
        },
    }


def _above(share: float) -> float:
    """A round end of the axis: the next 5, 10 or 20 per cent."""
    step = 0.2 if share > 0.6 else 0.1 if share > 0.25 else 0.05 if share > 0.1 else 0.02
    return min(math.ceil(share / step - 1e-9) * step, 1.0)


def _axes(planning: dict[str, Any], x: svg.Log, y: svg.Linear) -> Html:
    raw = planning["raw"]["tokens"]
    bottom = _HEAD + _HEIGHT
    pieces = [svg.bar(0, 100, _HEAD, _HEIGHT, "track")]
    for share in y.ticks(4):
        at = bottom - _HEIGHT * y(share) / 100
        pieces.append(svg.line(0, at, 100, at, "grid"))
        if share:
            pieces.append(svg.label(0.4, at - 3, percent_tick(share), class_="tick"))
    powers = range(math.ceil(math.log10(x.low) - 1e-9), math.floor(math.log10(x.high) + 1e-9) + 1)
    for power in powers:
        at = x(10.0**power)
        pieces.append(svg.line(at, bottom, at, bottom + 4, "grid"))
        if power % 2 == 0:
            anchor = "start" if at < 3 else "end" if at > 97 else "middle"
            times = (
                "as read" if power == 0 else f"× {_round(10**power)}" if power > 0 else f"1 in {10**-power}"
            )
            pieces.append(svg.label(at, bottom + 17, count(raw * 10.0**power), anchor, "tick"))
            pieces.append(svg.label(at, bottom + 31, times, anchor, "tick"))
    return join(pieces)


def _round(power_of_ten: int) -> str:
    return count(power_of_ten).replace(".00", "").replace(".0", "").replace("1,000", "1 k")


def _upright(planning: dict[str, Any], x: svg.Log) -> list[Html]:
    """What was read, and where it was drawn from a known pool that too."""
    lines = [(1.0, "this run", "middle")]
    if planning["pool"] and x.low < planning["pool"]["times"] < x.high:
        pool = planning["pool"]["times"]
        # Away from each other, as they may stand close; but not out of the picture.
        lines = [(1.0, "this run", "end"), (pool, "the pool", "start" if x(pool) < 80 else "end")]
    pieces = []
    for times, name, anchor in lines:
        at = x(times)
        pieces.append(svg.line(at, _HEAD - 4, at, _HEAD + _HEIGHT, "mark"))
        pieces.append(svg.label(at, _HEAD - 8, name, anchor))
    return pieces


def _names(lines: dict[str, Points], scenarios: Sequence[dict[str, Any]], y: svg.Linear) -> Html:
    """The scenarios' names at the right ends of their lines, no closer to each other than can be read."""
    ends = sorted((_HEAD + _HEIGHT * (1 - y(lines[s["name"]][-1][1]) / 100), s["name"]) for s in scenarios)
    pieces, last = [], -_LABEL
    room = _HEAD + _HEIGHT - 4 - _LABEL * (len(ends) - 1)
    for at, (height, name) in enumerate(ends):
        last = max(min(height - 5, room + at * _LABEL), last + _LABEL)
        pieces.append(svg.label(99.5, last, name, "end", "halo"))
    return join(pieces)


def _key(planning: dict[str, Any]) -> Html:
    entries = (
        [_swatch("curve", "measured: this run, and random parts of it")] if planning.get("measured") else []
    )
    entries.append(_swatch("curve likely", "likely, as far as ten times"))
    if planning["bracket_by"]:
        entries.append(_swatch("band", f"between these ends (95 %, by the {planning['bracket_by']})"))
    else:
        entries.append(_swatch("band", "95 % interval"))
    for at, scenario in enumerate(planning["scenarios"], 1):
        words = f"{scenario['name']}: as for {scenario['source']} (a scenario, no interval)"
        entries.append(_swatch(f"scenario dash{at}", words))
    return tag("ul", *entries, class_="key")


def _swatch(look: str, words: str) -> Html:
    shape = (
        tag("rect", class_=look, width=22, height=10)
        if look == "band"
        else tag("line", class_=look, x1=0, y1=5, x2=22, y2=5)
    )
    return tag("li", tag("svg", shape, width=22, height=10, aria_hidden="true"), words)


def _described(planning: dict[str, Any], lines: dict[str, Points]) -> str:
    raw = planning["raw"]["tokens"]
    said = [f"{percent(lines['measured'][-1][1])} of {count(raw)} raw tokens are left in this run."]
    for low, high in zip(lines["low"], lines["high"], strict=False):
        if abs(math.log10(low[0]) % 2) < 1e-6 and low[0] > 1:
            said.append(f"Of {count(low[0])} times as much, {percent(low[1])} to {percent(high[1])}.")
    return " ".join(said)


def _table(planning: dict[str, Any]) -> Html:
    raw = planning["raw"]["tokens"]
    scenarios = planning["scenarios"]
    share = planning["final"]["tokens"] / raw
    header = [
        "times this run",
        "raw tokens",
        "left: from",
        "about",
        "to",
        "final tokens: from",
        "about",
        "to",
    ]
    header += [scenario["name"] for scenario in scenarios]
    lines = [
        [_times(of["times"]), count(of["times"] * raw), NOTHING, percent(of["retention"]), NOTHING]
        + [NOTHING, count(of["times"] * raw * of["retention"]), NOTHING]
        + [NOTHING for _ in scenarios]
        for of in planning.get("measured") or ()
        if of["times"] < 1
    ]
    for of in planning["curve"]:
        tokens = [of[end] for end in ("low", "point", "high")]
        lines.append(
            [
                _times(of["times"]),
                count(of["times"] * raw),
                *(NOTHING if value is None else percent(value / (of["times"] * raw)) for value in tokens),
                *(NOTHING if value is None else count(value) for value in tokens),
                *(percent(share * of["times"] ** -scenario["exponent"]) for scenario in scenarios),
            ]
        )
    return table(header, lines)


def _times(times: float) -> str:
    return f"{times:.3g}" if times < 1000 else count(times)
