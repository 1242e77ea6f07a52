"""Barriers from written parts to drop files, on Beam's runner, against plain definitions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pytest
from barriers import corpus, documents, drops, plainly, run, sentence, versions, write_parts

from pipeline import files
from pipeline.batch import DOCUMENT, TOKENS
from pipeline.dedup.barrier import Parts, deduplicate, drop_file
from pipeline.dedup.parts import matrix
from pipeline.dedup.stages import DedupExact, Deduplicator, DedupMinhash, DedupUrl
from pipeline.engine import Engine


def sets_of(drops: dict[str, str]) -> dict[str, list[str]]:
    """The documents of each set, by the one that stays."""
    sets: dict[str, list[str]] = {keeper: [keeper] for keeper in drops.values()}
    for gone, keeper in drops.items():
        sets[keeper].append(gone)
    return sets


@pytest.mark.parametrize("cuts, partitions, in_process", [((20, 20, 47), 3, 10**6), ((50,), 2, 3)])
def test_near_duplicates_however_cut(
    tmp_path: Path, cuts: Sequence[int], partitions: int, in_process: int
) -> None:
    texts, stage = corpus(1), DedupMinhash()
    found, done = run(tmp_path, stage, documents(texts), cuts, partitions=partitions, in_process=in_process)
    wanted = plainly(stage, documents(texts))
    assert found == wanted
    assert len(found) > 20
    sets = sets_of(wanted)
    tokens = {keeper: sum(len(texts[int(member[1:])]) for member in sets[keeper]) for keeper in sets}
    largest = sorted(sets, key=lambda keeper: (-len(sets[keeper]), int(keeper[1:])))[:10]
    assert done["largest"] == [
        {"documents": len(sets[k]), "tokens": tokens[k], "id": k, "url": None, "urls": []} for k in largest
    ]
    sizes = Counter(map(len, sets.values()))
    assert done["sizes"] == [
        [size, count, sum(tokens[keeper] for keeper in sets if len(sets[keeper]) == size)]
        for size, count in sorted(sizes.items())
    ]
    clustered = sum(map(len, sets.values()))
    assert (done["clusters"], done["clustered"], done["dropped"]) == (len(sets), clustered, len(wanted))
    assert done["candidates"] >= done["edges"] > 0


@pytest.mark.parametrize(
    "stage", [DedupMinhash(keep="longest"), DedupExact(keep="best", by="language_score")]
)
def test_the_files_do_not_depend_on_groups_or_partitions(tmp_path: Path, stage: Deduplicator) -> None:
    texts = corpus(2)
    scores = np.random.default_rng(2).random(len(texts)).tolist()
    urls = [None if at % 5 == 0 else f"http://a.com/{at % 40}" for at in range(len(texts))]
    docs = documents(texts, language_score=scores, url=urls)
    parts = write_parts(tmp_path, [stage], docs, (10, 30, 31, 60))
    ways: list[dict[str, Any]] = [
        {"partitions": 1},
        {"partitions": 4, "group": 2},
        {"group": 5, "in_process": 0},
    ]
    found = []
    for way, options in enumerate(ways):
        out = tmp_path / str(way)
        deduplicate(stage, parts, [], str(out), Engine(), **options)
        content = {file.name: file.read_bytes() for file in sorted(out.iterdir())}
        done = orjson.loads(content.pop("done.json"))
        del done["shuffled"]
        found.append((content, list(done.items())))
    assert found[0] == found[1] == found[2]
    done = dict(found[0][1])
    assert done["dropped"] > 5 and max(len(entry["urls"]) for entry in done["largest"]) > 1


def signed_parts(folder: Path, stage: DedupMinhash, signatures: np.ndarray) -> Parts:
    """A part of documents with these signatures (uint32[documents, permutations])."""
    docs = pa.Table.from_pylist(documents(["x"] * len(signatures)), schema=DOCUMENT)
    keys = stage.signed_keys(signatures, np.zeros(len(signatures), np.bool_))
    for name, column in (keys | {"rank": pa.array(np.zeros(len(signatures), np.int64))}).items():
        docs = docs.append_column(stage.column(name), column)
    docs = docs.append_column(TOKENS, pa.array(np.ones(len(signatures), np.int64)))
    parts = Parts(str(folder / "parts"), 1)
    files.write_table(parts.url(0), docs)
    return parts


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
    assert [(entry["documents"], entry["id"]) for entry in done["largest"]] == [(400, "d0"), (100, "d400")]
    assert done["candidates"] < 399 + 100 * 99 / 2


def test_similarity_is_that_of_the_signatures(tmp_path: Path) -> None:
    texts = versions(np.random.default_rng(5), 5)
    stage = DedupMinhash(keep="best", by="language_score")
    docs = documents(texts, language_score=[0.1, 0.2, 0.9, 0.2, 0.3])
    parts = write_parts(tmp_path, [stage], docs, (2,))
    deduplicate(stage, parts, [], str(tmp_path / "out"), Engine())
    assert set(drops(parts, tmp_path / "out").values()) == {"d2"}
    table = pa.concat_tables([files.read_table(drop_file(str(tmp_path / "out"), unit)) for unit in range(2)])
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
    shuffled = done.pop("shuffled")
    largest = [{"documents": 3, "tokens": 3, "id": "d0", "url": None, "urls": []}]
    assert done == {"clusters": 1, "clustered": 3, "dropped": 2, "sizes": [[3, 1, 3]], "largest": largest}
    assert shuffled["choose keepers"]["bytes"] >= shuffled["choose keepers"]["inbox"] > 0


def test_the_largest_sets_name_the_first_urls_that_went(tmp_path: Path) -> None:
    kept, gone = "http://a.com/keeps", [None, *(f"http://a.com/{at // 2}" for at in range(8))]
    docs = documents(["same"] * 10, url=[kept, *gone], date=["2021"] + ["2020"] * 9)
    for cuts in ((), (2, 3, 7)):
        _, done = run(tmp_path / str(len(cuts)), DedupExact(keep="newest"), docs, cuts)
        urls = [f"http://a.com/{at}" for at in range(3)]
        entry = {"documents": 10, "tokens": 40, "id": "d0", "url": kept, "urls": urls}
        assert done["largest"] == [entry]


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
    deduplicate(stage, Parts(str(tmp_path / "parts"), 0), [], str(tmp_path / "none"), Engine())
    assert orjson.loads((tmp_path / "none/done.json").read_bytes())["dropped"] == 0
