"""The documents of a batch on their way through the stages of a pass, and what the ledger is told about each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from filters.kernels.buffers import text_buffers
from filters.kernels.words import count_words
from filters.stage import Annotator, Editor, Filter, Rule, Stage
from pipeline.batch import MEASURE, set_column
from pipeline.ledger import Quantities, UnitLedger
from pipeline.profile.clock import timed
from pipeline.tallies.gather import UnitTallies

TALLY = "keep the tallies"  # in a profile

CountTokens = Callable[[pa.LargeStringArray], NDArray[np.int64]]


@dataclass(frozen=True)
class Drop:
    """Documents that one stage dropped from a batch: the rows as they were, the reason of each (string) and all that
    fired (list of string), and what they amounted to."""

    stage: str
    documents: pa.RecordBatch
    reasons: pa.StringArray
    fired: pa.ListArray
    amounts: Quantities


class Rows:
    """The living documents of one batch. `places` says where each stood when the batch came in."""

    def __init__(
        self,
        batch: pa.RecordBatch,
        amounts: Quantities,
        ledger: UnitLedger,
        tallies: UnitTallies,
        count_tokens: CountTokens,
    ) -> None:
        self.batch = batch
        self.amounts = amounts
        self.places: NDArray[np.int64] = np.arange(batch.num_rows, dtype=np.int64)
        self.drops: list[Drop] = []
        self._ledger = ledger
        self._tallies = tallies
        self._count_tokens = count_tokens
        self._sources = batch.column("source")
        self._languages: list[tuple[NDArray[np.int64], pa.Array]] = [(self.places, batch.column("language"))]
        with self.timed(TALLY):
            tallies.begin_batch(batch)

    def apply(self, stage: Stage) -> None:
        """Take the documents through a stage, and count what happens."""
        with self.timed(stage.label):
            self._apply(stage)

    def timed(self, activity: str) -> AbstractContextManager[None]:
        """Call what is done with the documents by this name, in a profile."""
        return timed(activity, len(self.amounts), int(self.amounts.bytes.sum()))

    def _apply(self, stage: Stage) -> None:
        if isinstance(stage, Annotator):
            self._annotate(stage)
        elif isinstance(stage, Editor):
            self._edit(stage)
        elif isinstance(stage, Filter):
            self._filter(stage)
        else:
            raise TypeError(f"{stage.label}: a {stage.kind} does not act on a batch")

    def pass_through(self, label: str) -> None:
        """Count a stage that takes nothing away (reading, tokenizing)."""
        self._count(label, "in")
        self._count(label, "out")

    def drop_copies(self, label: str, reason: str, marks: NDArray[np.bool_]) -> None:
        """Drop what a deduplicator decided to drop: `marks` is bool, one for each document of the batch as it came."""
        gone = marks[self.places]
        with timed(TALLY):
            self._tallies.taken_as_copies(label, self.places[gone], self.amounts[gone])
        self.drop(label, [reason], gone[None])

    def drop(self, label: str, names: Sequence[str], fires: NDArray[np.bool_]) -> None:
        """Drop the documents on which a rule fires: `fires` is bool (rules, documents), `names` the reason of each rule.

        The first rule that fires is the document's reason.
        """
        self._count(label, "in")
        gone = cast("NDArray[np.bool_]", fires.any(axis=0))
        if gone.any():
            went = np.flatnonzero(gone)
            first = fires[:, went].argmax(axis=0)
            for reason in sorted({names[rule] for rule in np.unique(first)}):
                because = went[np.isin(first, [rule for rule, name in enumerate(names) if name == reason])]
                self._ledger.add(label, "dropped", reason, self.places[because], self.amounts[because])
            reasons = pa.array(names, pa.string())
            self.drops.append(
                Drop(
                    label,
                    self.batch.take(pa.array(went)),
                    reasons.take(pa.array(first)),
                    _fired(reasons, fires[:, went]),
                    self.amounts[went],
                )
            )
            self._keep(~gone)
        self._count(label, "out")

    def end(self) -> None:
        """Close the batch in the ledger: by now the language of every document that has one is known."""
        with timed("keep the ledger"):
            self._end()

    def _end(self) -> None:
        languages = np.full(len(self._sources), None, dtype=object)
        for places, values in self._languages:
            languages[places] = values.to_numpy(zero_copy_only=False)
        known = pa.array(languages, pa.string())
        self._ledger.end_batch(known, self._sources)
        with timed(TALLY):
            self._tallies.end_batch(known)

    def _annotate(self, stage: Annotator) -> None:
        for name, values in stage.annotate(self.batch).items():
            self.batch = set_column(self.batch, name, values)
            if name == "language":
                self._languages.append((self.places, values))
        self.pass_through(stage.label)

    def _edit(self, stage: Editor) -> None:
        before = self.amounts
        old, new = self.batch.column("text"), stage.edit(self.batch)
        changed = np.flatnonzero(pc.not_equal(old, new).to_numpy(zero_copy_only=False))
        self._count(stage.label, "in")
        if len(changed):
            self.batch = set_column(self.batch, "text", new)
            after = measure_amounts(new.take(pa.array(changed)), self._count_tokens)
            self.amounts = _replaced(before, changed, after)
            self._ledger.add(
                stage.label, "trimmed", "", self.places[changed], before[changed] - after, documents=0
            )
        self._count(stage.label, "out")

    def _filter(self, stage: Filter) -> None:
        measures = stage.measure(self.batch)
        for name, values in measures.items():
            self.batch = set_column(
                self.batch, f"{MEASURE}{stage.label}.{name}", pa.array(values, pa.float64())
            )
        rules = stage.rules()
        fires = np.zeros((len(rules), len(self.places)), bool)
        for at, rule in enumerate(rules):
            fires[at] = rule.fires(measures[rule.measure])
        by_reason = _by_reason(rules, fires)
        self._mark(stage.label, by_reason)
        with timed(TALLY):
            self._tallies.judged(stage.label, rules, measures, fires, by_reason, self.amounts)
        self.drop(stage.label, [rule.reason for rule in rules], fires)

    def _mark(self, label: str, by_reason: dict[str, NDArray[np.bool_]]) -> None:
        """What each rule removes in all, and alone."""
        reasons_fired = sum(
            (hits.astype(np.int64) for hits in by_reason.values()), np.zeros(len(self.places), np.int64)
        )
        for reason, hits in by_reason.items():
            fired, alone = np.flatnonzero(hits), np.flatnonzero(hits & (reasons_fired == 1))
            self._ledger.add(label, "fired", reason, self.places[fired], self.amounts[fired])
            self._ledger.add(label, "alone", reason, self.places[alone], self.amounts[alone])

    def _count(self, label: str, outcome: str) -> None:
        """Tell what came to a stage, or goes on from it."""
        self._ledger.add(label, outcome, "", self.places, self.amounts)
        with timed(TALLY):
            self._tallies.passed(label, outcome, self.places, self.amounts)

    def _keep(self, mask: NDArray[np.bool_]) -> None:
        self.batch = self.batch.filter(pa.array(mask))
        self.amounts = self.amounts[mask]
        self.places = self.places[mask]


def measure_amounts(texts: pa.LargeStringArray, count_tokens: CountTokens) -> Quantities:
    """UTF-8 bytes, words and tokens of each text."""
    _, offsets = text_buffers(texts)
    sizes = np.diff(offsets)
    size = int(sizes.sum())
    with timed("count words", len(sizes), size):
        words = count_words(texts)
    with timed("count tokens", len(sizes), size):
        tokens = count_tokens(texts)
    return Quantities(sizes, words, tokens)


def _by_reason(rules: Sequence[Rule], fires: NDArray[np.bool_]) -> dict[str, NDArray[np.bool_]]:
    """For each reason, in the order of the rules, the documents on which one of its rules fires."""
    found: dict[str, NDArray[np.bool_]] = {}
    for rule, hits in zip(rules, fires, strict=True):
        found[rule.reason] = found.get(rule.reason, False) | hits
    return found


def _fired(reasons: pa.StringArray, fires: NDArray[np.bool_]) -> pa.ListArray:
    """For each document the reasons of the rules that fire on it, in their order."""
    document, rule = np.nonzero(fires.T)
    ends = np.searchsorted(document, np.arange(fires.shape[1] + 1))
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), reasons.take(pa.array(rule)))


def _replaced(amounts: Quantities, rows: NDArray[np.int64], new: Quantities) -> Quantities:
    def put(old: NDArray[np.int64], values: NDArray[np.int64]) -> NDArray[np.int64]:
        result = old.copy()
        result[rows] = values
        return result

    return Quantities(
        put(amounts.bytes, new.bytes), put(amounts.words, new.words), put(amounts.tokens, new.tokens)
    )
