"""Decisions about a few documents are those of the barriers."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from barriers import crawl, documents, drops, write_parts

from pipeline.batch import DOCUMENT
from pipeline.dedup.barrier import deduplicate
from pipeline.dedup.stages import DedupExact, Deduplicator, DedupMinhash, DedupUrl
from pipeline.engine import Engine
from pipeline.planning.probe.groups import decide, keepers, related, survivors
from pipeline.planning.probe.keyfiles import Keys, least_agreement, low_bytes

CHAINS: list[list[Deduplicator]] = [
    [DedupUrl(), DedupExact(), DedupMinhash()],
    [DedupMinhash(keep="longest"), DedupExact(white_space=True), DedupUrl(keep="oldest")],
]


def keys_of(stages: list[Deduplicator], docs: list[dict]) -> list[Keys]:
    batch = pa.RecordBatch.from_pylist(docs, schema=DOCUMENT)
    found = []
    for stage in stages:
        columns = stage.keys(batch)
        if isinstance(stage, DedupMinhash):
            columns[stage.column("signature")] = low_bytes(columns[stage.column("signature")])
        found.append(Keys.of(stage, pa.table(columns)))
    return found


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("stages", CHAINS)
def test_as_barrier_after_barrier(tmp_path: Path, stages: list[Deduplicator], seed: int) -> None:
    docs = crawl(seed)
    parts = write_parts(tmp_path, stages, docs, (30, 71))
    earlier: list[str] = []
    decisions = decide(keys_of(stages, docs), np.full(len(docs), len(stages), np.int8))
    for stage, decision in zip(stages, decisions, strict=True):
        out = tmp_path / stage.label
        deduplicate(stage, parts, earlier, str(out), Engine())
        earlier.append(str(out))
        goes = np.flatnonzero(decision.arrives & ~decision.stays)
        assert {f"d{i}": f"d{decision.keeper[i]}" for i in goes} == drops(parts, out)
        assert len(goes) > 0


def test_nobody_decides_about_what_does_not_arrive() -> None:
    docs = documents(["same text here", "same text here", "same text here"])
    (decision,) = decide(keys_of([DedupExact()], docs), np.array([0, 1, 1], np.int8))
    assert decision.arrives.tolist() == [False, True, True]
    assert decision.keeper.tolist() == [0, 1, 1]


def test_who_is_related_through_any_deduplicator() -> None:
    docs = documents(["a b c", "a b c", "d e f", "d e f", "g"], url=["u", None, "u", None, None])
    keys = keys_of([DedupUrl(), DedupExact()], docs)
    reach = np.full(5, 2, np.int8)
    decisions = decide(keys, reach)
    assert related(keys, reach, decisions).tolist() == [0, 0, 0, 0, 4]
    assert survivors(decisions, 5).tolist() == [0, 0, 0, 3, 4]


def test_the_highest_rank_stays_and_of_equals_the_first() -> None:
    label, rank = np.array([0, 0, 2, 0, 2]), np.array([1, 5, 3, 5, 3])
    assert keepers(label, rank).tolist() == [1, 1, 2, 1, 2]


def test_eight_bits_agree_a_little_more_often() -> None:
    assert least_agreement(0.82, 256) == 210
    assert least_agreement(0.8, 10) == 8
    assert least_agreement(0.5, 4096) == 2048 + 8
    assert least_agreement(1, 256) == 256
