"""What the barriers of a run would do among some documents, by the very steps of `pipeline.dedup`, in one process.

Documents stand in the order of the input, and are named by their places here. A label is the first place of its set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from filters.kernels import unionfind
from filters.kernels.minhash import agreements
from pipeline.dedup.blocks import changes, unique_pairs
from pipeline.dedup.candidates import candidate_pairs
from pipeline.dedup.stages import DedupMinhash
from pipeline.planning.probe.keyfiles import Keys, least_agreement

Places = NDArray[np.int64]
_PAIRS_AT_A_TIME = 100_000


@dataclass(frozen=True)
class Decision:
    """What one deduplicator does: which documents arrive at it (bool), the set of each (a label; its own where it has no
    key or does not arrive), and which of them stays (a place; a document that is kept is its own keeper)."""

    arrives: NDArray[np.bool_]
    label: Places
    keeper: Places

    @property
    def stays(self) -> NDArray[np.bool_]:
        kept: NDArray[np.bool_] = self.arrives & (self.keeper == np.arange(len(self.keeper)))
        return kept


def decide(keys: Sequence[Keys], reach: NDArray[np.int8]) -> list[Decision]:
    """Deduplicator after deduplicator, each among those that arrive at it and that none before has dropped."""
    alive = np.ones(len(reach), np.bool_)
    decisions = []
    for at, of in enumerate(keys):
        arrives = alive & (reach > at)
        label = sets(of, arrives & of.there)
        keeper = keepers(label, of.rank)
        decisions.append(Decision(arrives, label, keeper))
        alive = alive & ~(arrives & ~decisions[-1].stays)
    return decisions


def related(keys: Sequence[Keys], reach: NDArray[np.int8], decisions: Sequence[Decision]) -> Places:
    """The label of each document's group: whoever may have a say in whether it stays.

    They are joined through the sets of all deduplicators, as these are after the ones before, and as they would be if
    those had dropped nothing.
    """
    labels = [decision.label for decision in decisions]
    labels += [sets(of, (reach > at) & of.there) for at, of in enumerate(keys)]
    everyone = np.arange(len(reach))
    left = np.concatenate([everyone, *(everyone for _ in labels)])
    return unionfind.components(left, np.concatenate([everyone, *labels]), len(reach))


def survivors(decisions: Sequence[Decision], count: int) -> Places:
    """For whom each document went in the end: its keeper, the keeper's keeper, and so on; itself if it stays."""
    survivor = np.arange(count)
    for decision in decisions:
        survivor = decision.keeper[survivor]
    return survivor


def keepers(label: Places, rank: NDArray[np.int64]) -> Places:
    """Of each set the one of the highest rank, of equals the first; one place for each document."""
    order = np.lexsort((np.arange(len(label)), ~rank, label))  # ~ turns the order round, without overflow
    first = changes(cast("NDArray[np.uint64]", label[order].astype(np.uint64)))
    keeper = np.empty(len(label), np.int64)
    keeper[order] = order[first][np.cumsum(first) - 1]
    return keeper


def sets(keys: Keys, takes_part: NDArray[np.bool_]) -> Places:
    """The label of each document among those that take part; of the others, their own places."""
    label = np.arange(len(takes_part))
    members = np.flatnonzero(takes_part)
    order = members[np.lexsort((members, keys.check[members], keys.key[members]))]
    first = changes(keys.key[order], keys.check[order]) if len(order) else np.zeros(0, np.bool_)
    label[order] = order[first][np.cumsum(first) - 1]
    if not isinstance(keys.stage, DedupMinhash):
        return label
    left, right = _near_pairs(keys, np.sort(order[first]))
    copies = np.arange(len(label))
    return unionfind.components(np.concatenate([copies, left]), np.concatenate([label, right]), len(label))


def _near_pairs(keys: Keys, leaders: Places) -> tuple[Places, Places]:
    """The verified pairs among the first documents of each set of copies."""
    assert keys.signature is not None and isinstance(keys.stage, DedupMinhash)
    bands = keys.search[leaders]
    rows = np.repeat(leaders.astype(np.uint64), bands.shape[1])
    found = list(candidate_pairs(bands.ravel(), rows))
    none = np.zeros(0, np.uint64)
    left, right = unique_pairs(*(np.concatenate([none, *(pair[end] for pair in found)]) for end in range(2)))
    one, other = left.astype(np.int64), right.astype(np.int64)
    width = keys.signature.shape[1]
    holds = np.zeros(len(one), np.bool_)
    for at in range(0, len(one), _PAIRS_AT_A_TIME):
        some = slice(at, at + _PAIRS_AT_A_TIME)
        nodes, places = np.unique(np.concatenate([one[some], other[some]]), return_inverse=True)
        signatures = keys.signature[nodes].astype(np.uint32)
        half = len(places) // 2
        holds[some] = agreements(signatures, signatures, places[:half], places[half:]) >= least_agreement(
            keys.stage.threshold, width
        )
    return one[holds], other[holds]
