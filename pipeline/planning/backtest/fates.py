"""What became of each document of a finished run: a few columns of `dropped/`, the last parts and `duplicates/`; no text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from numpy.typing import NDArray

from pipeline import files
from pipeline.errors import UserError
from pipeline.rundir import RunDirectory, StageEntry
from pipeline.sources.unit import unit_name
from pipeline.stores import each_at_once

SEED = 20  # so that these hashes have nothing to do with those by which a sample is drawn
_UNITS_AT_ONCE = 8

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]
Floats = NDArray[np.float64]
T = TypeVar("T")


@dataclass(frozen=True)
class Fates:
    """Documents by rising hash of the id, one value each.

    Args:
        hashes: of the id.
        went: the place of the stage that dropped it; where it was kept, the number of stages.
        tokens: when it went, or in the end.
        keeper: of one that a deduplicator dropped, the place in these columns of what was kept; of others their own.
        drawn: whether it was drawn. The others are here as keepers alone.
        gain: float64[stages + 1]: what of a token of the input reaches each stage, by what editors took out.
    """

    hashes: Hashes
    went: Places
    tokens: Floats
    keeper: Places
    drawn: NDArray[np.bool_]
    gain: Floats

    def tokens_at(self, stage: int, documents: Places) -> Floats:
        """What these documents had when they came to a stage.

        What editors took out is known of each stage and not of each document: each is taken to have lost the same share.
        """
        lost = self.gain[stage] / self.gain[self.went[documents]]
        return cast(Floats, self.tokens[documents] * lost)


def read_fates(run: RunDirectory, gain: Floats, rate: float) -> Fates:
    """The fates of a share of the documents, drawn by the hash of the id, and of those that were kept in their stead.

    Memory is that of these documents.

    Args:
        gain: as `Fates` has it.
        rate: the share to draw.

    Raises:
        UserError: files of the run are missing, or contradict each other.
    """
    stages = run.stages()
    below = np.uint64(min(int(rate * 2.0**64), 2**64 - 1))
    others = _keepers(run, stages, below) if rate < 1 else np.zeros(0, np.uint64)
    try:
        parts = list(_each_unit(run, partial(_unit, run, stages, below, others)))
    except FileNotFoundError as error:
        raise _unlike(run, f"{error.filename or error} is missing") from error
    hashes = np.concatenate([part[0] for part in parts] or [np.zeros(0, np.uint64)])
    went = np.concatenate([part[1] for part in parts] or [np.zeros(0, np.int64)])
    tokens = np.concatenate([part[2] for part in parts] or [np.zeros(0)])
    keepers = np.concatenate([part[3] for part in parts] or [np.zeros(0, np.uint64)])
    order = np.lexsort((-went, hashes))  # of documents with one id that which went furthest stands first
    hashes, went, keepers = hashes[order], went[order], keepers[order]
    duplicate = np.isin(went, [at for at, stage in enumerate(stages) if stage.kind == "deduplicator"])
    keeper = np.arange(len(hashes))
    keeper[duplicate] = np.searchsorted(hashes, keepers[duplicate])
    found = keeper < len(hashes)
    if not found.all() or (hashes[keeper[duplicate]] != keepers[duplicate]).any():
        raise _unlike(run, "a document that duplicates/ says was kept is in neither dropped/ nor parts/")
    return Fates(hashes, went, tokens[order], keeper, hashes <= below, gain)


def _keepers(run: RunDirectory, stages: Sequence[StageEntry], below: np.uint64) -> Hashes:
    """The ids of those that were kept instead of drawn documents, and instead of these, through all deduplicators."""
    wanted = np.zeros(0, np.uint64)
    for stage in stages:
        if stage.kind == "deduplicator":
            kept = [
                keeper[(own <= below) | np.isin(own, wanted)]
                for own, keeper in _each_unit(run, partial(_duplicates, run, stage.label))
            ]
            wanted = np.unique(np.concatenate([wanted, *kept]))
    return wanted


def _each_unit(run: RunDirectory, read: Callable[[int], T]) -> Iterator[T]:
    count = len(run.units())
    for start in range(0, count, _UNITS_AT_ONCE):
        yield from each_at_once(read, range(start, min(start + _UNITS_AT_ONCE, count)))


def _unit(
    run: RunDirectory, stages: Sequence[StageEntry], below: np.uint64, others: Hashes, unit: int
) -> tuple[Hashes, Places, Floats, Hashes]:
    """Hash, `went`, tokens and hash of the keeper of a unit's documents that are drawn, or wanted as keepers."""
    last = stages[-1].number
    parts = []
    for number in range(last + 1):
        table = files.read_table(run.dropped(number, unit), ["id", "stage", "tokens"])
        labels = pa.array([stage.label for stage in stages], table["stage"].type)
        went = pc.index_in(table["stage"], labels).to_numpy().astype(np.int64)
        hashes = _hashed(table["id"])
        keepers = hashes.copy()
        for at, stage in enumerate(stages):
            if stage.kind == "deduplicator" and stage.number == number:
                _, named = _duplicates(run, stage.label, unit)
                if len(named) != (went == at).sum():
                    raise _unlike(run, f"duplicates/{stage.label} and dropped/{number} differ in unit {unit}")
                keepers[went == at] = named  # both are in the order of the rows
        parts.append((hashes, went, table["tokens"].to_numpy().astype(np.float64), keepers))
    kept = files.read_table(run.part(last, unit), ["id", "count.tokens"])
    hashes = _hashed(kept["id"])
    tokens = kept["count.tokens"].to_numpy().astype(np.float64)
    parts.append((hashes, np.full(len(hashes), len(stages)), tokens, hashes))
    hashes, went, tokens, keepers = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    here = (hashes <= below) | np.isin(hashes, others)
    return hashes[here], went[here], tokens[here], keepers[here]


def _duplicates(run: RunDirectory, label: str, unit: int) -> tuple[Hashes, Hashes]:
    url = files.join(run.duplicates(label), f"{unit_name(unit)}.parquet")
    table = files.read_table(url, ["id", "keeper_id"])
    return _hashed(table["id"]), _hashed(table["keeper_id"])


def _hashed(ids: pa.ChunkedArray) -> Hashes:
    named = ((name or "").encode() for name in ids.to_pylist())
    return np.fromiter((xxhash.xxh3_64_intdigest(name, SEED) for name in named), np.uint64, len(ids))


def _unlike(run: RunDirectory, what: str) -> UserError:
    return UserError(
        f"{run.url}: {what}, so these are not the files of one finished run. Run its `assay run` "
        "command again; it does what is missing."
    )
