"""Both ways to components against a plain search of the graph."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import files
from pipeline.dedup.components import Numbered, labels_of, large_star, small_star, write_labels
from pipeline.engine import Engine

EDGES = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 30)).filter(lambda e: e[0] != e[1]), max_size=40
)


def searched(edges: list[tuple[int, int]]) -> dict[int, int]:
    """The smallest node of the component of every node that is not the smallest itself."""
    labels: dict[int, int] = {}
    for start in sorted({node for edge in edges for node in edge}):
        if start in labels:
            continue
        component = {start}
        while more := {n for edge in edges if component & set(edge) for n in edge} - component:
            component |= more
        labels |= dict.fromkeys(component, start)
    return {node: label for node, label in labels.items() if node != label}


def columns(edges: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    array = np.array([(min(e) + 2**60, max(e) + 2**60) for e in edges], np.uint64).reshape(-1, 2)
    return array[:, 0], array[:, 1]


@given(EDGES)
def test_union_find(edges: list[tuple[int, int]]) -> None:
    node, label = labels_of(*columns(edges))
    found = dict(zip((node - 2**60).tolist(), (label - 2**60).tolist(), strict=True))
    assert found == searched(edges)


@given(EDGES)
def test_alternating_stars_come_to_the_same_labels(edges: list[tuple[int, int]]) -> None:
    now, before = {(max(e), min(e)) for e in edges}, None
    while now != before:
        before = now
        ends = np.array([*now, *((b, a) for a, b in now)], np.uint64).reshape(-1, 2)
        stars = np.unique(np.stack(large_star(ends[:, 0], ends[:, 1])), axis=1)
        now = set(zip(*(end.tolist() for end in small_star(*stars)), strict=True))
    assert dict(now) == searched(edges)


@pytest.mark.parametrize("partitions", [1, 3])
def test_rounds_in_beam_give_the_labels_of_one_process(tmp_path: Path, partitions: int) -> None:
    draw = np.random.default_rng(5)
    chain = [(i, i + 1) for i in range(100, 160)]
    edges = [*chain, *((a, b) for a, b in draw.integers(0, 80, (50, 2)).tolist() if a != b)]
    left, right = columns(edges)
    given_edges = Numbered(str(tmp_path / "edges"), 5)  # of which three have no file
    for number, half in ((1, slice(0, 40)), (4, slice(40, None))):
        table = pa.table({"left": left[half], "right": right[half]})
        files.write_table(str(tmp_path / f"edges/{number:06d}.parquet"), table)
    work = str(tmp_path / "work")
    found, tallies = write_labels(given_edges, len(edges), work, Engine(), partitions, in_process=10)
    table = pa.concat_tables(map(files.read_table, files.list_files(found.folder, ".parquet")))
    label = dict(
        zip(
            (table["node"].to_numpy() - 2**60).tolist(),
            (table["label"].to_numpy() - 2**60).tolist(),
            strict=True,
        )
    )
    assert label == searched(edges)
    assert found.count == partitions
    assert all(tally["shuffled"]["large star"]["bytes"] > 0 for tally in tallies)
