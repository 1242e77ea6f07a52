"""Whether one of several phrases stands in a text, letter case aside: one table look-up for each byte.

Case is that of `str.lower`, character for character: two characters are the same if their lower-case forms
are, and a character whose lower-case form is not one character (İ is the only one) is only like itself.
Words have no part in it: `cookie` stands in `cookies`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from filters.kernels.jit import inline

_ROW = 512
_ENDS = 256
_LAST_CASED = 0x20000  # nothing above it has case (a test holds this)

_Node = tuple[int, int, bytes]  # of a phrase: characters found, and the bytes that the next one still lacks


@dataclass(frozen=True)
class Substrings:
    """Phrases, compiled to an automaton over bytes.

    A state is 512 times its number, and it begins in 0. `steps[state + byte]` (int32) is the state after one
    more byte, `steps[state + 256]` is 1 where a phrase ends. One array and no product: the look-up is all
    that one byte waits for.
    """

    steps: NDArray[np.int32]


def lower(character: str) -> str:
    """The lower-case form where it is one character, and else the character itself."""
    lowered = character.lower()
    return lowered if len(lowered) == 1 else character


@cache
def _alike() -> dict[str, tuple[bytes, ...]]:
    """For each lower-case character that has one: all characters that are like it, in UTF-8."""
    alike: dict[str, list[str]] = {}
    for character in map(chr, range(_LAST_CASED)):
        if lower(character) != character:
            alike.setdefault(lower(character), []).append(character)
    return {low: tuple(c.encode() for c in (low, *others)) for low, others in alike.items()}


@cache
def compile_substrings(phrases: tuple[str, ...]) -> Substrings:
    """The automaton that finds these phrases (an empty phrase finds nothing).

    Its states are the sets of places in phrases where a reader of the bytes may be.
    """
    spelled = [
        tuple(_alike().get(lower(character), (lower(character).encode(),)) for character in phrase)
        for phrase in phrases
    ]
    start: frozenset[_Node] = frozenset((p, 0, b"") for p, phrase in enumerate(spelled) if phrase)
    numbers = {start: 0}
    states, rows = [start], []
    for state in states:  # which grows
        reached: dict[int, set[_Node]] = {}
        for phrase, found, rest in state:
            if found == len(spelled[phrase]):
                continue
            for spelling in (rest,) if rest else spelled[phrase][found]:
                after = (phrase, found, spelling[1:]) if len(spelling) > 1 else (phrase, found + 1, b"")
                reached.setdefault(spelling[0], set()).add(after)
        row = np.zeros(_ROW, np.int32)
        row[_ENDS] = any(found == len(spelled[phrase]) for phrase, found, _ in state)
        for byte, nodes in reached.items():
            state_after = start | nodes
            if state_after not in numbers:
                numbers[state_after] = len(states)
                states.append(state_after)
            row[byte] = numbers[state_after] * _ROW
        rows.append(row)
    return Substrings(np.concatenate(rows))


@inline
def count_ends(data: NDArray[np.uint8], start: int, stop: int, steps: NDArray[np.int32]) -> int:
    """At how many bytes of data[start:stop] a phrase ends: 0 if none of them is there."""
    state = np.uint64(0)  # unsigned: numba then does not ask whether it counts from the end
    count = 0
    for i in range(start, stop):
        state = np.uint64(steps[state + np.uint64(data[i])])
        count += steps[state + np.uint64(_ENDS)]
    return count
