"""When a deduplicator took more than copies: a source of which hardly anything is left, a cluster that is too large.

Clusters are closed over pairs, so a few false pairs can join documents that have nothing in common, and all of them
but one go. That has taken a source from hundreds of thousands of documents to two. Nothing in the ledger is wrong then;
what shows it is that a whole source went, or that one cluster holds a good part of everything.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pipeline.report.figures import Amount
from pipeline.report.numbers import count, counted, share

LARGE_DOCUMENTS = 1_000  # of a source or host that counts as large,
LARGE_SHARE = 0.01  # or its share of the tokens that came in,
FEWEST = 20  # but not with fewer documents than these
COLLAPSED = 0.9  # of which more than this went
HELD = 0.05  # of all that came in is held by a cluster that is too large
_SHOWN = 10  # sentences; the others are counted
_NAME = 100  # characters


def collapse_alarms(label: str, groups: Iterable[tuple[str, Amount, Amount]], tokens: int) -> list[str]:
    """A sentence for each large group of documents of which more than nine in ten went.

    Args:
        label: the deduplicator. groups: a name, what came in, and what the deduplicator dropped of it.
        tokens: what came in of all groups.
    """
    alarms = []
    for name, came, dropped in groups:
        large = came["documents"] >= LARGE_DOCUMENTS or (
            came["documents"] >= FEWEST and came["tokens"] >= LARGE_SHARE * tokens
        )
        if large and any(dropped[unit] > COLLAPSED * came[unit] for unit in ("documents", "tokens")):
            left = came["documents"] - dropped["documents"]
            alarms.append(
                f"{label} took nearly all of {printable(name)}: {count(left)} of "
                f"{counted(came['documents'], 'document')} and {count(came['tokens'] - dropped['tokens'])} of "
                f"{counted(came['tokens'], 'token')} are left."
            )
    if len(alarms) <= _SHOWN:
        return alarms
    return [
        *alarms[:_SHOWN],
        f"{label} took nearly all of {count(len(alarms) - _SHOWN)} more sources and hosts.",
    ]


def cluster_alarms(label: str, largest: Iterable[dict[str, Any]], came: Amount) -> list[str]:
    """A sentence for each of the largest clusters that holds more than a twentieth of what came in."""
    alarms = []
    for cluster in largest:
        units = [unit for unit in ("documents", "tokens") if cluster[unit] > HELD * came[unit]]
        if units and cluster["documents"] >= FEWEST:
            held = " and ".join(f"{share(cluster[unit], came[unit])} of the {unit}" for unit in units)
            alarms.append(
                f"{label} found one cluster of {count(cluster['documents'])} documents, which held {held}; "
                f"{printable(cluster['url'] or cluster['id'])} stayed."
            )
    return alarms


def printable(name: str) -> str:
    """A name from the data, fit for a terminal."""
    flat = "".join(char if char.isprintable() else " " for char in name)
    return flat if len(flat) <= _NAME else f"{flat[:_NAME]}..."
