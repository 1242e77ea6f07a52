"""Samples: how they are drawn, what is in their files, and that a run takes them."""

import io
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from pipeline.engine import Engine
from pipeline.errors import AssayError, UserError
from pipeline.planning import sample as sampling
from pipeline.planning.sample import Draw, parse_draw, parse_number
from pipeline.planning.sampled import sample_of
from pipeline.sources.config import Fields, Source
from pipeline.sources.inputs import find_files
from pipeline.sources.plan import plan_units
from pipeline.sources.read import read_unit

DOCUMENTS = 3000
SOURCE = Source()


@pytest.fixture(scope="module")
def pool(tmp_path_factory) -> Path:
    """Documents of 1 to 3,000 bytes, with ids that repeat, in five files."""
    folder = tmp_path_factory.mktemp("pool")
    for file in range(5):
        lines = (
            json.dumps({"id": f"d{n % 700}", "text": "x" * (n + 1), "url": f"http://h/{n}", "likes": n})
            for n in range(file, DOCUMENTS, 5)
        )
        (folder / f"posts-{file}.jsonl").write_text("\n".join(lines) + "\n")
    return folder


def draw(pool, out, documents=None, size=None, by="documents", seed=0, source=SOURCE):
    console = Console(file=io.StringIO())
    return sampling.sample(source, [str(pool)], str(out), Draw(documents, size, by, seed), Engine(), console)


def rows(out) -> list[dict]:
    return [row for file in sorted(Path(out).glob("*.parquet")) for row in pq.read_table(file).to_pylist()]


def content(out) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in Path(out).iterdir() if not file.name.startswith(".")}


def test_it_is_as_large_as_asked_and_tells_what_it_is_of(pool, tmp_path):
    made = draw(pool, tmp_path / "s", documents=300)
    found = rows(tmp_path / "s")
    assert made == json.loads((tmp_path / "s/sample.json").read_text())
    assert len(found) == made["sample"]["documents"] == 300
    assert made["sample"]["bytes"] == sum(len(row["text"]) for row in found)
    assert made["pool"]["documents"] == DOCUMENTS
    assert made["pool"]["bytes"] == DOCUMENTS * (DOCUMENTS + 1) // 2
    assert made["pool"]["files"] == 5
    assert made["pool"]["stored_bytes"] == sum(file.stat().st_size for file in pool.iterdir())
    assert made["rate"] == 0.1
    assert set(content(tmp_path / "s")) == {"sample.json", *made["files"]}


def test_every_document_has_the_same_chance_whatever_its_id_and_place(pool, tmp_path):
    counts = np.zeros(DOCUMENTS)
    for seed in range(6):
        draw(pool, tmp_path / str(seed), documents=500, seed=seed)
        counts[[json.loads(row["metadata"])["likes"] for row in rows(tmp_path / str(seed))]] += 1
    assert counts.sum() == 3000
    by_file = [counts[file::5].sum() for file in range(5)]
    assert max(by_file) - min(by_file) < 120  # 600 +- 20 each
    assert abs(counts[: DOCUMENTS // 2].sum() - 1500) < 100


def test_in_proportion_to_bytes(pool, tmp_path):
    made = draw(pool, tmp_path / "s", documents=600, by="bytes")
    sizes = np.array([len(row["text"]) for row in rows(tmp_path / "s")])
    chance = np.minimum(1, made["per_byte"] * np.arange(1, DOCUMENTS + 1))
    assert len(sizes) == 600
    assert chance.sum() == pytest.approx(600, rel=0.1)
    # What stands for the whole: the sum of 1 / chance is the number of documents, of bytes / chance the bytes.
    stands_for = 1 / np.minimum(1, made["per_byte"] * sizes)
    assert (stands_for * sizes).sum() == pytest.approx(DOCUMENTS * (DOCUMENTS + 1) / 2, rel=0.1)


def test_by_size(pool, tmp_path):
    made = draw(pool, tmp_path / "s", size=400_000)
    assert 400_000 <= made["sample"]["bytes"] < 400_000 + DOCUMENTS


def test_a_larger_one_holds_the_smaller(pool, tmp_path):
    draw(pool, tmp_path / "small", documents=100)
    draw(pool, tmp_path / "large", documents=200)
    small, large = ({row["url"] for row in rows(tmp_path / name)} for name in ("small", "large"))
    assert small < large


@pytest.mark.parametrize("by", ["documents", "bytes"])
def test_all_of_it(pool, tmp_path, by):
    made = draw(pool, tmp_path / "s", documents=10**6, by=by)
    assert made["sample"] == {name: made["pool"][name] for name in ("documents", "bytes")}
    assert made.get("rate", made.get("per_byte")) == 1


def test_too_narrow_a_net_is_cast_again(pool, tmp_path, monkeypatch):
    draw(pool, tmp_path / "right", documents=300)
    monkeypatch.setattr(sampling, "look_ahead", lambda *_: (np.ones(10**6, np.int64), 0.5))
    draw(pool, tmp_path / "narrow", documents=300)
    assert content(tmp_path / "right") == content(tmp_path / "narrow")


def test_it_goes_on_where_it_was_stopped(pool, tmp_path, monkeypatch):
    draw(pool, tmp_path / "whole", documents=300)
    with monkeypatch.context() as patch:
        write = sampling.write_candidates

        def fails_once(work, source, wanted, limit, unit):
            if unit.index == 3:
                raise ValueError("no")
            write(work, source, wanted, limit, unit)

        patch.setattr(sampling, "write_candidates", fails_once)
        with pytest.raises(AssayError, match=r"posts-3\.jsonl.*no"):
            draw(pool, tmp_path / "stopped", documents=300)
    with pytest.raises(UserError, match="the beginning of another sample"):
        draw(pool, tmp_path / "stopped", documents=301)
    draw(pool, tmp_path / "stopped", documents=300)
    assert content(tmp_path / "stopped") == content(tmp_path / "whole")


def test_it_leaves_what_is_there_alone(pool, tmp_path):
    first = draw(pool, tmp_path / "s", documents=10)
    assert draw(pool, tmp_path / "s", documents=10) == first
    with pytest.raises(UserError, match="another sample"):
        draw(pool, tmp_path / "s", documents=11)
    (tmp_path / "full").mkdir()
    (tmp_path / "full/notes.txt").write_text("mine")
    with pytest.raises(UserError, match=r"not empty \(it holds notes\.txt\)"):
        draw(pool, tmp_path / "full", documents=10)


@pytest.mark.parametrize("source", [Source(), Source(fields=Fields(text="body"), format="jsonl")])
def test_a_run_reads_the_documents_as_they_were(pool, tmp_path, source):
    """Whatever the recipe calls its fields, and its format."""
    draw(pool, tmp_path / "s", documents=200)
    before = {
        row["url"]: row
        for unit in plan_units(find_files([str(pool)], Source()), Source())
        for chunk in read_unit(unit, Source())
        for row in chunk.documents.to_pylist()
    }
    found = find_files([str(tmp_path / "s")], source)
    assert [Path(file.path).suffix for file in found] == [".parquet"]
    after = [
        row
        for unit in plan_units(found, source)
        for chunk in read_unit(unit, source)
        for row in chunk.documents.to_pylist()
    ]
    assert len(after) == 200
    assert all(row == before[row["url"]] for row in after)


def test_a_sample_is_known_by_its_folder_and_by_its_files(pool, tmp_path):
    made = draw(pool, tmp_path / "s", documents=50)
    folder = str(tmp_path / "s")
    assert sample_of([folder]) == made
    assert sample_of([f"{folder}/"]) == made
    assert sample_of([f"{folder}/{name}" for name in made["files"]]) == made
    assert sample_of([folder, str(pool)]) is None
    assert sample_of([str(pool)]) is None


@pytest.mark.parametrize(
    "text, value", [("200k", 200_000), ("1GB", 10**9), ("1.5e6", 1_500_000), ("2 MB", 2_000_000), ("7", 7)]
)
def test_numbers(text, value):
    assert parse_number(text, "--documents") == value


@pytest.mark.parametrize("text", ["", "0", "-3", "many", "1GiB", "5%"])
def test_what_is_no_number(text):
    with pytest.raises(UserError, match=r"--documents: .* is no number above zero"):
        parse_number(text, "--documents")


def test_what_may_be_asked_for():
    assert parse_draw("1k", None, "bytes", 3) == Draw(1000, None, "bytes", 3)
    assert parse_draw(None, "1MB", "documents", 0) == Draw(None, 10**6, "documents", 0)
    for documents, size in [(None, None), ("1", "1")]:
        with pytest.raises(UserError, match="either --documents 200k or --bytes 1GB"):
            parse_draw(documents, size, "documents", 0)
    with pytest.raises(UserError, match="--by"):
        parse_draw("1", None, "tokens", 0)
