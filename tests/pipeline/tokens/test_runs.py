import itertools
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.tokens import runs
from pipeline.tokens.runs import LAST_KEY, TokenRuns, read_range, shuffle_keys, spans

documents = st.lists(
    st.tuples(st.text(max_size=3), st.lists(st.integers(0, 65_535), max_size=30)), max_size=30
)
Documents = list[tuple[str, list[int]]]


def write(folder: Path, given_documents: Documents, call_size: int = 5, seed: int = 0) -> list[str]:
    writer = TokenRuns(str(folder), "000007", seed)
    for start in range(0, len(given_documents), call_size):
        part = given_documents[start : start + call_size]
        ids = pa.array([name for name, _ in part], pa.string())
        rows = np.arange(start, start + len(part), dtype=np.uint64) + np.uint64(7 << 32)
        writer.add(ids, rows, pa.array([tokens for _, tokens in part], pa.large_list(pa.uint16())))
    return writer.close()


@given(
    documents, st.integers(1, 10), st.integers(0, 2**64 - 1), st.lists(st.integers(0, LAST_KEY), max_size=4)
)
def test_ranges_of_the_runs_are_the_documents(
    tmp_path_factory: pytest.TempPathFactory, documents: Documents, call_size: int, seed: int, cuts: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "RUN_BYTES", 200)
        patch.setattr(runs, "BATCH_BYTES", 100)
        urls = write(folder, documents, call_size, seed)
    assert urls == [str(folder / f"000007-{number:04d}.arrow") for number in range(len(urls))]
    assert (not urls) == (not documents)
    keys = shuffle_keys(pa.array([name for name, _ in documents], pa.string()), seed).tolist()
    expected = [(keys[at], (7 << 32) + at, *document) for at, document in enumerate(documents)]

    bounds = [0, *sorted({*cuts, *keys[:2]} - {0}), LAST_KEY + 1]
    found = []
    for url in urls:
        in_run = []
        for first, after in itertools.pairwise(bounds):
            read = list(map(tuple, zip(*read_range(url, first, after - 1).to_pydict().values(), strict=True)))
            assert all(first <= row[0] < after for row in read)
            in_run += read
        assert in_run == sorted(in_run, key=lambda row: row[:2])
        found += in_run
    assert sorted(found) == sorted(expected)


def test_only_the_batches_of_the_range_are_read(tmp_path: Path) -> None:
    many = [(str(number), [number % 7] * 10_000) for number in range(1000)]  # 20 MB
    (url,) = write(tmp_path, many, 100)
    with pa.ipc.open_file(url) as run:
        assert 75 <= run.num_record_batches <= 85
    whole = Path(url).read_bytes()
    keys = np.sort(shuffle_keys(pa.array([name for name, _ in many]), 0))
    # Every byte between the first batches and the footer is destroyed: the start still reads.
    footer = len(whole) - 100_000
    Path(url).write_bytes(whole[: len(whole) // 5] + b"\xff" * (footer - len(whole) // 5) + whole[footer:])
    assert read_range(url, 0, int(keys[20])).num_rows == 21


def test_memory_is_that_of_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "RUN_BYTES", 1_000_000)
    many = [(str(number), [1] * 1000) for number in range(4000)]  # 8 MB
    before = pa.total_allocated_bytes()
    writer = TokenRuns(str(tmp_path), "000000", 0)
    tokens = pa.array([tokens for _, tokens in many[:100]], pa.large_list(pa.uint16()))
    for start in range(0, 4000, 100):
        ids = pa.array([name for name, _ in many[start : start + 100]])
        writer.add(ids, np.arange(start, start + 100, dtype=np.uint64), tokens)
        assert pa.total_allocated_bytes() - before < 2_500_000
    assert 7 <= len(writer.close()) <= 9


@given(st.lists(st.integers(0, 50)), st.integers(1, 60))
def test_spans_cover_every_row_once_and_are_about_the_size(weights: list[int], size: int) -> None:
    found = list(spans(np.array(weights, np.int64), size))
    assert [row for start, stop in found for row in range(start, stop)] == list(range(len(weights)))
    assert all(sum(weights[start : stop - 1]) < size for start, stop in found)


def test_the_shuffle_depends_on_the_seed() -> None:
    ids = pa.array([str(number) for number in range(50)])
    orders = {tuple(np.argsort(shuffle_keys(ids, seed)).tolist()) for seed in range(5)}
    assert len(orders) == 5
