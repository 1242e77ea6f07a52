"""What is known about a page, because it was made so."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal

Outcome = Literal["kept", "edited", "dropped", "skipped", "unreadable"]
Duplicate = Literal["mirror", "near_duplicate", "recrawl"]


@dataclass(frozen=True)
class Truth:
    """One line of `truth.jsonl`: a response or revisit record, and what should become of it.

    `stage` should drop the page (or change its text, where the outcome is `edited`), judged on the page
    alone: other stages may well drop it before, and a recipe that keeps one language drops the rest.
    `skipped` and `unreadable` are for the reader.

    In a `cluster` of duplicates `duplicate` says what the page is to the one that stays: its `mirror` (the
    same body at another URL), a `near_duplicate`, or an older crawl of its URL (`recrawl`). A keeper policy
    may keep another page of the cluster instead, never two.

    `contains` are sentences of the page's main text, `absent` is text that stands around it, `trimmed` are
    lines that the C4 line rules take out. `words` counts the main text (`articles.word_count`).
    """

    url: str
    date: str
    kind: str
    language: str | None = None
    outcome: Outcome = "kept"
    stage: str | None = None
    why: str | None = None
    cluster: str | None = None
    duplicate: Duplicate | None = None
    words: int = 0
    contains: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    trimmed: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    public_ips: tuple[str, ...] = ()
    private_ips: tuple[str, ...] = ()
    insults: tuple[str, ...] = ()

    def line(self, file: str, record: str) -> str:
        """As JSON, with the file and the id of the record that holds the page."""
        fields = {"file": file, "record": record, **asdict(self)}
        return json.dumps(fields, ensure_ascii=False, sort_keys=True) + "\n"
