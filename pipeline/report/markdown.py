"""report.md: the report as tables that a person reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipeline.report.build import Report
from pipeline.report.dominance import dominance_notices
from pipeline.report.markdown_audit import audit_section
from pipeline.report.markdown_duplicates import duplicates_section
from pipeline.report.markdown_tables import cell, table
from pipeline.report.numbers import NOTHING, count, counted, per_thousand, percent, share, size

LISTED = 25  # languages, sources and so on; report.json has more of them

_HOW_TO_READ = """## How to read this

- **Raw** is what was read and made into text, before any stage. **Final** is what is in the shards.
- **Bytes** are UTF-8 bytes of text, not of files. **Tokens** are those of this run's own tokenizer, counted
  exactly at every stage.
- **Left of 1,000** is how many of 1,000 raw tokens are still there after the stage.
- **Dropped** documents went as a whole, each for one reason: the first rule of the stage that fired.
- **Trimmed** is what an editor took out of documents that stayed; it is negative where what it put in is
  longer than what it took out.
- **Fired** counts every document that the rule fired on, also those that another rule had already claimed.
- **Alone** counts those on which no other rule of the same stage fired: what this stage would have let
  through without that rule.
- A language is the one found by the language stage. `und` is the rest: documents that went before it was
  known, or whose language could not be told.
- The ledger **balances** if, for every stage and in every quantity, in = out + dropped + trimmed, and each
  stage lets out what the next one takes in. A run whose ledger does not balance has failed.
"""


def report_markdown(report: Report) -> str:
    """The whole of report.md, from what `build_report` gives."""
    sections = [_summary(report), _funnel(report), _reasons(report)]
    sections += [
        _groups(report, key, title) for key, title in (("language", "Languages"), ("source", "Sources"))
    ]
    sections += [
        audit_section(report["audit"]),
        duplicates_section(report),
        _unreadable(report),
        _HOW_TO_READ,
    ]
    return "\n".join(section for section in sections if section)


def _summary(report: Report) -> str:
    raw, final = report["totals"]["raw"], report["totals"]["final"]
    lines = [f"# What the run of `{report['recipe']['name']}` kept\n"]
    lines.append(
        f"**{percent(report['retention']['tokens'])} of the tokens are left**: {count(final['tokens'])} of "
        f"{count(raw['tokens'])}, and {count(final['documents'])} of {count(raw['documents'])} documents "
        f"({percent(report['retention']['documents'])}).\n"
    )
    units = report["units"]
    if not report["complete"]:
        lines.append(
            f"**The run is not finished**: {units['finished']} of {units['count']} units have been through "
            "all passes. Run the same command again and it goes on; until then these figures are those of "
            "a part.\n"
        )
    if report["balanced"]:
        lines.append("The ledger balances: nothing was lost, and nothing was counted twice.\n")
    else:
        lines.append("**The ledger does not balance**, so this run has failed:\n")
        lines.append("".join(f"- {cell(fault)}\n" for fault in report["imbalances"]))
    lines += [f"**Look at this:** {cell(notice)}\n" for notice in dominance_notices(report["dominance"])]
    rows = [
        [name, write(raw[name]), write(final[name]), percent(report["retention"][name])]
        for name, write in _WRITERS.items()
    ]
    lines.append(table(["", "raw", "final", "left"], rows))
    lines += [
        f"{sentence}\n" for sentence in (_input(report), _tokenizer(report), _shards(report)) if sentence
    ]
    return "\n".join(lines)


_WRITERS: dict[str, Callable[[float], str]] = {
    "documents": count,
    "bytes": size,
    "words": count,
    "tokens": count,
}


def _input(report: Report) -> str:
    inputs, units = report["inputs"], report["units"]
    files, stored = counted(inputs["files"], "file"), size(inputs["bytes"])
    return f"Read from {files} ({stored} as stored), in {counted(units['count'], 'unit')}."


def _tokenizer(report: Report) -> str:
    tokenizer = report["tokenizer"]
    if not tokenizer:
        return ""
    vocabulary = f"{tokenizer['vocabulary_size']:,}"
    sentence = f"Tokens are counted with a vocabulary of {vocabulary}, by {tokenizer['backend']}."
    note = tokenizer.get("note")
    return f"{sentence} {note}" if note else sentence


def _shards(report: Report) -> str:
    shards = report["shards"]
    if not shards:
        return ""
    return (
        f"Written to {counted(shards['shards'], 'shard')}: {counted(shards['rows'], 'row')}, "
        f"{counted(shards['tokens'], 'token')} and {counted(shards['separators'], 'separator')}."
    )


def _funnel(report: Report) -> str:
    raw = report["totals"]["raw"]["tokens"]
    rows = []
    for stage in report["stages"]:
        came, went, dropped, trimmed = (stage[outcome] for outcome in ("in", "out", "dropped", "trimmed"))
        rows.append(
            [
                cell(stage["name"]),
                stage["kind"],
                per_thousand(went["tokens"], raw),
                count(went["documents"]),
                count(went["tokens"]),
                size(went["bytes"]),
                f"{count(dropped['documents'])} ({share(dropped['documents'], came['documents'])})",
                f"{count(dropped['tokens'])} ({share(dropped['tokens'], came['tokens'])})",
                count(trimmed["tokens"]) if trimmed["tokens"] or trimmed["bytes"] else NOTHING,
            ]
        )
    header = ["stage", "kind", "left of 1,000 tokens", "documents out", "tokens out", "bytes out"]
    header += ["documents dropped (of those in)", "tokens dropped (of those in)", "tokens trimmed"]
    return "## The funnel\n\n" + table(header, rows, left=2)


def _reasons(report: Report) -> str:
    if not report["reasons"]:
        return ""
    came = {stage["name"]: stage["in"] for stage in report["stages"]}
    rows = []
    for reason in report["reasons"]:
        dropped, fired, alone = reason["dropped"], reason["fired"], reason["alone"]
        rows.append(
            [
                cell(reason["stage"]),
                cell(reason["reason"]),
                count(dropped["documents"]),
                count(dropped["tokens"]),
                share(dropped["tokens"], came.get(reason["stage"], dropped)["tokens"]),
                count(fired["documents"]) if fired else NOTHING,
                count(alone["documents"]) if alone else NOTHING,
                count(alone["tokens"]) if alone else NOTHING,
            ]
        )
    header = ["stage", "reason", "documents dropped", "tokens dropped", "of the tokens in"]
    header += ["documents fired on", "documents alone", "tokens alone"]
    return "## Reasons\n\n" + table(header, rows, left=2)


def _groups(report: Report, key: str, title: str) -> str:
    entries = report[f"{key}s"]
    if not entries:
        return ""
    raw_tokens = report["totals"]["raw"]["tokens"]
    rows = []
    for entry in entries[:LISTED]:
        raw, final, left = entry["raw"], entry["final"], entry["retention"]
        name = cell(entry[key]) if entry[key] is not None else f"({counted(entry['others'], 'other')})"
        rows.append(
            [
                name,
                count(raw["documents"]),
                count(final["documents"]),
                percent(left["documents"]),
                count(raw["tokens"]),
                share(raw["tokens"], raw_tokens),
                count(final["tokens"]),
                percent(left["tokens"]),
            ]
        )
    header = [
        key,
        "documents raw",
        "documents final",
        "left",
        "tokens raw",
        "of all raw tokens",
        "tokens final",
        "left",
    ]
    more = "" if len(entries) <= LISTED else f"\nThe {LISTED} largest; report.json has more.\n"
    return f"## {title}\n\n" + table(header, rows) + more


def _unreadable(report: Report) -> str:
    entries: list[dict[str, Any]] = report["unreadable"]
    if not entries:
        return "## Records that gave no document\n\nNone.\n"
    records = report["unreadable_records"]
    rows = []
    for entry in entries[:LISTED]:
        example = entry["examples"][0]
        where = f"{cell(example['file'])} at {example['offset']}: {cell(example['detail'])}"
        rows.append([cell(entry["cause"]), entry["kind"], where, count(entry["records"])])
    return (
        "## Records that gave no document\n\n"
        f"{counted(records['unreadable'], 'record')} could not be read; {count(records['skipped'])} more "
        "are sound but not documents. `unreadable/` lists each with its file and offset.\n\n"
        + table(["cause", "kind", "for example", "records"], rows, left=3)
    )
