"""What the steps of a barrier count for its summary, and how the counts of all workers become one.

A tally is a dictionary. A number in it, or a list whose kind is not named here, is added up. The others are:

- `sizes`: lists of [documents of a set, sets, tokens of all documents in them], sets of two or more only;
- `largest`: of the largest sets [documents, smallest row id, row id of the keeper, tokens];
- `urls`: of documents that went from such sets [documents, smallest row id of the set, row id, URL];
- `shuffled`: for each step the `bytes` that came to it, and the most that came at once (`inbox`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

LARGEST = 10  # sets that are named
URLS = 5  # of each of these
EXACT = 1000  # documents up to which every size of a set is counted by itself

Tally = dict[str, Any]


def add_up(tallies: Iterable[Tally]) -> Tally:
    """The tally of all. It does not depend on the order in which they come."""
    total: Tally = {}
    for counts in tallies:
        for name, count in counts.items():
            total[name] = _ADDED.get(name, _sum)(total[name], count) if name in total else count
    return total


def sizes_of(documents: NDArray[np.uint64], tokens: NDArray[np.uint64]) -> list[list[int]]:
    """How many sets there are of each size, and the tokens in them, from those of each set (of two or more).

    Above `EXACT` documents a size is rounded down to two significant digits, so that the list stays short.
    """
    sizes, place = np.unique(rounded(documents), return_inverse=True)
    summed = np.zeros(len(sizes), np.uint64)
    np.add.at(summed, place, tokens)
    sets = np.bincount(place, minlength=len(sizes)).astype(np.uint64)
    return [list(entry) for entry in zip(sizes.tolist(), sets.tolist(), summed.tolist(), strict=True)]


def rounded(sizes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Sizes above `EXACT` rounded down to two significant digits."""
    powers = np.uint64(10) ** np.arange(2, 18, dtype=np.uint64)
    step = powers[np.searchsorted(powers * np.uint64(100), sizes, "right")]
    return cast("NDArray[np.uint64]", np.where(sizes > EXACT, sizes // step * step, sizes))


def _sum(one: Any, other: Any) -> Any:
    return one + other


def _add_sizes(one: list[list[int]], other: list[list[int]]) -> list[list[int]]:
    total: dict[int, list[int]] = {}
    for size, sets, tokens in [*one, *other]:
        known = total.setdefault(size, [size, 0, 0])
        known[1] += sets
        known[2] += tokens
    return [total[size] for size in sorted(total)]


def _largest(one: list[list[int]], other: list[list[int]]) -> list[list[int]]:
    return sorted([*one, *other], key=lambda entry: (-entry[0], entry[1]))[:LARGEST]


def first_urls(one: list[list[Any]], other: list[list[Any]] | None = None) -> list[list[Any]]:
    """Of the largest sets the first URLs, in the order of the sets and in each in that of the input."""
    entries = sorted([*one, *(other or [])], key=lambda entry: (-entry[0], entry[1], entry[2]))
    sets = [list(entries) for _, entries in groupby(entries, key=lambda entry: (entry[0], entry[1]))]
    return [entry for found in sets[:LARGEST] for entry in found[:URLS]]


def _add_shuffled(one: Tally, other: Tally) -> Tally:
    total = dict(one)
    for step, found in other.items():
        known = total.get(step, {"bytes": 0, "inbox": 0})
        total[step] = {
            "bytes": known["bytes"] + found["bytes"],
            "inbox": max(known["inbox"], found["inbox"]),
        }
    return total


_ADDED: dict[str, Callable[[Any, Any], Any]] = {
    "sizes": _add_sizes,
    "largest": _largest,
    "urls": first_urls,
    "shuffled": _add_shuffled,
}
