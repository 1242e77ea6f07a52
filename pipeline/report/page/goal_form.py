"""The form of the plan: fields for a goal, and the figures that `scale.js` computes its answer from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pipeline.planning.crawls import DISTINCT_URLS
from pipeline.planning.plan import FAR
from pipeline.report.numbers import count, percent
from pipeline.report.page.html import NONE, Html, data, join, paragraph, tag

_FORM = (
    "raw",
    "final",
    "stored_bytes",
    "web",
    "yield",
    "distinct",
    "scenarios",
    "languages",
    "pool",
    "laws",
    "crawls",
    "bracket_by",
)
_RATES = ("core_seconds_per_byte", "fixed_core_seconds", "disk_per_byte")


def goal_form(planning: dict[str, Any]) -> Html:
    """Fields and an empty answer, which the script fills; it also shows the form, which without it is of no use."""
    ratios = planning["laws"]["ratios"]
    languages = [
        (code, f"{code} ({percent(of['share'])} of the final tokens)")
        for code, of in planning["languages"].items()
    ]
    goals = (("tokens", "tokens"), ("params", "parameters of a model"), ("flops", "FLOPs of its training"))
    radios = [
        tag(
            "label",
            tag("input", type="radio", name="goal", value=value, checked=value == "tokens"),
            tag("span", name),
        )
        for value, name in goals
    ]
    fields = [
        _field(
            "goal-amount",
            "How many",
            tag(
                "input",
                id="goal-amount",
                type="text",
                value=_usual(planning),
                size=10,
                autocomplete="off",
                spellcheck="false",
                aria_describedby="goal-hint",
            ),
            "such as 300B, 4T, 1.5e12",
        ),
        _field(
            "goal-ratio",
            "Tokens per parameter",
            _select("goal-ratio", [("", "compute-optimal"), *((str(r), count(r)) for r in ratios)]),
        ),
        _field("goal-language", "Language", _select("goal-language", [("", "any"), *languages])),
        _field(
            "goal-epochs",
            "Passes over the data",
            tag("input", id="goal-epochs", type="number", value="1", min=1, max=1000, step="any"),
        ),
    ]
    answer = tag("div", id="plan-answer", role="status", aria_live="polite")
    form = tag(
        "form",
        tag("div", tag("fieldset", tag("legend", "Goal in"), *radios, class_="choice"), class_="choices"),
        tag("div", *fields, class_="fields"),
        answer,
        id="plan",
        hidden=True,
        autocomplete="off",
    )
    told = paragraph(
        "The form needs scripts. ",
        tag("code", "assay plan RUN --tokens 300B"),
        " prints the same.",
        class_="small",
    )
    costs = planning.get("costs")
    figures = {name: planning[name] for name in _FORM} | {
        "costs": {rate: costs[rate] for rate in _RATES} if costs else None,
        "crawls": {**planning["crawls"], "distinct_urls": DISTINCT_URLS},
        "far": FAR,
    }
    return join([form, tag("noscript", told), data("planning", figures)])


def _usual(planning: dict[str, Any]) -> str:
    """What the form asks for at first: 300B, or where that is far out of reach a hundred times what is left here."""
    far = 100 * planning["final"]["tokens"]
    if far >= 3e9:
        return "300B"
    return f"{float(f'{far:.1g}'):,.0f}".replace(",000,000", "M").replace(",000", "k").replace(",", "")


def _field(identity: str, name: str, control: Html, hint: str | None = None) -> Html:
    small = tag("span", hint, class_="hint", id="goal-hint") if hint else NONE
    return tag(
        "div", tag("label", name, for_=identity), control, small, class_="field", id=f"{identity}-field"
    )


def _select(identity: str, options: Iterable[tuple[str, str]]) -> Html:
    return tag("select", *(tag("option", words, value=value) for value, words in options), id=identity)
