from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
import pytest
import xxhash
from datasketch import MinHash
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.batch import DOCUMENT
from pipeline.dedup.parts import matrix
from pipeline.dedup.stages import DedupExact, Deduplicator, DedupMinhash, DedupUrl

TEXTS = st.lists(st.one_of(st.text(), st.text("ab \n", max_size=5)), min_size=1, max_size=8)


def batch(texts: list[str], urls: list[str | None] | None = None) -> pa.RecordBatch:
    rows = [{"id": str(i), "source": "s", "text": text} for i, text in enumerate(texts)]
    for row, url in zip(rows, urls or [], strict=False):
        row["url"] = url
    return pa.RecordBatch.from_pylist(rows, schema=DOCUMENT)


def pairs(stage: Deduplicator, documents: pa.RecordBatch) -> list[tuple[int, int] | None]:
    keys = stage.keys(documents)
    halves = zip(keys[stage.column("key")].to_pylist(), keys[stage.column("check")].to_pylist(), strict=True)
    return [None if key is None else (key, check) for key, check in halves]


@given(TEXTS, st.booleans(), st.booleans())
def test_exact_keys_are_equal_where_normalised_texts_are(texts: list[str], lower: bool, space: bool) -> None:
    def normalised(text: str) -> str:
        text = text.lower() if lower else text
        return " ".join(text.split()) if space else text

    found = pairs(DedupExact(lower=lower, white_space=space), batch(texts))
    for text, key in zip(texts, found, strict=True):
        digest = xxhash.xxh3_128_digest(normalised(text).encode())
        wanted = (int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big"))
        assert key == (wanted if normalised(text) else None)


def test_keys_of_a_slice_are_those_of_its_documents() -> None:
    texts = ["one two", "", "three", "four four four four four four"]
    for stage in (DedupExact(), DedupMinhash()):
        whole, part = stage.keys(batch(texts)), stage.keys(batch(texts).slice(1, 2))
        assert {name: column.slice(1, 2).to_pylist() for name, column in whole.items()} == {
            name: column.to_pylist() for name, column in part.items()
        }


def test_url_keys() -> None:
    urls = ["http://a.com", "HTTP://A.com/#x", "http://a.com/b", None, "", " "]
    first, same, other, *without = pairs(DedupUrl(), batch(["x"] * len(urls), urls))
    assert first == same != other
    assert without == [None] * 3


@given(TEXTS, st.sampled_from(["xxh32", "sha1"]), st.sampled_from(["word", "character"]), st.integers(1, 6))
def test_signatures_can_be_taken_to_datasketch(texts: list[str], name: str, unit: str, size: int) -> None:
    stage = DedupMinhash(
        hash=name, unit=unit, shingle=size, permutations=20, bands=4, rows=5, name="near.text"
    )
    keys = stage.keys(batch(texts))
    signatures, bands = keys["key.near.text.signature"], keys["key.near.text.bands"]
    hashing = {"hashfunc": xxhash.xxh32_intdigest} if name == "xxh32" else {}
    for i, text in enumerate(texts):
        words = stage.normalise.words(text)
        if not words:
            assert signatures[i].as_py() is None and bands[i].as_py() is None
            continue
        folded = "".join(map(stage.normalise.character, text)).split(" ")
        tokens = words if unit == "word" else list(" ".join(filter(None, folded)))
        shingles = plain_shingles(tokens, " " if unit == "word" else "", size)
        wanted = MinHash(20, 1, **hashing)
        wanted.update_batch(shingle.encode() for shingle in shingles)
        assert matrix(signatures, np.uint32)[i].tolist() == wanted.hashvalues.tolist()
        assert len(bands[i].as_py()) == 8 * 4


def plain_shingles(tokens: list[str], glue: str, size: int) -> list[str]:
    return [glue.join(tokens[i : i + size]) for i in range(max(len(tokens) - size + 1, 1))]


def test_the_default_hash_of_datasketch_is_sha1() -> None:
    stage = DedupMinhash(hash="sha1")
    assert stage._shingle_hashes(pa.array(["a b"], pa.large_string()))[0].tolist() == [
        int.from_bytes(hashlib.sha1(b"a b").digest()[:4], "little")
    ]


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"bands": 20, "rows": 20}, "20 bands of 20 rows need 400 permutations"),
        ({"keep": "best"}, "by: MEASURE"),
        ({"by": "word_count"}, "by: MEASURE"),
        ({"threshold": 1.1}, "threshold"),
        ({"keep": "any"}, "keep"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        DedupMinhash(**settings)
