"""A page that stands everywhere: the result is that of the definition, and what is sent grows with the groups of parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from barriers import Document, corpus, documents, plainly, run, sentence
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.dedup.stages import DedupExact, Deduplicator, DedupMinhash

STAGES = st.sampled_from([DedupExact, DedupMinhash]).flatmap(
    lambda kind: st.sampled_from([kind(), kind(keep="longest"), kind(keep="best", by="language_score")])
)


def planted(seed: int, share: float) -> list[Document]:
    """Documents of which about this share are one page, its capital letters changed here and there."""
    draw = np.random.default_rng(seed)
    texts = corpus(seed)
    page = " ".join(sentence(draw, 40))
    copies = [draw.choice([page, page, page.upper()]) for _ in range(int(share / (1 - share) * len(texts)))]
    texts = [[*texts, *copies][at] for at in draw.permutation(len(texts) + len(copies))]
    return documents(texts, language_score=draw.integers(0, 4, len(texts)).tolist())


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    stage=STAGES,
    seed=st.integers(0, 1000),
    share=st.sampled_from([0.2, 0.6]),
    cuts=st.lists(st.integers(0, 90), max_size=6).map(sorted),
    layout=st.fixed_dictionaries({"partitions": st.integers(1, 5), "group": st.integers(1, 4)}),
)
def test_a_planted_page_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    stage: Deduplicator,
    seed: int,
    share: float,
    cuts: list[int],
    layout: dict[str, int],
) -> None:
    docs = planted(seed, share)
    found, done = run(tmp_path_factory.mktemp("barrier"), stage, docs, cuts, **layout)
    assert found == plainly(stage, docs)
    assert done["dropped"] == len(found) and done["largest"][0]["documents"] > share / 2 * len(docs)


def shuffled(folder: Path, stage: Deduplicator, copies: int) -> dict[str, Any]:
    """What was sent for ten documents and this many copies of one page in each of four parts."""
    draw = np.random.default_rng(7)
    page = " ".join(sentence(draw, 30))
    texts = []
    for _ in range(4):
        texts += [" ".join(sentence(draw, 30)) for _ in range(10)] + [page] * copies
    cuts = [len(texts) // 4 * at for at in (1, 2, 3)]
    _, done = run(folder, stage, documents(texts), cuts, partitions=2)
    assert done["dropped"] == 4 * copies - 1
    found: dict[str, Any] = done["shuffled"]
    return found


@pytest.mark.parametrize("stage", [DedupExact(), DedupMinhash()])
def test_a_hot_page_is_sent_once_by_each_part(tmp_path: Path, stage: Deduplicator) -> None:
    few, many = (shuffled(tmp_path / str(copies), stage, copies) for copies in (5, 1000))
    assert few.keys() == many.keys()
    for step, sent in many.items():
        # The same entries; numbers of documents and rows in them may take a byte more each.
        assert few[step]["bytes"] > 0 or sent["bytes"] == 0
        assert sent["bytes"] < 1.3 * few[step]["bytes"] + 100
