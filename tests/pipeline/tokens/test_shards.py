import functools
import hashlib
import itertools
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.engine import Engine
from pipeline.tokens import merge, runs, shards
from pipeline.tokens.config import Shards
from pipeline.tokens.merge import _write_index, write_merged
from pipeline.tokens.runs import TokenRuns
from pipeline.tokens.shards import Shard, Summary, finish, plan_shards, write_shard, write_shards
from pipeline.tokens.tokenizer import TokenizerInfo

END = 99
TOKENIZER = TokenizerInfo(vocabulary_size=100, end_of_text_id=END)
Documents = list[tuple[str, list[int]]]
documents = st.lists(st.tuples(st.text(max_size=3), st.lists(st.integers(0, 98), max_size=20)), max_size=40)


def write_runs(
    folder: Path, given_documents: Documents, cuts: list[int], seed: int, token: pa.DataType = TOKENIZER.type
) -> Path:
    """The documents in units that are cut at these places; the folder."""
    bounds = [0, *sorted(min(cut, len(given_documents)) for cut in cuts), len(given_documents)]
    for unit, (start, stop) in enumerate(itertools.pairwise(bounds)):
        writer = TokenRuns(str(folder), f"{unit:06d}", seed)
        for at in range(start, stop, 7):
            part = given_documents[at : min(at + 7, stop)]
            rows = np.arange(at - start, at - start + len(part), dtype=np.uint64) + np.uint64(unit << 32)
            tokens = pa.array([ids for _, ids in part], pa.large_list(token))
            writer.add(pa.array([name for name, _ in part], pa.string()), rows, tokens)
        writer.close()
    return folder


def totals(given_documents: Documents) -> tuple[int, int]:
    return len(given_documents), sum(len(ids) for _, ids in given_documents)


def write_here(runs_folder: Path, given_documents: Documents, config: Shards, out: Path) -> Summary:
    """What `write_shards` does, in this process: a pipeline for each example would take seconds."""
    plan = plan_shards(str(runs_folder), *totals(given_documents), config, TOKENIZER, str(out))
    if plan.merge is not None:
        _write_index(plan.merge)
        for number in plan.merge.missing():
            write_merged(plan.merge, number)
    for number in range(plan.count):
        write_shard(plan, number)
    finish(plan, *totals(given_documents))
    return Summary(
        tuple(Shard(**shard) for shard in json.loads((out / "summary.json").read_text())["shards"])
    )


def rows_of(out: Path) -> Iterator[list[dict[str, Any]]]:
    for path in sorted(out.glob("*.arrow")):
        with pa.ipc.open_stream(path.read_bytes()) as stream:
            yield stream.read_all().to_pylist()


def unpack(rows: list[dict[str, Any]]) -> Documents:
    """The documents of one packed shard, from its rows alone."""
    found: Documents = []
    ids: list[int] = []
    for row in rows:
        assert sum(row["lengths"]) == len(row["input_ids"])
        start = 0
        for name, length in zip(row["doc_ids"], row["lengths"], strict=True):
            ids += row["input_ids"][start : start + length]
            start += length
            if ids[-1] == END:
                found.append((name, ids[:-1]))
                ids = []
    assert not ids
    return found


def count(given_documents: Documents) -> Counter[tuple[str, tuple[int, ...]]]:
    return Counter((name, tuple(ids)) for name, ids in given_documents)


def hashes(folder: Path) -> dict[str, str]:
    """Every file that a reader sees, with its SHA-256."""
    files = [path for path in folder.iterdir() if path.is_file()]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@given(
    documents,
    st.integers(1, 25),
    st.booleans(),
    st.integers(0, 2**64 - 1),
    st.integers(1, 300),
    st.lists(st.integers(0, 40), max_size=3),
    st.lists(st.integers(0, 40), max_size=3),
)
@settings(max_examples=60)
def test_every_token_of_every_document_is_in_the_shards_once(
    tmp_path_factory: pytest.TempPathFactory,
    documents: Documents,
    context_length: int,
    pack: bool,
    seed: int,
    tokens_per_shard: int,
    cuts: list[int],
    other_cuts: list[int],
) -> None:
    """And cutting the input into other units, runs and slices gives the same bytes."""
    folder = tmp_path_factory.mktemp("shards")
    config = Shards(pack=pack, context_length=context_length, seed=seed, tokens_per_shard=tokens_per_shard)
    summary = write_here(write_runs(folder / "a", documents, cuts, seed), documents, config, folder / "one")
    rows = list(rows_of(folder / "one"))
    if pack:
        found = [document for shard in rows for document in unpack(shard)]
        assert all(len(row["input_ids"]) == context_length for shard in rows for row in shard[:-1])
    else:
        found = [(row["doc_id"], row["input_ids"]) for shard in rows for row in shard]
    assert count(found) == count(documents)
    assert (summary.documents, summary.tokens) == totals(documents)
    assert summary.separators == (len(documents) if pack else 0)
    assert summary.rows == sum(len(shard) for shard in rows)
    assert len(summary.shards) == max(1, -(-(summary.tokens + summary.separators) // tokens_per_shard))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "RUN_BYTES", 300)
        patch.setattr(runs, "BATCH_BYTES", 100)
        other = write_runs(folder / "b", documents, other_cuts, seed)
        write_here(other, documents, config, folder / "two")
        assert hashes(folder / "two") == hashes(folder / "one")


@pytest.mark.parametrize("slice_tokens", [7, 50, 1000])
def test_slices_change_no_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slice_tokens: int) -> None:
    found = write_runs(tmp_path / "runs", some_documents(), [20, 40], 0)
    config = Shards(context_length=16, tokens_per_shard=500)
    write_here(found, some_documents(), config, tmp_path / "one")
    monkeypatch.setattr(shards, "SLICE_TOKENS", slice_tokens)
    write_here(found, some_documents(), config, tmp_path / "two")
    assert list(rows_of(tmp_path / "one")) == list(rows_of(tmp_path / "two"))


def some_documents(number: int = 100) -> Documents:
    return [(f"d{at}", [(at * step) % 98 for step in range(at % 40)]) for at in range(number)]


@given(
    documents.filter(lambda given_documents: len(given_documents) > 3),
    st.booleans(),
    st.integers(1, 300),
    st.integers(0, 9),
    st.sampled_from([7, 40, 1000]),
)
@settings(max_examples=30)
def test_merging_runs_first_changes_no_byte(
    tmp_path_factory: pytest.TempPathFactory,
    documents: Documents,
    pack: bool,
    tokens_per_shard: int,
    most_runs: int,
    slice_tokens: int,
) -> None:
    """Whatever the number of groups, pieces and slices; and each slice is read from one file of each group."""
    folder = tmp_path_factory.mktemp("shards")
    config = Shards(pack=pack, context_length=8, tokens_per_shard=tokens_per_shard)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "RUN_BYTES", 300)
        patch.setattr(runs, "BATCH_BYTES", 100)
        patch.setattr(shards, "SLICE_TOKENS", slice_tokens)
        found = write_runs(folder / "runs", documents, list(range(1, len(documents), 2)), 0)
        write_here(found, documents, config, folder / "plain")
        assert not (found / "merged").exists()
        patch.setattr(merge, "MOST_RUNS", most_runs)
        count = len(list(found.glob("*.arrow")))
        write_here(found, documents, config, folder / "merged")
        assert (found / "merged").exists() == (count > most_runs)
        if count > most_runs:
            plan = plan_shards(str(found), *totals(documents), config, TOKENIZER, str(folder / "merged"))
            assert len(plan.sources(0)) ** 2 < count + 2 * len(plan.sources(0))
    assert hashes(folder / "merged") == hashes(folder / "plain")


def test_runs_are_merged_on_the_engine_and_only_what_is_missing_is_merged_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = write_runs(tmp_path / "runs", some_documents(), list(range(10, 100, 10)), 0)
    config = Shards(context_length=16, tokens_per_shard=500)
    monkeypatch.setattr(shards, "SLICE_TOKENS", 200)
    written = functools.partial(write_shards, str(found), *totals(some_documents()), config, TOKENIZER)
    plain = written(str(tmp_path / "plain"), Engine())
    monkeypatch.setattr(merge, "MOST_RUNS", 3)
    assert written(str(tmp_path / "merged"), Engine()) == plain
    assert hashes(tmp_path / "merged") == hashes(tmp_path / "plain")
    pieces = sorted((found / "merged").glob("*.arrow"))
    assert len(pieces) > 4
    content = {piece: piece.read_bytes() for piece in pieces}
    before = {piece: piece.stat().st_mtime_ns for piece in pieces}
    pieces[2].unlink()
    assert written(str(tmp_path / "again"), Engine()) == plain
    assert {piece: piece.read_bytes() for piece in pieces} == content
    again = {piece for piece in pieces if piece.stat().st_mtime_ns != before[piece]}
    assert again == {pieces[2]}


def test_any_number_of_workers_gives_the_same_bytes_and_a_rerun_does_nothing(tmp_path: Path) -> None:
    found = write_runs(tmp_path / "runs", some_documents(), [30], 3)
    config = Shards(context_length=32, tokens_per_shard=400, seed=3)
    written = functools.partial(write_shards, str(found), *totals(some_documents()), config, TOKENIZER)
    one = written(str(tmp_path / "one"), Engine(workers=1))
    two = written(str(tmp_path / "two"), Engine(workers=2))
    assert one == two
    assert hashes(tmp_path / "one") == hashes(tmp_path / "two")
    assert len(one.shards) > 3
    for shard in one.shards:
        assert hashes(tmp_path / "one")[shard.file] == shard.sha256

    def moments() -> dict[str, int]:
        return {
            path.name: path.stat().st_mtime_ns for path in (tmp_path / "one").rglob("*") if path.is_file()
        }

    before = moments()
    assert written(str(tmp_path / "one"), Engine()) == one
    assert moments() == before

    # Killed after some shards: those stay as they are, the rest is written.
    lost = one.shards[1].file
    for name in ("state.json", "dataset_info.json", "summary.json", lost):
        (tmp_path / "one" / name).unlink()
    assert written(str(tmp_path / "one"), Engine()) == one
    assert hashes(tmp_path / "one") == hashes(tmp_path / "two")
    kept = {shard.file for shard in one.shards} - {lost}
    assert {name: moment for name, moment in moments().items() if name in kept} == {
        name: moment for name, moment in before.items() if name in kept
    }


def test_shards_that_do_not_hold_what_the_ledger_says_fail_the_run(tmp_path: Path) -> None:
    found = write_runs(tmp_path / "runs", some_documents(), [], 0)
    number, tokens = totals(some_documents())
    with pytest.raises(RuntimeError, match=f"hold {number} documents of {tokens} tokens, the ledger has"):
        write_shards(str(found), number, tokens + 1, Shards(), TOKENIZER, str(tmp_path / "out"), Engine())
    assert not (tmp_path / "out" / "state.json").exists()


@pytest.fixture
def datasets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    datasets.disable_progress_bars()
    return datasets


@pytest.mark.parametrize("pack", [True, False])
@pytest.mark.parametrize("given_documents", [some_documents(), []], ids=["documents", "nothing"])
@pytest.mark.parametrize("size", [100, 100_000])
def test_datasets_opens_the_shards(
    datasets: Any, tmp_path: Path, pack: bool, given_documents: Documents, size: int
) -> None:
    out = tmp_path / "shards"
    tokenizer = TokenizerInfo(vocabulary_size=size, end_of_text_id=END)
    found = write_runs(tmp_path / "runs", given_documents, [50], 0, tokenizer.type)
    config = Shards(pack=pack, context_length=64, tokens_per_shard=500)
    write_shards(str(found), *totals(given_documents), config, tokenizer, str(out), Engine())
    expected = [row for shard in rows_of(out) for row in shard]
    names = sorted(str(path) for path in out.glob("data-*.arrow"))
    load = functools.partial(
        datasets.load_dataset, "arrow", data_files=names, split="train", cache_dir=str(tmp_path / "cache")
    )

    from_disk = datasets.load_from_disk(str(out))
    assert from_disk.to_list() == expected
    if expected:  # `datasets` refuses to load a split without rows, whatever wrote it
        assert load().to_list() == expected
        assert load().features == from_disk.features
    assert list(load(streaming=True)) == expected
    assert [row for name in names for row in datasets.Dataset.from_file(name)] == expected
    assert str(from_disk.features["input_ids"].feature.dtype) == ("uint16" if size == 100 else "uint32")
    assert from_disk.features == datasets.Dataset.from_file(names[0]).features
    assert from_disk._fingerprint == datasets.load_from_disk(str(out))._fingerprint
