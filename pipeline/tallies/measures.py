"""What a filter measured: every measure in bins, what each rule alone decides, and which reasons meet.

    measure   every document that reached the stage
    bound     documents on which no other rule of the stage fires: whether they stay is this rule's to say
    overlap   documents on which two reasons fire

Moving the bound of a rule to the edge of a bin keeps, of the documents of its `bound` rows, exactly those on the good side.
All others go in any case, because another rule takes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from filters.stage import Rule
from pipeline.tallies.bins import UNDEFINED, Bins, Closed, bins, closed
from pipeline.tallies.table import Dense, Weights, sums


@dataclass(frozen=True)
class Scale:
    """A measure in bins of one sort, and the rules (their places among the stage's) that these bins suit."""

    measure: str
    bins: Bins
    rules: tuple[int, ...]


def scales(rules: Sequence[Rule]) -> list[Scale]:
    """Of each measure that a rule bounds, in the order of the rules; `==` has no bins."""
    of: dict[tuple[str, Closed], list[int]] = {}
    bounds: dict[str, list[float]] = {}
    for at, rule in enumerate(rules):
        side = closed(rule.comparison)
        if side is not None:
            of.setdefault((rule.measure, side), []).append(at)
            bounds.setdefault(rule.measure, []).append(rule.bound)
    return [
        Scale(measure, bins(side, bounds[measure]), tuple(which)) for (measure, side), which in of.items()
    ]


class FilterTallies:
    """Gathers the tallies of one filter into `into`."""

    def __init__(self, label: str, rules: Sequence[Rule], into: Dense) -> None:
        self._label = label
        self._scales = scales(rules)
        self._into = into

    def add(
        self,
        measures: Mapping[str, NDArray[np.float64]],
        fires: NDArray[np.bool_],
        reasons: Mapping[str, NDArray[np.bool_]],
        weights: Weights,
    ) -> None:
        """Count the documents that reached the filter.

        Args:
            measures: one float64 per document for each measure.
            fires: bool (rules, documents).
            reasons: for each reason, in the order of the rules, whether one of its rules fires.
        """
        hits = fires.sum(axis=0)
        for scale in self._scales:
            places = scale.bins.place(measures[scale.measure]) - UNDEFINED
            count = scale.bins.count - UNDEFINED
            every = sums(places, weights, count)
            self._add("measure", scale, scale.bins.closed, every)
            for rule in scale.rules:
                # Those that go in any case are fewer than the others.
                taken = np.flatnonzero(hits != fires[rule])
                self._add("bound", scale, str(rule), every - sums(places[taken], weights[:, taken], count))
        self._overlaps(reasons, weights)

    def _add(self, kind: str, scale: Scale, other: str, added: NDArray[np.float64]) -> None:
        self._into.add((kind, self._label, scale.measure, other), added, UNDEFINED)

    def _overlaps(self, reasons: Mapping[str, NDArray[np.bool_]], weights: Weights) -> None:
        fired = np.stack(list(reasons.values())) if reasons else np.zeros((0, weights.shape[1]), bool)
        several = fired.sum(axis=0) > 1
        if not several.any():
            return
        fired, weights = fired[:, several].astype(np.float64), weights[:, several]
        both = np.stack([(fired * row) @ fired.T for row in weights])
        names = list(reasons)
        for first, second in zip(*np.nonzero(np.triu(both[0], 1)), strict=True):
            key = ("overlap", self._label, names[first], names[second])
            self._into.add(key, both[:, first, second, None])
