"""Whether one of several phrases stands in a text, letter case aside: one table look-up for each byte. Most texts need
none, for they hold no four bytes of a phrase either, and those are looked for first, 64 places at a time.

Case is that of `str.lower`, character for character: two characters are the same if their lower-case forms
are, and a character whose lower-case form is not one character (İ is the only one) is only like itself.
Words have no part in it: `cookie` stands in `cookies`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, reduce
from itertools import chain
from operator import and_, or_

import numpy as np
from numpy.typing import NDArray

from filters.kernels.blocks import NONE, SIZE, first, folded_equal
from filters.kernels.jit import inline

_ROW = 512
_ENDS = 256
_LAST_CASED = 0x20000  # nothing above it has case (a test holds this)

_PROBE = 4
_MOST_PROBED = 16  # phrases: to look for the probes of more costs as much as the automaton
_RARITY = " " * 20 + "etaoinshrdlcumwfgypbvkjxqz"  # the later, the rarer; what is not in it is rarer yet

_Byte = tuple[int, int]  # bits to set in a byte, and what it is then
_Probe = tuple[_Byte, ...]
_Phrase = tuple[tuple[bytes, ...], ...]  # for each character all its spellings
_Node = tuple[int, int, bytes]  # of a phrase: characters found, and the bytes that the next one still lacks


@dataclass(frozen=True)
class Substrings:
    """Phrases, compiled to an automaton over bytes.

    A state is 512 times its number, and it begins in 0. `steps[state + byte]` (int32) is the state after one
    more byte, `steps[state + 256]` is 1 where a phrase ends. One array and no product: the look-up is all
    that one byte waits for.

    A text that holds a phrase holds one of the `probes`, uint8 (probes, 4, 2): four bytes in a row, each of them
    as bits to set and what the byte is then. There are none where they would not help: if a phrase has no such
    bytes, or the phrases are many.
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


def _sure(spellings: tuple[bytes, ...]) -> list[_Byte | None]:
    """What each byte of a character may be, whichever its spelling; None where the spellings do not agree so far."""
    if len(set(map(len, spellings))) > 1:
        return [None]
    choices = [set(choice) for choice in zip(*spellings, strict=True)]
    folds = [reduce(or_, choice) ^ reduce(and_, choice) for choice in choices]
    return [(fold, min(choice) | fold) for fold, choice in zip(folds, choices, strict=True)]


def _windows(spelled: _Phrase) -> list[_Probe]:
    """All runs of four bytes that are sure to be in this phrase."""
    sure = [byte for spellings in spelled for byte in _sure(spellings)]
    windows = (sure[i : i + _PROBE] for i in range(len(sure) - _PROBE + 1))
    return [tuple(byte for byte in window if byte) for window in windows if None not in window]


def _rarity(probe: _Probe) -> int:
    ranks = (_RARITY.find(chr(byte)) for _, byte in probe)
    return sum(rank if rank >= 0 else len(_RARITY) for rank in ranks)


def _probes(phrases: list[_Phrase]) -> list[_Probe]:
    """Few probes such that each phrase holds one: again and again the one that most of the other phrases hold, of
    several the rarest."""
    if len(phrases) > _MOST_PROBED:
        return []
    left = [_windows(phrase) for phrase in phrases]
    probes: list[_Probe] = []
    while left and all(left):
        best = max(
            chain(*left), key=lambda probe: (sum(probe in windows for windows in left), _rarity(probe))
        )
        probes.append(best)
        left = [windows for windows in left if best not in windows]
    return [] if left else probes


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
    probes = np.array(_probes([phrase for phrase in spelled if phrase]), np.uint8)
    return Substrings(np.concatenate(rows), probes.reshape(-1, _PROBE, 2))


@inline
def may_stand(
    data: NDArray[np.uint8], start: int, stop: int, steps: NDArray[np.int32], probes: NDArray[np.uint8]
) -> bool:
    """Whether a phrase may stand in data[start:stop]: False where none does, and True hardly ever where none does."""
    if len(probes) == 0:
        return len(steps) > _ROW  # there are phrases
    for probe in range(len(probes)):
        for i in range(start, stop, SIZE):
            found = first(stop - i)
            for k in range(_PROBE):
                fold, byte = probes[probe, k, 0], probes[probe, k, 1]
                found &= folded_equal(data, i + k, i + k + SIZE, fold, byte)  # after `stop` too: it only may
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
