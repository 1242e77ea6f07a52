"""What the pool's deduplication leaves, from the groups of the probes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.planning.estimate import Estimate
from pipeline.planning.probe.collect import Tally
from pipeline.planning.probe.groups import survivors
from pipeline.planning.probe.keyfiles import TOKENS_FINAL, TOKENS_RAW
from pipeline.planning.probe.neighbours import Neighbours
from pipeline.planning.probe.regress import Controls, Ratio, Values, plain, regressed

SHARES = tuple(10 ** (-step / 4) for step in range(12, -1, -1))  # of the pool, for the curve
_MOST_SIZES = 1000  # larger sets are told of in two significant digits


@dataclass(frozen=True)
class Keyspace:
    """The keys of one deduplicator that were counted in the whole pool, the share of the key space they are from, and how
    many documents have a key."""

    tally: Tally
    share: float
    keyed: int

    def total(self, values: Values) -> tuple[float, float]:
        """The sum of a value of each key over all keys, and the variance of that estimate (Poisson sampling of keys, from
        Horvitz and Thompson, JASA 47, 1952)."""
        share = self.share
        return float(values.sum()) / share, float((values**2).sum()) * (1 - share) / share**2


@dataclass(frozen=True)
class Pool:
    """What is known of all documents: how many, their bytes as they were read, how many of them no filter drops, and the
    bytes of these; for each deduplicator its keyspace."""

    documents: int
    raw: int
    passing: int
    final: int
    keyspaces: tuple[Keyspace, ...]


@dataclass(frozen=True)
class _Group:
    """Of the group of each probe, for one quantity: the mean of what is kept over all documents of the group, and the
    least and the most that this can be where the group is not known in full."""

    value: Values
    low: Values
    high: Values


class Estimates:
    """The estimates from the probes that have been looked at closely; slow filters count by their own verdict on each
    probe, which stands for those like it."""

    def __init__(self, found: Neighbours, pool: Pool, slow: Sequence[str]) -> None:
        self._found, self._pool = found, pool
        self.probes = np.flatnonzero(found.probe & np.isfinite(found.column(TOKENS_RAW)))
        self._sizes = _sum_of(found, found.weight)
        self._final, self._raw = found.column("final"), found.column("raw")
        self._passed = self._verdicts(slow)
        self._controls = self._known()

    def retention(self) -> dict[str, dict[str, Any]]:
        """What is left of documents, bytes and tokens: the estimate that is reported, and both that it was chosen from."""
        kept = self._kept()
        documents = self._mean(kept.astype(np.float64))
        size = self._mean(np.where(kept, self._final, 0.0))
        tokens, raw_tokens = self._tokens_a_byte(), self._found.column(TOKENS_RAW)[self.probes]
        times = _Group(*(values * tokens for values in (size.value, size.low, size.high)))
        one, raw = np.ones(len(self.probes)), self._raw[self.probes]
        first = list(range(1 + len(self._found.keys)))  # those in documents
        return {
            "documents": self._chosen(documents, one, self._controls.only(first)),
            "bytes": self._chosen(size, raw, self._controls),
            "tokens": self._chosen(times, raw_tokens, self._controls),
        }

    def tokens_per_byte(self) -> float:
        """Of the raw text."""
        return float(
            self._found.column(TOKENS_RAW)[self.probes].sum() / max(1.0, self._raw[self.probes].sum())
        )

    def deduplicator(self, at: int) -> dict[str, Any]:
        """The share that it keeps of the documents that arrive at it, and how large the sets are that it finds: `[size,
        sets]`, of the sets of the whole pool."""
        found, decision = self._found, self._found.decisions[at]
        arrives = _sum_of(found, found.weight * decision.arrives) / self._sizes
        stays = _sum_of(found, decision.stays.astype(np.float64)) / self._sizes
        x, y = arrives[self.probes], stays[self.probes]
        exact = self._keyspace_estimate(at)
        if not x.sum():
            return {"kept": asdict(Estimate(1.0)), "keyspace": exact, "sizes": []}
        made = plain(y, x, self._pool.documents).estimate(*self._unknown(y, x))
        return {"kept": asdict(made), "keyspace": exact, "sizes": self._set_sizes(at)}

    def curve(self) -> list[dict[str, Any]]:
        """What would be left of documents, were only a share of the pool there, drawn at random.

        A set of k documents then has one that stays with probability 1 - (1 - q)^k. That the documents of a set still
        find each other where those between them are missing is taken for granted.
        """
        found = self._found
        survivor = survivors(found.decisions, len(found.group))
        size = np.bincount(survivor, found.weight, minlength=len(survivor))
        kept = self._kept()
        points = []
        for share in SHARES:
            chance = -np.expm1(size * np.log1p(-share)) / share if share < 1 else np.ones(len(size))
            group = self._mean(np.where(kept, chance, 0.0))
            first = self._controls.only(list(range(1 + len(found.keys))))
            made = self._chosen(group, np.ones(len(self.probes)), first)
            points.append({"share": share, "documents": made["estimate"]})
        return points

    def slow_filter(self, column: str) -> dict[str, Any]:
        """The share that a slow filter lets through of the probes that reach it."""
        verdicts = self._found.column(column)[self.probes]
        asked = np.isfinite(verdicts)
        if not asked.any():
            return asdict(Estimate(1.0))
        ratio = plain(verdicts[asked], np.ones(int(asked.sum())), self._pool.documents)
        return asdict(ratio.estimate())

    @property
    def partial(self) -> float:
        """The share of the probes whose groups are not known in full."""
        return float(self._found.partial[self.probes].mean()) if len(self.probes) else 0.0

    @property
    def largest(self) -> float:
        """The share of the probes' raw bytes that the longest has."""
        raw = self._raw[self.probes]
        return float(raw.max() / max(1.0, raw.sum()))

    @property
    def alone(self) -> bool:
        """Whether every probe that passes stays: there is no trace of a duplicate."""
        kept = self._kept()
        return bool(
            (kept == self._found.passes)[np.isin(self._found.group, self._found.group[self.probes])].all()
        )

    def _kept(self) -> NDArray[np.bool_]:
        count = len(self._found.group)
        stays = survivors(self._found.decisions, count) == np.arange(count)
        kept: NDArray[np.bool_] = stays & self._found.passes
        return kept

    def _mean(self, values: Values) -> _Group:
        """The mean over the group of each probe of a value that documents have which are kept."""
        found, probes = self._found, self.probes
        value = _sum_of(found, values) / self._sizes
        partial = found.partial
        high = np.where(partial, _sum_of(found, values * found.weight) / self._sizes, value)
        low = np.where(partial, 0.0, value)
        return _Group(*((each[probes] * self._passed) for each in (value, low, high)))

    def _chosen(self, group: _Group, x: Values, controls: Controls) -> dict[str, Any]:
        sampled = plain(group.value, x, self._pool.documents)
        both = regressed(group.value, x, controls, self._pool.documents)
        low, high = (
            float(difference.sum() / x.sum())
            for difference in (group.value - group.low, group.high - group.value)
        )
        if self.alone and len(x) < self._pool.documents:  # nobody was seen to go: the rule of three
            low += sampled.value * min(1.0, 3 / len(x))
        method = "two-phase" if both.error < sampled.error else "sampled"
        better: Ratio = both if method == "two-phase" else sampled
        return {
            "estimate": asdict(better.estimate(low, high)),
            "method": method,
            "sampled": asdict(sampled.estimate(low, high)),
            "two_phase": asdict(both.estimate(low, high)),
        }

    def _unknown(self, y: Values, x: Values) -> tuple[float, float]:
        partial = self._found.partial[self.probes]
        return float(y[partial].sum() / x.sum()), 0.0

    def _verdicts(self, slow: Sequence[str]) -> Values:
        """How far slow filters let each probe through: 0, 1, or the share of those that were asked where it was not."""
        passed = np.ones(len(self.probes))
        for column in slow:
            verdict = self._found.column(column)[self.probes]
            known = np.isfinite(verdict)
            passed *= np.where(known, verdict, verdict[known].mean() if known.any() else 1.0)
        return passed

    def _tokens_a_byte(self) -> Values:
        """Of the final text of each probe, of all of them where it has none."""
        tokens, final = self._found.column(TOKENS_FINAL)[self.probes], self._final[self.probes]
        has = np.isfinite(tokens) & (final > 0)
        overall = float(tokens[has].sum() / final[has].sum()) if has.any() else 0.0
        return np.where(has, np.divide(tokens, final, where=has, out=np.zeros(len(has))), overall)

    def _known(self) -> Controls:
        """In documents: whether a document passes; for each deduplicator the passing share of those with its first key over
        how many these are. In bytes: raw and final bytes, and the like."""
        found, pool, probes = self._found, self._pool, self.probes
        n = max(1, pool.documents)
        passes = found.passes[probes].astype(np.float64)
        final, raw = self._final[probes], self._raw[probes]
        in_documents = [(passes, pool.passing / n, 0.0)]
        in_bytes = [(raw, pool.raw / n, 0.0), (final, pool.final / n, 0.0)]
        for keys, tally, space in zip(found.keys, found.tallies, pool.keyspaces, strict=True):
            there = keys.there[probes]
            places = tally.places(keys.search[probes[there], 0])
            for controls, name in ((in_documents, "passing"), (in_bytes, "bytes")):
                values = np.zeros(len(probes))
                values[there] = getattr(tally, name)[places] / tally.documents[places] ** 2
                total, variance = space.total(getattr(space.tally, name) / space.tally.documents)
                controls.append((values, total / n, variance / n**2))
        columns, means, variances = zip(*in_documents, *in_bytes, strict=True)
        return Controls(np.column_stack(columns), np.array(means), np.array(variances))

    def _keyspace_estimate(self, at: int) -> dict[str, Any] | None:
        """One document for each first key, of all that have one: what a deduplicator by an exact key keeps if it is the
        first, and an upper bound for near-duplicates."""
        space = self._pool.keyspaces[at]
        if not space.keyed:
            return None
        distinct, variance = space.total(np.ones(len(space.tally.key)))
        return asdict(
            Ratio(distinct / space.keyed, variance**0.5 / space.keyed, 0.0, len(space.tally.key)).estimate()
        )

    def _set_sizes(self, at: int) -> list[list[float]]:
        found, decision = self._found, self._found.decisions[at]
        size = np.bincount(decision.label, found.weight * decision.arrives, minlength=len(found.group))
        own = np.round(size[decision.label[self.probes]])[decision.arrives[self.probes]]
        sizes, counts = np.unique(_rounded(np.maximum(own, 1)), return_counts=True)
        each = self._pool.documents / len(self.probes)
        return [[int(k), float(each * m / k)] for k, m in zip(sizes, counts, strict=True)]


def _sum_of(found: Neighbours, values: Values) -> Values:
    """The sum of values over the group of each document."""
    summed = np.bincount(found.group, values, minlength=len(found.group)).astype(np.float64)
    return summed[found.group]


def _rounded(sizes: Values) -> Values:
    digits = 10 ** np.maximum(0, np.floor(np.log10(sizes)) - 1)
    rounded: Values = np.where(sizes > _MOST_SIZES, np.floor(sizes / digits) * digits, sizes)
    return rounded
