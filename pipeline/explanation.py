"""What an explanation says about a document: every measure beside every rule's bound, stage by stage."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from filters.stage import Filter, Rule
from pipeline.report.numbers import NOTHING, count, size

Outcome = Literal["passed", "dropped", "not reached", "not judged"]


@dataclass(frozen=True)
class Check:
    """One measure of a document beside one rule; without comparison, bound and reason if no rule uses it."""

    measure: str
    value: float | None  # None where the measure is not defined for the document, or was not taken
    comparison: str | None = None
    bound: float | None = None
    reason: str | None = None
    fired: bool = False


@dataclass(frozen=True)
class Judgement:
    """What one stage made of the document."""

    label: str
    stage: str
    kind: str
    outcome: Outcome
    checks: tuple[Check, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Keeper:
    """The document that stayed in the place of a duplicate."""

    id: str
    url: str | None
    similarity: float


@dataclass(frozen=True)
class ExplainedDocument:
    """One document's way through a recipe. `stage` and `reason` are None where it was kept."""

    id: str
    url: str | None
    source: str | None
    date: str | None
    language: str | None
    language_score: float | None
    bytes: int | None  # None where only the part has the text: it is not read for this
    words: int | None
    tokens: int | None
    kept: bool
    stage: str | None
    reason: str | None
    stages: tuple[Judgement, ...]
    duplicate_of: Keeper | None = None


@dataclass(frozen=True)
class Explanation:
    """Every document that was asked for; several where they share the URL."""

    documents: tuple[ExplainedDocument, ...]

    def as_json(self) -> list[dict[str, Any]]:
        """Plain data for `json.dumps`, one object per document; no NaN in it."""
        return [asdict(document) for document in self.documents]


def checks(stage: Filter, values: Mapping[str, float]) -> tuple[Check, ...]:
    """Each rule of a filter, in order, beside the value it looks at; then the measures that no rule uses.

    Args:
        values: the measures of one document by their names in the filter. What was not taken is not in it.
    """
    rules = stage.rules()
    ruled = {rule.measure for rule in rules}
    beside = [_check(rule, values.get(rule.measure, math.nan)) for rule in rules]
    return (*beside, *(Check(name, _number(value)) for name, value in values.items() if name not in ruled))


def _check(rule: Rule, value: float | None) -> Check:
    value = math.nan if value is None else value  # a null in a part
    fired = bool(rule.fires(np.array([value]))[0])
    return Check(rule.measure, _number(value), rule.comparison, rule.bound, rule.reason, fired)


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else float(value)


_GAPS = 6  # columns between the four of the table
_VERDICT = 20  # columns that the verdict has at least, before names are broken


def print_explanation(explanation: Explanation, console: Console) -> None:
    """Print each document: what became of it, and a table of measures and bounds. Fits 80 columns."""
    if len(explanation.documents) > 1:
        console.print(Text(f"\n{len(explanation.documents)} documents.", style="bold"))
    for document in explanation.documents:
        console.print()
        for line, style in _header(document):
            console.print(Text(line, style=style))
        console.print()
        console.print(_table(document, console.width))


def _header(document: ExplainedDocument) -> list[tuple[str, str]]:
    lines = [(document.url or document.id, "bold")]
    facts = [f"id {document.id}"] if document.url else []
    facts += [f"source {document.source}"] if document.source else []
    facts += [document.date] if document.date else []
    if document.language:
        score = f" ({document.language_score:.2f})" if document.language_score is not None else ""
        facts.append(f"language {document.language}{score}")
    facts += [size(document.bytes)] if document.bytes is not None else []
    facts += [f"{count(number)} {name}" for name, number in _counts(document) if number is not None]
    lines.append((", ".join(facts), "dim"))
    if document.kept:
        lines.append(("Kept.", "bold green"))
    else:
        lines.append((f"Dropped by {document.stage}: {document.reason}.", "bold red"))
    keeper = document.duplicate_of
    if keeper is not None:
        similarity = f"similarity {keeper.similarity:.3f}"
        lines.append((f"A duplicate of {keeper.url or keeper.id}, which stayed ({similarity}).", ""))
        lines += [(f"(id {keeper.id})", "dim")] if keeper.url else []
    return lines


def _counts(document: ExplainedDocument) -> list[tuple[str, int | None]]:
    return [("words", document.words), ("tokens", document.tokens)]


def _table(document: ExplainedDocument, width: int) -> Table:
    """Names are whole as long as the verdict has room beside them. What is too long is broken, never cut."""
    styles = {"dropped": "bold red", "not reached": "dim", "not judged": "dim", "passed": "bold"}
    header = ("stage and measure", "value", "drops if", "verdict")
    rows = [(header, "bold")]
    for stage in document.stages:
        verdict = f"{stage.outcome}: {stage.note}" if stage.note else stage.outcome
        rows.append(((stage.label, "", "", verdict), styles[stage.outcome]))
        rows += [(_cells(check), "red" if check.fired else "") for check in stage.checks]
    name, value, bound, _ = (max(len(cells[at]) for cells, _ in rows) for at in range(4))
    name = min(name, max(width - value - bound - _GAPS - _VERDICT, 10))
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    table.add_column(width=name, overflow="fold")
    table.add_column(width=value, justify="right", no_wrap=True)
    table.add_column(width=bound, no_wrap=True)
    table.add_column(width=max(width - name - value - bound - _GAPS, 8), overflow="fold")
    for cells, style in rows:
        table.add_row(*map(Text, cells), style=style)
    return table


def _cells(check: Check) -> tuple[str, str, str, str]:
    value = NOTHING if check.value is None else f"{check.value:.6g}"
    if check.comparison is None:
        return f"  {check.measure}", value, "", ""
    verdict = f"fires: {check.reason}" if check.fired else ""
    return f"  {check.measure}", value, f"{check.comparison} {check.bound:.6g}", verdict
