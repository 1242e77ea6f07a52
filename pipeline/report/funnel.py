"""The funnel on a terminal: of 1,000 raw tokens, how many each stage leaves, and what took the others."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.report.build import Report
from pipeline.report.dominance import dominance_notices
from pipeline.report.numbers import count, counted, per_thousand, percent

REASONS = 3  # per stage
_FIGURES = 34  # columns that the three figures take, and the space between all columns


def print_funnel(report: Report, console: Console) -> None:
    """Print what `build_report` gives: one line and one bar per stage, below it what it took most for.

    Fits 80 columns; narrower, the bar goes first. Without colour the bar still tells what stayed from what
    went.
    """
    raw, final = report["totals"]["raw"], report["totals"]["final"]
    console.print()
    if raw["tokens"]:
        left = per_thousand(final["tokens"], raw["tokens"])
        console.print(Text(f"Of 1,000 raw tokens, {left} are left.", style="bold"))
    else:
        console.print(Text("Nothing was read: there are no documents in the input.", style="bold"))
    console.print()
    console.print(_table(report, console))
    console.print()
    for sentence, style in _sentences(report):
        console.print(Text(sentence, style=style))


def _table(report: Report, console: Console) -> Table:
    raw = report["totals"]["raw"]["tokens"]
    lines = [(stage, _losses(report, stage)) for stage in report["stages"]]
    longest = max(
        [len(stage["name"]) for stage, _ in lines]
        + [len(loss[0]) + 2 for _, losses in lines for loss in losses],
        default=0,
    )
    room = console.width - longest - _FIGURES
    bar = min(room, 40) if room >= 8 else 0
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("stage", overflow="fold")
    table.add_column("of 1,000", justify="right", no_wrap=True)
    if bar:
        table.add_column("", no_wrap=True, width=bar)
    table.add_column("documents", justify="right", no_wrap=True)
    table.add_column("tokens", justify="right", no_wrap=True)
    for stage, losses in lines:
        came, went = stage["in"], stage["out"]
        row = [Text(stage["name"]), Text(per_thousand(went["tokens"], raw), style="bold")]
        if bar:
            row.append(_bar(went["tokens"], came["tokens"], raw, bar, console.options.ascii_only))
        table.add_row(*row, Text(count(went["documents"])), Text(count(went["tokens"])))
        for line in losses:
            table.add_row(*_loss_row(*line, raw=raw, bar=bool(bar)), style="dim")
    return table


def _bar(went: int, came: int, raw: int, width: int, ascii_only: bool) -> Text:
    """What stayed, then what this stage took: the bar of the stage before is as long as both together."""
    full, light = ("#", ".") if ascii_only else ("█", "░")
    stayed = round(width * max(went, 0) / raw) if raw else 0
    before = round(width * max(came, 0) / raw) if raw else 0
    if went and not stayed:
        full, stayed = ("|" if ascii_only else "▏"), 1  # a sliver is not nothing
    return Text(full * min(stayed, width), style="green") + Text(
        light * (min(before, width) - stayed), style="red"
    )


def _losses(report: Report, stage: dict[str, Any]) -> list[tuple[str, int, int]]:
    """What the stage took most for: (reason, documents, tokens); the rest of its reasons as one line."""
    taken = [
        (entry["reason"], entry["dropped"]["documents"], entry["dropped"]["tokens"])
        for entry in report["reasons"]
        if entry["stage"] == stage["name"] and entry["dropped"]["documents"]
    ]
    taken.sort(key=lambda entry: (-entry[2], -entry[1], entry[0]))
    shown, rest = (taken, []) if len(taken) <= REASONS + 1 else (taken[:REASONS], taken[REASONS:])
    if rest:
        shown.append((f"{len(rest)} other reasons", sum(r[1] for r in rest), sum(r[2] for r in rest)))
    if stage["trimmed"]["tokens"] or stage["trimmed"]["bytes"]:
        shown.append(("trimmed", stage["trimmed"]["documents"], stage["trimmed"]["tokens"]))
    return shown


def _loss_row(reason: str, documents: int, tokens: int, raw: int, bar: bool) -> list[Text]:
    middle = [Text("")] if bar else []
    return [
        Text(f"  {reason}"),
        Text(_taken(per_thousand(tokens, raw), tokens)),
        *middle,
        Text(_taken(count(documents), documents) if documents else ""),
        Text(_taken(count(tokens), tokens)),
    ]


def _taken(text: str, amount: int) -> str:
    """A loss with its sign: what an editor added is a gain."""
    return f"-{text}" if amount > 0 else text.replace("-", "+", 1)


def _sentences(report: Report) -> list[tuple[str, str]]:
    raw, final = report["totals"]["raw"], report["totals"]["final"]
    lines = [
        (
            f"Kept {percent(report['retention']['tokens'])} of {count(raw['tokens'])} tokens, "
            f"{percent(report['retention']['documents'])} of {count(raw['documents'])} documents: "
            f"{count(final['tokens'])} tokens in {count(final['documents'])} documents.",
            "",
        )
    ]
    skipped = report["unreadable_records"]["skipped"]
    if skipped:
        lines.append((f"{counted(skipped, 'record')} skipped: not documents.", ""))
    lines += [(sentence, "yellow") for sentence in _warnings(report)]
    if report["balanced"]:
        lines.append(("The ledger balances.", "green"))
    else:
        lines.append(("The ledger does NOT balance:", "bold red"))
        lines += [(f"  {fault}", "red") for fault in report["imbalances"]]
    return lines


def _warnings(report: Report) -> list[str]:
    records, units = report["unreadable_records"], report["units"]
    warnings = []
    if records["unreadable"]:
        broken = [entry for entry in report["unreadable"] if entry["kind"] == "unreadable"][:REASONS]
        causes = ", ".join(f"{count(entry['records'])} {entry['cause']}" for entry in broken)
        number = counted(records["unreadable"], "record")
        warnings.append(f"{number} could not be read ({causes}): see unreadable/.")
    if not report["complete"]:
        warnings.append(f"The run is not finished: {units['finished']} of {units['count']} units are.")
    warnings += dominance_notices(report["dominance"])
    warnings += [alarm for entry in report["duplicates"] for alarm in entry["alarms"]]
    flagged = [group["group"] for group in (report["audit"] or {"groups": []})["groups"] if group["flagged"]]
    if flagged:
        warnings.append(
            f"The bias audit flags documents about or in: {', '.join(flagged)}. report.md says more."
        )
    return warnings
