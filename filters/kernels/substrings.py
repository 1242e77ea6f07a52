"""Whether one of several phrases stands in a text, letter case aside: one table look-up for each byte, and none in
most texts, since four bytes of a phrase that nearly no text has are looked for first.

Case is that of `str.lower`, character for character: two characters are the same if their lower-case forms
are, and a character whose lower-case form is not one character (İ is the only one) is only like itself.
Words have no part in it: `cookie` stands in `cookies`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from filters.kernels.blocks import NONE, SIZE, equal
from filters.kernels.jit import inline

_ROW = 512
_ENDS = 256
_LAST_CASED = 0x20000  # nothing above it has case (a test holds this)

_PROBE = 4
_RARER = " etaoinshrdlcumwfgypbvkjxqz"  # the later, the rarer in English; what is not here is rarer yet

_Node = tuple[int, int, bytes]  # of a phrase: characters found, and the bytes that the next one still lacks


@dataclass(frozen=True)
class Substrings:
    """Phrases, compiled to an automaton over bytes.

    A state is 512 times its number, and it begins in 0. `steps[state + byte]` (int32) is the state after one
    more byte, `steps[state + 256]` is 1 where a phrase ends. One array and no product: the look-up is all
    that one byte waits for.

    A text that holds a phrase holds one of the `probes`, uint8 (probes, 4, 2): four bytes in a row, each of them
    either of two. There are none if a phrase has no such bytes.
    """

    steps: NDArray[np.int32]
    probes: NDArray[np.uint8]


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


def _either(spellings: tuple[bytes, ...]) -> list[tuple[int, int] | None]:
    """For each byte of a character the two that it may be; None where the spellings do not agree so far."""
    if len(set(map(len, spellings))) > 1:
        return [None]
    choices = [sorted(set(choice)) for choice in zip(*spellings, strict=True)]
    return [(choice[0], choice[-1]) if len(choice) <= 2 else None for choice in choices]


def _probe(spelled: list[tuple[bytes, ...]]) -> list[tuple[int, int]]:
    """The rarest four bytes in a row that are sure to be in this phrase; none where no four are."""

    def rarity(probe: list[tuple[int, int]]) -> int:
        ranks = (_RARER.find(chr(max(choice))) for choice in probe)
        return sum(rank if rank >= 0 else len(_RARER) for rank in ranks)

    sure = [choice for spellings in spelled for choice in _either(spellings)]
    windows = [sure[i : i + _PROBE] for i in range(len(sure) - _PROBE + 1)]
    whole = [[choice for choice in window if choice] for window in windows if None not in window]
    return max(whole, key=rarity, default=[])


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
    probes = [_probe(phrase) for phrase in spelled if phrase]
    sure = sorted({tuple(probe) for probe in probes}) if all(probes) else []
    return Substrings(np.concatenate(rows), np.array(sure, np.uint8).reshape(-1, _PROBE, 2))


@inline
def may_stand(
    data: NDArray[np.uint8], start: int, stop: int, steps: NDArray[np.int32], probes: NDArray[np.uint8]
) -> bool:
    """Whether a phrase may stand in data[start:stop]: False where none does, and True hardly ever where none does."""
    if len(probes) == 0:
        return len(steps) > _ROW  # there are phrases
    for probe in range(len(probes)):
        for i in range(start, stop, SIZE):
            found = equal(data, i, stop, probes[probe, 0, 0]) | equal(data, i, stop, probes[probe, 0, 1])
            for k in range(1, _PROBE):
                low, high = probes[probe, k, 0], probes[probe, k, 1]
                found &= equal(data, i + k, stop, low) | equal(data, i + k, stop, high)
            if found != NONE:
                return True
    return False


@inline
def count_ends(data: NDArray[np.uint8], start: int, stop: int, steps: NDArray[np.int32]) -> int:
    """At how many bytes of data[start:stop] a phrase ends: 0 if none of them is there."""
    state = np.uint64(0)  # unsigned: numba then does not ask whether it counts from the end
    count = 0
    for i in range(start, stop):
        state = np.uint64(steps[state + np.uint64(data[i])])
        count += steps[state + np.uint64(_ENDS)]
    return count
