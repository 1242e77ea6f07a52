"""Examples: some documents that each rule removed, and some that it only just kept. Only where they were asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pipeline.report.build import Report
from pipeline.report.examples import CUT
from pipeline.report.numbers import count, counted
from pipeline.report.page.html import NONE, Html, details, join, paragraph, shortened, tag

ANCHOR, SHORT, HEADING = "examples", "Examples", "Documents that went, and some that nearly did"
ROOM = 400_000  # bytes of this section, so that the page stays a page
_SHORTER = (200, 80, 0)  # characters of a text, where one example of each rule is still too much


def section(report: Report, room: int = ROOM) -> Html:
    """As many for each rule as fit in `room` bytes; report.json has all that were asked for."""
    examples = report.get("examples")
    if not examples:
        return NONE
    stages = [stage["name"] for stage in report["stages"]]
    sizes = [(shown, CUT) for shown in range(examples["wanted"], 0, -1)] + [(1, most) for most in _SHORTER]
    written = NONE
    for shown, most in sizes:
        written = _section(examples, stages, shown, most)
        if len(written.encode()) <= room:
            break
    return written


def _section(examples: dict[str, Any], stages: Sequence[str], shown: int, most: int) -> Html:
    gone, nearly = (
        {(entry["stage"], entry["reason"]): entry["examples"][:shown] for entry in examples[sort]}
        for sort in ("removed", "just_kept")
    )
    blocks = []
    for stage in stages:
        reasons = list(dict.fromkeys(reason for of, reason in (*nearly, *gone) if of == stage))
        if reasons:
            blocks.append(tag("h3", stage))
        blocks += [
            _rule(reason, gone.get((stage, reason), ()), nearly.get((stage, reason), ()), most)
            for reason in reasons
        ]
    return join([_intro(examples, shown), *blocks])


def _intro(examples: dict[str, Any], shown: int) -> Html:
    units, wanted = examples["units"], examples["wanted"]
    warning = (
        "Shown as they are, because this was asked for: names, addresses and numbers in them are those of people. "
        "Pass this page on only where you would pass on the data."
    )
    looked = f"{count(units['looked_into'])} of {counted(units['count'], 'unit')}"
    how = (
        f"Taken from {looked} of the input, spread evenly over it. What a rule removed is picked blindly among what "
        "it removed as the first of its stage. What it only just kept is what came nearest to its bound among the "
        "documents that are in the shards, if nearer than half of the bound. Of each text the beginning is shown."
    )
    if shown < wanted:
        how += f" The page shows {shown} of each; report.json has up to {wanted}."
    if not examples["text"]:
        how += (
            " This run did not keep the text of what it dropped. A recipe that says "
            "dropped: {text: true} does."
        )
    return join(
        [tag("div", paragraph(warning), class_="notice", role="note"), paragraph(how, class_="small")]
    )


def _rule(
    reason: str, removed: Sequence[dict[str, Any]], nearly: Sequence[dict[str, Any]], most: int
) -> Html:
    first = (*removed, *nearly)[0]
    bound = (
        f", where {first['measure']} {first['comparison']} {first['bound']:.6g}" if first["measure"] else ""
    )
    columns = [
        tag("div", tag("h4", title), *(_example(example, most) for example in examples), class_="column")
        for title, examples in (("Removed", removed), ("Only just kept", nearly))
        if examples
    ]
    numbers = f"{len(removed)} removed, {len(nearly)} only just kept" if nearly else f"{len(removed)} removed"
    folded = details(f"{reason}{bound}: {numbers}", tag("div", *columns, class_="columns"))
    return tag("div", folded, class_="shown")  # in print its summary is the only title


def _example(example: dict[str, Any], most: int) -> Html:
    facts = []
    if example["measure"]:
        value = "not defined" if example["value"] is None else f"{example['value']:.4g}"
        facts.append(f"{example['measure']} {value}")
    if example["duplicate_of"]:
        kept = example["duplicate_of"]
        facts.append(f"copy of {shortened(kept['url'] or kept['id'])}, similarity {kept['similarity']:.2f}")
    facts.append(counted(example["tokens"], "token"))
    facts += [example["language"]] if example["language"] else []
    words = (
        tag("blockquote", shortened(re.sub(r"\s*\n\s*", "\n", example["text"]), most), dir="auto")
        if example["text"] is not None and most
        else NONE
    )
    return tag(
        "article",
        paragraph(tag("b", shortened(example["url"] or example["id"])), class_="small"),
        paragraph(" · ".join(facts), class_="small"),
        words,
        class_="example",
    )
