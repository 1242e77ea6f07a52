"""Random groups are those of the ids, weighted where the sample was drawn by bytes, and audited groups those of the bits."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from pipeline.batch import GROUPS, LENGTH, WEIGHT
from pipeline.ledger import Quantities
from pipeline.tallies.gather import UnitTallies
from pipeline.tallies.groups import GROUP_REPLICATES, LENGTH_CLASSES, by_length, length_classes

NAMES = tuple(f"group {number}" for number in range(64))
documents = st.lists(
    st.tuples(
        st.text(max_size=6),  # id
        st.integers(1, 900),  # tokens
        st.sampled_from(["en", "de", None]),
        st.integers(0, 2**64 - 1) | st.sampled_from([0, 1, 2**63]),  # bits
        st.floats(1, 50),  # weight
        st.booleans(),  # whether the filter lets it through
    ),
    max_size=20,
)


def gather(written: list[tuple[object, ...]], size: int, weighted: bool) -> pa.Table:
    """Two stages, of which the second lets some documents through: the last one of the run."""
    gathered = UnitTallies(67, NAMES)
    for start in range(0, len(written), size):
        ids, tokens, languages, bits, weight, stays = (
            list(column) for column in zip(*written[start : start + size], strict=True)
        )
        columns = {"id": pa.array(ids, pa.string()), "url": pa.nulls(len(ids), pa.string())}
        columns[GROUPS] = pa.array(bits, pa.uint64())
        columns[LENGTH] = pa.array(length_classes(np.array(tokens, np.int64) * 4))
        if weighted:
            columns[WEIGHT] = pa.array(weight, pa.float64())
        gathered.begin_batch(pa.RecordBatch.from_pydict(columns))
        numbers = np.array(tokens, np.int64)
        amounts, rows = Quantities(numbers * 4, numbers, numbers), np.arange(len(ids))
        kept = np.flatnonzero(stays)
        gathered.passed("read", "in", rows, amounts)
        gathered.passed("read", "out", rows, amounts)
        gathered.passed("tokenize", "in", kept, amounts[kept])
        gathered.passed("tokenize", "out", kept, amounts[kept])
        gathered.end_batch(pa.array(languages, pa.string()))
    return gathered.table()


def length_class(length: int) -> int:
    return min(max(length.bit_length() - 5, 0), 15)


def tokens_of(table: pa.Table, kind: str, *keys: str) -> Counter[tuple[object, ...]]:
    found: Counter[tuple[object, ...]] = Counter()
    for row in table.to_pylist():
        if row["kind"] == kind and row["tokens"]:
            found[tuple(row[key] for key in keys)] += row["tokens"]
    return found


@given(documents, st.integers(1, 20), st.booleans())
def test_they_are_those_of_plain_python(written: list[tuple[object, ...]], size: int, weighted: bool) -> None:
    table = gather(written, size, weighted)
    replicates: dict[tuple[object, ...], float] = {}
    units: Counter[tuple[object, ...]] = Counter()
    groups: Counter[tuple[object, ...]] = Counter()
    for id_, tokens, language, bits, weight, stays in written:
        random = xxhash.xxh3_64_intdigest(id_.encode()) % 64  # type: ignore[attr-defined]
        for stage, outcome in (("read", "in"), ("read", "out"), ("tokenize", "in"), ("tokenize", "out"))[
            : 4 if stays else 2
        ]:
            end = (stage, outcome) in (("read", "in"), ("tokenize", "out"))
            key = (stage, outcome, (language or "und") if end else "", random)
            replicates[key] = replicates.get(key, 0) + tokens * (weight if weighted else 1)  # type: ignore[operator]
            units[stage, outcome, "", 67 % 64] += tokens  # type: ignore[assignment]
            for number, name in enumerate(NAMES):
                if bits >> number & 1:  # type: ignore[operator]
                    place = 16 * (random % 16) + length_class(tokens * 4) if end else -1  # type: ignore[operator]
                    groups[stage, outcome, name, place] += tokens  # type: ignore[assignment]
    keys = ("stage", "name", "other", "place")
    found = tokens_of(table, "replicate", *keys)
    assert set(found) == set(replicates)
    for key, tokens in replicates.items():
        assert abs(found[key] - tokens) <= 0.5 + 1e-6
    assert tokens_of(table, "unit", *keys) == units
    assert tokens_of(table, "group", *keys) == groups


def test_a_weight_counts_documents_too() -> None:
    table = gather([("a", 10, "en", 0, 2.5, True), ("b", 20, "en", 0, 1.6, True)], 2, True)
    rows = [
        r for r in table.to_pylist() if (r["kind"], r["stage"], r["name"]) == ("replicate", "read", "out")
    ]
    assert sorted((r["documents"], r["tokens"]) for r in rows) == [(2, 25), (2, 32)]
    lengths = [r for r in table.to_pylist() if (r["kind"], r["stage"]) == ("length", "read")]
    assert sum(r["documents"] for r in lengths) == 2  # of the sample itself


@given(st.lists(st.integers(0, 2**40) | st.integers(0, 45).map(lambda power: 2**power), max_size=50))
def test_a_class_is_a_doubling(lengths: list[int]) -> None:
    assert length_classes(np.array(lengths, np.int64)).tolist() == [length_class(n) for n in lengths]


@given(st.dictionaries(st.tuples(st.integers(0, 15), st.integers(0, 15)), st.integers(1, 9)))
def test_places_are_read_as_they_were_written(amounts: dict[tuple[int, int], int]) -> None:
    places = np.array([random * LENGTH_CLASSES + length for random, length in amounts], np.int64)
    found = by_length(places, np.array(list(amounts.values()), np.int64))
    assert found.shape == (GROUP_REPLICATES, LENGTH_CLASSES) and found.sum() == sum(amounts.values())
    assert all(found[at] == amount for at, amount in amounts.items())
