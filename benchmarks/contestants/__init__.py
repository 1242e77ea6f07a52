"""The two sides of every comparison: a file for each topic, in it a function for each contestant.

A function gets ready (reads what it needs, opens its models) and gives a `Work`. Each contestant runs in a process of its
own, in the environment where its library is installed, which is not always the one where Assay is: so nothing but the
standard library is imported outside of these functions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Inputs:
    """The files of a comparison. `megabytes`: how much of them this contestant shall take, from the start."""

    texts: str  # JSON Lines with `id`, `url`, `text`
    folded: str  # the same with texts as near-duplicate detection sees them: words with a space between
    compressed: str  # the first, by gzip
    pages: str  # JSON Lines with `html`
    archive: str  # WARC
    tokenizer: str  # tokenizer.json, byte-level BPE
    language_model: str  # fastText
    megabytes: float


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Work:
    """What a contestant does in a round.

    Args:
        megabytes: how much text (or file) a round goes through.
        round: does it all once; this is what is timed.
        answers: one value for each document, in order, from what a round gave; made once, to compare contestants.
        fresh: puts things back as they were before the first round; not timed. For libraries that remember what they met:
            they would know every word of the second round.
    """

    megabytes: float
    round: Callable[[], Any]
    answers: Callable[[Any], list[Any]] = field(default=list)
    fresh: Callable[[], None] = _nothing


def rows(path: str, key: str, megabytes: float) -> list[str]:
    """A field of the first lines, until these make so many megabytes (the line that reaches it is the last)."""
    taken = []
    left = megabytes * 1e6
    for text in _fields(path, key):
        taken.append(text)
        left -= len(text.encode())
        if left <= 0:
            break
    return taken


def _fields(path: str, key: str) -> Iterator[str]:
    with Path(path).open("rb") as lines:
        for line in lines:
            yield json.loads(line)[key]


def size(texts: list[str]) -> float:
    """Megabytes of UTF-8."""
    return sum(len(text.encode()) for text in texts) / 1e6
