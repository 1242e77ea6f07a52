"""Barriers from written parts to drop files, on Beam's runner, against plain definitions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pytest

from filters.kernels import minhash
from pipeline import files
from pipeline.batch import DOCUMENT
from pipeline.dedup.barrier import Part, deduplicate, drop_file
from pipeline.dedup.keepers import DROPS
from pipeline.dedup.parts import matrix
from pipeline.dedup.stages import DedupExact, Deduplicator, DedupMinhash, DedupUrl
from pipeline.engine import Engine

Document = dict[str, Any]


def documents(texts: Sequence[str], **columns: Sequence[Any]) -> list[Document]:
    rows = [{"id": f"d{i}", "source": "s", "text": text} for i, text in enumerate(texts)]
    for name, values in columns.items():
        for row, value in zip(rows, values, strict=True):
            row[name] = value
    return rows


def write_parts(
    folder: Path, stages: list[Deduplicator], docs: list[Document], cuts: Sequence[int]
) -> list[Part]:
    """The documents in order, cut into units at these places; units are numbered 3, 10, 17, ..."""
    parts = []
    for place, (begin, end) in enumerate(zip([0, *cuts], [*cuts, len(docs)], strict=True)):
        batch = pa.RecordBatch.from_pylist(docs[begin:end], schema=DOCUMENT)
        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        for stage in stages:
            columns |= stage.keys(batch)
        unit = 3 + 7 * place
        parts.append(Part(unit, str(folder / f"parts/{unit:06d}.parquet")))
        files.write_table(parts[-1].url, pa.table(columns))
    return parts


def drops(parts: list[Part], out: Path) -> dict[str, str]:
    """Dropped document -> keeper, by id, from the files; checks what every such file has to be."""
    found = {}
    ids = {part.unit: files.read_table(part.url, ["id", "url"]).to_pylist() for part in parts}
    for part in parts:
        table = files.read_table(drop_file(str(out), part.unit))
        assert table.schema.equals(DROPS)
        for row in table.to_pylist():
            keeper = ids[row["keeper"] >> 32][row["keeper"] & 0xFFFFFFFF]
            assert (row["keeper_id"], row["keeper_url"]) == (keeper["id"], keeper["url"])
            assert row["cluster"] <= min(row["keeper"], part.unit << 32 | row["row"])
            found[ids[part.unit][row["row"]]["id"]] = keeper["id"]
        assert table["row"].to_pylist() == sorted(set(table["row"].to_pylist()))
    return found


def run(
    folder: Path, stage: Deduplicator, docs: list[Document], cuts: Sequence[int] = (), **options: Any
) -> tuple[dict[str, str], dict[str, Any]]:
    parts = write_parts(folder, [stage], docs, cuts)
    deduplicate(stage, parts, [], str(folder / "out"), Engine(), **options)
    assert {file.name for file in (folder / "out").iterdir()} == {f"{p.unit:06d}.parquet" for p in parts} | {
        "done.json"
    }
    return drops(parts, folder / "out"), orjson.loads((folder / "out/done.json").read_bytes())


def word(number: int) -> str:
    """A word for each number, without digits: those all count as 0."""
    return "w" + "".join("abcdefghij"[int(digit)] for digit in str(number))


def sentence(draw: np.random.Generator, words: int) -> list[str]:
    return [word(n) for n in draw.integers(0, 5000, words)]


def versions(draw: np.random.Generator, count: int) -> list[str]:
    """A text that is changed in two of its 300 words from one version to the next."""
    text = sentence(draw, 300)
    found = []
    for _ in range(count):
        found.append(" ".join(text))
        for place in draw.integers(0, 300, 2):
            text[place] = word(draw.integers(10**6))
    return found


def corpus(seed: int) -> list[str]:
    """Texts of all sorts: unlike, equal, near, short, empty; shuffled."""
    draw = np.random.default_rng(seed)
    texts = [" ".join(sentence(draw, n)) for n in draw.integers(1, 200, 40)]
    texts += [texts[n] for n in draw.integers(0, 40, 10)]
    texts += [v for _ in range(4) for v in versions(draw, 6)]
    texts += ["", "", "Two words.", "two words", "...", "?!"]
    return [texts[n] for n in draw.permutation(len(texts))]


def plainly(stage: DedupMinhash, texts: list[str]) -> dict[str, str]:
    """The definition: every two documents are compared; the first of a component is kept."""
    keys = stage.keys(pa.RecordBatch.from_pylist(documents(texts), schema=DOCUMENT))
    bands, signatures = keys[stage.column("bands")], keys[stage.column("signature")]
    have = [i for i in range(len(texts)) if bands[i].is_valid]
    shared, values = matrix(bands, np.uint64), matrix(signatures, np.uint32)
    label = {i: i for i in have}
    for a, b in combinations(have, 2):
        if (shared[a] == shared[b]).any() and (values[a] == values[b]).mean() >= stage.threshold:
            low, high = sorted((label[a], label[b]))
            label = {i: low if at == high else at for i, at in label.items()}
    return {f"d{i}": f"d{at}" for i, at in label.items() if i != at}


@pytest.mark.parametrize("cuts, partitions, in_process", [((20, 20, 47), 3, 10**6), ((50,), 2, 3)])
def test_near_duplicates_however_cut(
    tmp_path: Path, cuts: Sequence[int], partitions: int, in_process: int
) -> None:
    texts, stage = corpus(1), DedupMinhash()
    found, done = run(tmp_path, stage, documents(texts), cuts, partitions=partitions, in_process=in_process)
    wanted = plainly(stage, texts)
    assert found == wanted
    assert len(found) > 20
    sizes = sorted(list(wanted.values()).count(k) + 1 for k in set(wanted.values()))[::-1]
    assert done["largest"] == sizes[:10]
    assert (done["clusters"], done["clustered"], done["dropped"]) == (len(sizes), sum(sizes), len(wanted))
    assert done["candidates"] >= done["edges"] > 0


def test_the_files_do_not_depend_on_order_or_partitions(tmp_path: Path) -> None:
    stage = DedupMinhash(keep="longest")
    parts = write_parts(tmp_path, [stage], documents(corpus(2)), (10, 30))
    ways = [(parts, 1), (parts[::-1], 4)]
    for way, (given, partitions) in enumerate(ways):
        deduplicate(stage, given, [], str(tmp_path / str(way)), Engine(), partitions=partitions)
    for part in parts:
        one, other = [Path(drop_file(str(tmp_path / str(way)), part.unit)).read_bytes() for way in range(2)]
        assert one == other


def signed_parts(folder: Path, stage: DedupMinhash, signatures: np.ndarray) -> list[Part]:
    """A part of documents with these signatures (uint32[documents, permutations])."""
    docs = pa.Table.from_pylist(documents(["x"] * len(signatures)), schema=DOCUMENT)
    bands = minhash.band_keys(signatures, stage.bands, stage.rows)
    for name, rows in (("bands", bands), ("signature", signatures)):
        packed = pa.array([row.tobytes() for row in rows], pa.binary(rows.shape[1] * rows.itemsize))
        docs = docs.append_column(stage.column(name), packed)
    docs = docs.append_column(stage.column("rank"), pa.array(np.zeros(len(signatures), np.int64)))
    files.write_table(str(folder / "part.parquet"), docs)
    return [Part(0, str(folder / "part.parquet"))]


@pytest.mark.parametrize("threshold, dropped", [(0.82, 0), (0.0, 59)])
def test_a_chain_of_shared_bands_is_no_set_of_copies(tmp_path: Path, threshold: float, dropped: int) -> None:
    stage = DedupMinhash(threshold=threshold)
    signatures = np.random.default_rng(3).integers(0, 2**32, (60, stage.permutations), np.uint32)
    for row in range(59):
        band = row % stage.bands * stage.rows
        signatures[row + 1, band : band + stage.rows] = signatures[row, band : band + stage.rows]
    deduplicate(stage, signed_parts(tmp_path, stage, signatures), [], str(tmp_path / "out"), Engine())
    done = orjson.loads((tmp_path / "out/done.json").read_bytes())
    assert (done["candidates"], done["dropped"]) == (59, dropped)


def test_a_page_that_stands_everywhere_and_one_that_slowly_changes(tmp_path: Path) -> None:
    draw = np.random.default_rng(4)
    texts = [" ".join(sentence(draw, 50))] * 400 + versions(draw, 100)
    found, done = run(tmp_path, DedupMinhash(), documents(texts), (150,))
    assert found == {f"d{i}": "d0" for i in range(1, 400)} | {f"d{i}": "d400" for i in range(401, 500)}
    assert done["largest"] == [400, 100]
    assert done["candidates"] < 399 + 100 * 99 / 2


def test_similarity_is_that_of_the_signatures(tmp_path: Path) -> None:
    texts = versions(np.random.default_rng(5), 5)
    stage = DedupMinhash(keep="best", by="language_score")
    docs = documents(texts, language_score=[0.1, 0.2, 0.9, 0.2, 0.3])
    parts = write_parts(tmp_path, [stage], docs, (2,))
    deduplicate(stage, parts, [], str(tmp_path / "out"), Engine())
    assert set(drops(parts, tmp_path / "out").values()) == {"d2"}
    table = pa.concat_tables(
        [files.read_table(drop_file(str(tmp_path / "out"), part.unit)) for part in parts]
    )
    values = matrix(
        stage.keys(pa.RecordBatch.from_pylist(docs, schema=DOCUMENT))[stage.column("signature")], np.uint32
    )
    agree = (values == values[2]).mean(axis=1, dtype=np.float64).astype(np.float32)
    assert table["similarity"].to_pylist() == agree[[0, 1, 3, 4]].tolist()


@pytest.mark.parametrize("partitions", [1, 3])
def test_exact_copies(tmp_path: Path, partitions: int) -> None:
    texts = ["a", "b", "A ", "a", "", "", "a", "c"]
    found, done = run(tmp_path, DedupExact(), documents(texts), (3, 6), partitions=partitions)
    assert found == {"d3": "d0", "d6": "d0"}
    shuffled = done.pop("shuffled_bytes")
    assert done == {"clusters": 1, "clustered": 3, "dropped": 2, "largest": [3]} and shuffled > 0


def test_the_newest_of_a_url_stays(tmp_path: Path) -> None:
    docs = documents(
        ["text"] * 7,
        url=[
            "http://a.com/",
            "http://a.com",
            "http://A.com/#b",
            None,
            None,
            "http://b.com/",
            "http://b.com/",
        ],
        date=["2020-01-01", "2021-01-01T00:00:00Z", None, "2022", "2021", "2020", "2020-01-01"],
    )
    found, _ = run(tmp_path, DedupUrl(), docs, (2, 4))
    assert found == {"d0": "d1", "d2": "d1", "d6": "d5"}


def test_rows_dropped_earlier_take_no_part(tmp_path: Path) -> None:
    url, near = DedupUrl(keep="first"), DedupMinhash(keep="longest")
    texts = [
        "one two three four five six",
        "one two three four five six !!",
        "other words",
        "one two three four five six",
    ]
    docs = documents(texts, url=["http://a.com/", "http://a.com/", None, None])
    parts = write_parts(tmp_path, [url, near], docs, (2,))
    first, second = (str(tmp_path / name) for name in ("first", "second"))
    deduplicate(url, parts, [], first, Engine())
    deduplicate(near, parts, [first], second, Engine())
    assert drops(parts, tmp_path / "first") == {"d1": "d0"}
    assert drops(parts, tmp_path / "second") == {"d3": "d0"}


def test_a_barrier_that_was_broken_off_starts_anew(tmp_path: Path) -> None:
    files.write_bytes(str(tmp_path / "out/work/edges/000099.parquet"), b"half a file")
    files.write_bytes(str(tmp_path / "out/000099.parquet"), b"half a file")
    found, _ = run(tmp_path, DedupMinhash(), documents(["same text", "same text"]))
    assert found == {"d1": "d0"}


@pytest.mark.parametrize("stage", [DedupExact(), DedupMinhash()])
def test_nothing_to_deduplicate(tmp_path: Path, stage: Deduplicator) -> None:
    assert run(tmp_path / "empty", stage, [])[0] == {}
    deduplicate(stage, [], [], str(tmp_path / "none"), Engine())
    assert orjson.loads((tmp_path / "none/done.json").read_bytes())["dropped"] == 0
