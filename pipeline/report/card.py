"""README.md of a run directory: a dataset card, in the form that the Hugging Face Hub reads."""

from __future__ import annotations

import re
from typing import Any

import yaml

from pipeline.ledger import UNKNOWN_LANGUAGE
from pipeline.report.build import Report
from pipeline.report.markdown_tables import cell, table
from pipeline.report.numbers import count, counted, per_thousand, percent, share, size

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
    (1_000_000_000, "100M<n<1B"),
    (10_000_000_000, "1B<n<10B"),
    (100_000_000_000, "10B<n<100B"),
    (1_000_000_000_000, "100B<n<1T"),
)
LANGUAGES = 25


def dataset_card(report: Report) -> str:
    """The whole of README.md, from what `build_report` gives: front matter in YAML, then prose."""
    name = report["recipe"]["name"]
    sections = [
        f"---\n{yaml.safe_dump(front_matter(report), sort_keys=False, allow_unicode=True)}---\n",
        f"# {name}\n",
        _what(report),
        "## How to load it\n",
        '```python\nfrom datasets import load_from_disk\n\ndataset = load_from_disk("shards")\n```\n',
        _how_made(report),
        _languages(report),
        "## Licence\n",
        "Unknown: the texts belong to whoever wrote them. Replace `license: unknown` above when you know "
        "better, and say there where the texts are from.\n",
    ]
    return "\n".join(section for section in sections if section)


def front_matter(report: Report) -> dict[str, Any]:
    """The card's metadata: licence, languages, size and what the data is for."""
    final = report["totals"]["final"]["documents"]
    return {
        "pretty_name": report["recipe"]["name"],
        "license": "unknown",
        "language": _codes(report) or [UNKNOWN_LANGUAGE],
        "task_categories": ["text-generation"],
        "size_categories": [next((label for limit, label in _SIZES if final < limit), "n>1T")],
        "tags": ["assay", "pre-training", "tokenized"],
        "configs": [{"config_name": "default", "data_files": "shards/*.arrow"}],
    }


def _codes(report: Report) -> list[str]:
    """The languages that are left, in the order of the report, as far as they are written as codes."""
    named = [
        entry["language"]
        for entry in report["languages"]
        if entry["final"]["documents"] and entry["language"]
    ]
    return [code for code in named if re.fullmatch("[a-z]{2,3}", code) and code != UNKNOWN_LANGUAGE]


def _what(report: Report) -> str:
    raw, final = report["totals"]["raw"], report["totals"]["final"]
    tokenizer, shards = report["tokenizer"], report["shards"]
    lines = [
        f"- {counted(final['tokens'], 'token')} of {counted(final['documents'], 'document')} "
        f"({size(final['bytes'])} of text, {counted(final['words'], 'word')})",
        f"- {percent(report['retention']['tokens'])} of the {count(raw['tokens'])} raw tokens, "
        f"{percent(report['retention']['documents'])} of the {count(raw['documents'])} raw documents",
    ]
    if tokenizer:
        lines.append(f"- tokenized with a vocabulary of {tokenizer['vocabulary_size']:,} (`tokenizer.json`)")
    if shards:
        lines.append(
            f"- {counted(shards['shards'], 'Arrow shard')} of {counted(shards['rows'], 'row')}; "
            f"{counted(shards['separators'], 'separator')} stand beside the tokens"
        )
    if not report["complete"]:
        lines.append(
            "- **not finished**: the run was stopped before its end, and these figures are those of a part"
        )
    return "\n".join(lines) + "\n"


def _how_made(report: Report) -> str:
    raw = report["totals"]["raw"]["tokens"]
    rows = [
        [
            cell(stage["name"]),
            cell(stage["stage"]),
            per_thousand(stage["out"]["tokens"], raw),
            share(stage["dropped"]["documents"], stage["in"]["documents"]),
        ]
        for stage in report["stages"]
    ]
    return (
        "## How it was made\n\n"
        f"By Assay {report['assay']}, with the recipe in `recipe.yaml`; `manifest.json` names every input, "
        "model and word list with its hash, and `report.md` says what each stage took and why.\n\n"
        + table(["stage", "what it is", "left of 1,000 raw tokens", "documents dropped"], rows, left=2)
    )


def _languages(report: Report) -> str:
    final = report["totals"]["final"]["tokens"]
    kept = [
        entry
        for entry in report["languages"]
        if entry["final"]["documents"] and entry["language"] is not None
    ]
    if not kept:
        return ""
    kept.sort(key=lambda entry: -entry["final"]["tokens"])
    rows = [
        [cell(entry["language"]), count(entry["final"]["documents"]), share(entry["final"]["tokens"], final)]
        for entry in kept[:LANGUAGES]
    ]
    return "## Languages\n\n" + table(["language", "documents", "of the tokens"], rows)
