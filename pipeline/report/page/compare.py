"""The page of a comparison: runs side by side, and what may be concluded from it."""

from __future__ import annotations

from typing import Any

from pipeline.report.beside import setting
from pipeline.report.compare import Comparison
from pipeline.report.numbers import NOTHING, count, counted, per_thousand, percent, size
from pipeline.report.page.compare_pictures import differences, funnels, run_names
from pipeline.report.page.document import Part, document
from pipeline.report.page.html import (
    NONE,
    Html,
    join,
    paragraph,
    table,
    tag,
)

_WRITE = {"documents": count, "bytes": size, "words": count, "tokens": count}
REASONS = 40  # that are listed; report.json of each run has all of its own


def comparison_page(compared: Comparison) -> str:
    """The whole of comparison.html, from what `compare_runs` gives."""
    sections = (
        ("funnels", "Funnels", "What is left after each stage", funnels(compared)),
        (
            "differences",
            "Differences",
            f"How they differ from {compared['runs'][0]['name']}",
            differences(compared),
        ),
        ("reasons", "Reasons", "What went, and why", _reasons(compared)),
        ("languages", "Languages", "Languages", _languages(compared)),
        ("settings", "Recipes", "What differs between the recipes", _settings(compared)),
        ("inputs", "Inputs", "The inputs", _inputs(compared)),
    )
    parts = [Part(anchor, heading, short, content) for anchor, short, heading, content in sections if content]
    names = [run["name"] for run in compared["runs"]]
    foot = paragraph(
        "Made by Assay from the run directories alone. ",
        tag("code", f"assay report {' '.join(names)} --json"),
        " prints every number here, unrounded. Nothing is loaded from the network.",
    )
    return document(" and ".join(names), _head(compared), parts, (), foot)


def _head(compared: Comparison) -> Html:
    runs = compared["runs"]
    cautions = [paragraph(caution) for caution in compared["cautions"]]
    header = ["run", "recipe", "raw tokens", "final tokens", "tokens left", "documents left", "bytes left"]
    lines = [
        [
            run["name"],
            run["recipe"]["name"],
            count(run["totals"]["raw"]["tokens"]),
            count(run["totals"]["final"]["tokens"]),
            *(percent(run["retention"][name]) for name in ("tokens", "documents", "bytes")),
        ]
        for run in runs
    ]
    return join(
        [
            tag("h1", f"{_count_of(len(runs))} runs side by side"),
            paragraph(compared["says"], class_="lead"),
            tag("div", *cautions, class_="notice", role="note") if cautions else NONE,
            table(header, lines, left=2, class_="totals side"),
        ]
    )


def _count_of(number: int) -> str:
    return ("Two", "Three", "Four", "Five", "Six")[number - 2]


def _reasons(compared: Comparison) -> Html:
    names, reasons = run_names(compared), compared["reasons"]
    if not reasons:
        return NONE
    most = sorted(reasons, key=lambda entry: -_most(entry))[:REASONS]
    lines = [
        [
            entry["stage"],
            entry["reason"],
            *(
                NOTHING if share is None else cell
                for amount, share in zip(entry["dropped"], entry["of_raw"], strict=True)
                for cell in _dropped(amount, share)
            ),
        ]
        for entry in reasons
        if entry in most
    ]
    header = [
        "stage",
        "reason",
        *(head for name in names for head in (f"{name}: of 1,000 tokens", "documents")),
    ]
    rest = len(reasons) - len(most)
    left_out = f" The {counted(rest, 'reason')} that took least are left out." if rest else ""
    intro = (
        "Each document goes for one reason, the first rule of a stage that fires. A dash: the run has no such stage. "
        f"A rule also takes less where a stage before it takes more.{left_out}"
    )
    return join([paragraph(intro), table(header, lines, left=2, class_="side")])


def _most(entry: dict[str, Any]) -> float:
    return max((share["tokens"] or 0.0) for share in entry["of_raw"] if share)


def _dropped(amount: dict[str, int] | None, share: dict[str, float] | None) -> tuple[str, str]:
    if amount is None or share is None:
        return NOTHING, NOTHING
    return per_thousand(share["tokens"] or 0, 1), count(amount["documents"])


def _languages(compared: Comparison) -> Html:
    names, languages = run_names(compared), compared["languages"]
    if not languages:
        return NONE
    header = ["language"]
    for name in names:
        header += [f"{name}: of raw", "of final", "left"]
    lines = [
        [
            entry["language"],
            *(
                percent(entry[column][at])
                for at in range(len(names))
                for column in ("raw", "final", "retention")
            ),
        ]
        for entry in languages
    ]
    intro = "Shares of the tokens of each run, before and after, and what is left of each language."
    return join([paragraph(intro), table(header, lines)])


def _settings(compared: Comparison) -> Html:
    if not compared["settings"]:
        return paragraph("Nothing: every setting that decides what a run gives is the same.")
    lines = [
        [entry["setting"], *(setting(value) for value in entry["values"])] for entry in compared["settings"]
    ]
    width = 1 + len(compared["runs"])
    return table(["setting", *run_names(compared)], lines, left=width, class_="side words")


def _inputs(compared: Comparison) -> Html:
    names, inputs = run_names(compared), compared["inputs"]
    if inputs["same"]:
        says = "The same files, by size and fingerprint."
    else:
        shared = [
            f"{name} shares {counted(number, 'file')} with it"
            for name, number in zip(names[1:], inputs["shared"][1:], strict=True)
        ]
        says = f"Of the {counted(inputs['files'][0], 'file')} of {names[0]}: {'; '.join(shared)}."
    lines = []
    for run, sample in zip(compared["runs"], inputs["samples"], strict=True):
        raw = run["totals"]["raw"]
        lines.append(
            [
                run["name"],
                _sampled(sample),
                count(run["inputs"]["files"]),
                size(run["inputs"]["bytes"]),
                count(raw["documents"]),
                size(raw["bytes"]),
            ]
        )
    header = ["run", "what was read", "files", "as stored", "raw documents", "raw text"]
    return join([paragraph(says), table(header, lines, left=2, class_="side")])


def _sampled(sample: dict[str, Any] | None) -> str:
    if not sample:
        return "whole files"
    how = "in proportion to their length" if sample.get("by") == "bytes" else "each as likely"
    return f"a sample of documents, {how}"
