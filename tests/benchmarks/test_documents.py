"""Input of any size out of a few documents."""

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.documents import _Folding, folded, pages, write_input
from pipeline.dedup.normalise import Normalisation


@pytest.fixture
def documents(tmp_path):
    path = tmp_path / "documents.jsonl.gz"
    texts = ["One. Two. Three.", "Four! Five?\nSix.", "Seven."]
    with gzip.open(path, "wt") as file:
        for number, text in enumerate(texts):
            file.write(json.dumps({"id": number, "url": f"https://x.test/{number}", "text": text}) + "\n")
    return path


def read(folder):
    return [json.loads(line) for file in sorted(folder.glob("*")) for line in file.read_text().splitlines()]


def test_documents_come_again_under_other_names_and_with_other_sentences(documents, tmp_path):
    count = write_input([documents], 5000, tmp_path / "out", file_bytes=1000)
    written = read(tmp_path / "out")
    assert len(written) == count
    assert len({document["id"] for document in written}) == count
    assert len({document["url"] for document in written}) == count
    assert len({document["text"] for document in written}) > 6
    assert [document["text"] for document in written[:3]] == [
        "One. Two. Three.",
        "Four! Five?\nSix.",
        "Seven.",
    ]
    sizes = [file.stat().st_size for file in sorted((tmp_path / "out").glob("*"))]
    assert sum(sizes) >= 5000 > sum(sizes) - 200
    assert all(1000 <= size < 1200 for size in sizes[:-1])


def test_the_same_documents_give_the_same_input(documents, tmp_path):
    for name in ("a", "b"):
        write_input([documents], 3000, tmp_path / name)
    assert read(tmp_path / "a") == read(tmp_path / "b")


@given(st.text())
def test_folding_is_that_of_near_duplicates(text):
    folding = _Folding()
    assert [word for word in text.translate(folding).split(" ") if word] == Normalisation().words(text)


def test_folded_documents(documents, tmp_path):
    write_input([documents], 1, tmp_path / "out")
    assert list(folded(tmp_path / "out" / "part-00000.jsonl")) == [{"id": "0", "text": "one two three"}]


def test_pages_of_an_archive(web):
    found = [page["html"] for page in pages(sorted(web.glob("*.warc.gz"))[0])]
    assert found and all("<" in html for html in found)
