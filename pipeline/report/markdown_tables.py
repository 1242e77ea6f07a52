"""Markdown tables, and text from the data in them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.report.numbers import NOTHING


def table(header: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """A Markdown table; the first `left` columns are text, the others numbers and set to the right."""
    rule = ["---"] * left + ["---:"] * (len(header) - left)
    lines = [header, rule, *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def cell(text: str | None) -> str:
    """Text from the data, made harmless: it stays in its cell, and nothing in it is Markdown or HTML."""
    flat = "".join(char if char.isprintable() else " " for char in text or "")
    return re.sub(r"([\\`*_\[\]<>|&~])", r"\\\1", flat).strip() or NOTHING
