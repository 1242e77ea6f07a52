"""Gathers the tallies of one unit, batch by batch, as `pipeline.ledger.UnitLedger` gathers its ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from filters.stage import Rule
from pipeline.ledger import Quantities
from pipeline.tallies.bins import Bins
from pipeline.tallies.groups import GroupTallies, is_end
from pipeline.tallies.hosts import Hosts, HostTallies
from pipeline.tallies.measures import FilterTallies
from pipeline.tallies.table import Dense, Weights, sums, weights

LENGTHS = Bins("left")  # of documents, in tokens


class UnitTallies:
    """What a unit's documents are counted by, beside the ledger.

    A batch is begun with the columns that it came with; then stages tell what happens to its documents, which they name by
    their places in the batch; then it is ended with their languages.
    """

    def __init__(self, unit: int, groups: Sequence[str] = ()) -> None:
        """
        Args:
            groups: the names of the audited groups, in the order of the bits of the column `batch.GROUPS`.
        """
        self._dense = Dense()
        self._groups = GroupTallies(unit, groups, self._dense)
        self._hosts = HostTallies()
        self._filters: dict[str, FilterTallies] = {}

    def begin_batch(self, batch: pa.RecordBatch) -> None:
        """`batch` has the columns `id` and `url`, and may have those of `batch.CARRIED`."""
        self._groups.begin_batch(batch)
        self._urls = batch.column("url")
        self._batch_hosts: Hosts | None = None
        self._counted: tuple[Quantities, Weights] | None = None

    def passed(self, stage: str, outcome: str, rows: NDArray[np.int64], amounts: Quantities) -> None:
        """Documents came into a stage (`in`) or went on from it (`out`)."""
        if not len(rows):
            return
        weights = self._weights(amounts)
        self._groups.passed(stage, outcome, rows, amounts, weights)
        if is_end(stage, outcome):
            self._add_lengths(stage, outcome, amounts, weights)
            self._hosts.add(stage, outcome, self._hosts_of_batch(), rows, weights, suffix=True)

    def taken_as_copies(self, stage: str, rows: NDArray[np.int64], amounts: Quantities) -> None:
        """A deduplicator dropped documents."""
        if len(rows):
            hosts = self._hosts_of_batch()
            self._hosts.add(stage, "dropped", hosts, rows, self._weights(amounts), suffix=False)

    def judged(
        self,
        stage: str,
        rules: Sequence[Rule],
        measures: Mapping[str, NDArray[np.float64]],
        fires: NDArray[np.bool_],
        reasons: Mapping[str, NDArray[np.bool_]],
        amounts: Quantities,
    ) -> None:
        """A filter measured documents: see `FilterTallies.add`."""
        if len(amounts):
            if stage not in self._filters:
                self._filters[stage] = FilterTallies(stage, rules, self._dense)
            self._filters[stage].add(measures, fires, reasons, self._weights(amounts))

    def end_batch(self, languages: pa.Array) -> None:
        """Close the batch: by now the language of each document that has one is known (string, else null)."""
        self._groups.end_batch(languages)

    def table(self) -> pa.Table:
        """All rows of the unit, `table.TALLIES`, in an order that depends on them alone."""
        return pa.concat_tables([self._dense.table(), self._hosts.table()])

    def _add_lengths(self, stage: str, outcome: str, amounts: Quantities, weights: Weights) -> None:
        added = sums(LENGTHS.place(amounts.tokens.astype(np.float64)), weights, LENGTHS.count)
        self._dense.add(("length", stage, outcome, ""), added)

    def _hosts_of_batch(self) -> Hosts:
        if self._batch_hosts is None:
            self._batch_hosts = Hosts(self._urls)
        return self._batch_hosts

    def _weights(self, amounts: Quantities) -> Weights:
        """A stage tells of the same documents several times."""
        if self._counted is None or self._counted[0] is not amounts:
            self._counted = (amounts, weights(amounts))
        return self._counted[1]
