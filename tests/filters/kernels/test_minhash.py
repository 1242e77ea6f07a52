"""The kernels against the plain definitions: Python's str, xxhash, datasketch."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import xxhash
from datasketch import MinHash
from hypothesis import example, given
from hypothesis import strategies as st

from filters.kernels import minhash
from filters.kernels.buffers import text_buffers
from pipeline.dedup.normalise import Normalisation

LETTERS = st.text("aAbÉé1,. \n天地คน\u0301\u00ad٣😀İ", max_size=60)
TEXTS = st.lists(st.one_of(st.text(), LETTERS), max_size=6)
OPTIONS = st.builds(Normalisation, **{name: st.booleans() for name in Normalisation.model_fields})


def characters(text: str, normalisation: Normalisation) -> str:
    folded = "".join(map(normalisation.character, text))
    return " ".join(word for word in folded.split(" ") if word)


def shingles(tokens: list[str], size: int, glue: str) -> list[str]:
    if 0 < len(tokens) < size:
        return [glue.join(tokens)]
    return [glue.join(tokens[i : i + size]) for i in range(len(tokens) - size + 1)]


def fold(texts: list[str], normalisation: Normalisation, by_character: bool) -> tuple[np.ndarray, np.ndarray]:
    data, offsets = text_buffers(pa.array(texts, pa.large_string()))
    return minhash.fold(data, offsets, normalisation.table(by_character))


@given(TEXTS, OPTIONS, st.booleans())
@example(["ȺȺȺ ȾȾ", "İİ", "\U0001d7ce", "จจจ"], Normalisation(), False)
def test_fold_is_the_definition(texts: list[str], normalisation: Normalisation, by_character: bool) -> None:
    data, ends = fold(texts, normalisation, by_character)
    for i, text in enumerate(texts):
        folded = bytes(data[ends[i] : ends[i + 1]]).decode()
        if by_character:
            assert folded == characters(text, normalisation)
        else:
            assert folded == " ".join(normalisation.words(text))


@given(TEXTS, st.integers(1, 7), st.booleans())
@example(["a" * 100, "", "b " * 40], 5, False)
def test_shingle_hashes_are_those_of_xxhash(texts: list[str], size: int, by_character: bool) -> None:
    hashes, ends = minhash.hash_shingles(*fold(texts, Normalisation(), by_character), size, by_character)
    for i, text in enumerate(texts):
        tokens = list(characters(text, Normalisation())) if by_character else Normalisation().words(text)
        wanted = [
            xxhash.xxh32_intdigest(s.encode()) for s in shingles(tokens, size, "" if by_character else " ")
        ]
        assert hashes[ends[i] : ends[i + 1]].tolist() == wanted


def test_words_of_every_length_are_hashed_in_a_column_that_is_a_slice() -> None:
    words = ["a天é"[n % 3] * n for n in range(1, 300)]
    column = pa.array(
        ["left out", "", " ".join(words), words[0], " ".join(words[90:0:-1])], pa.large_string()
    )
    table = Normalisation(accents=False).table(characters=True)
    data, ends = minhash.fold(*text_buffers(column[1:]), table)
    hashes, counts = minhash.hash_shingles(data, ends, 1, False)
    assert hashes.tolist() == [
        xxhash.xxh32_intdigest(word.encode()) for word in [*words, words[0], *words[90:0:-1]]
    ]
    assert counts.tolist() == [0, 0, 299, 300, 390]


@given(TEXTS, st.integers(1, 130), st.integers(0, 2**32 - 1))
def test_signatures_are_those_of_datasketch(texts: list[str], count: int, seed: int) -> None:
    hashed = minhash.hash_shingles(*fold(texts, Normalisation(), False), 3, False)
    found = minhash.signatures(*hashed, *minhash.permutations(count, seed))
    assert found.dtype == np.uint32
    for i, text in enumerate(texts):
        reference = MinHash(count, seed, hashfunc=xxhash.xxh32_intdigest)
        reference.update_batch(s.encode() for s in shingles(Normalisation().words(text), 3, " "))
        assert np.array_equal(found[i], reference.hashvalues)


def test_a_long_text_is_hashed_in_several_blocks() -> None:
    text = " ".join(map(str, range(5000)))
    hashed = minhash.hash_shingles(*fold([text], Normalisation(digits=False), False), 5, False)
    reference = MinHash(112, 1, hashfunc=xxhash.xxh32_intdigest)
    reference.update_batch(s.encode() for s in shingles(text.split(), 5, " "))
    assert np.array_equal(minhash.signatures(*hashed, *minhash.permutations(112, 1))[0], reference.hashvalues)


def key(band: int, values: list[int]) -> int:
    def mix(value: int) -> int:
        value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        value = (value ^ value >> 27) * 0x94D049BB133111EB % 2**64
        return value ^ value >> 31

    found = mix(band + 1)
    for value in values:
        found = mix((found + value + 0x9E3779B97F4A7C15) % 2**64)
    return found


@given(st.lists(st.lists(st.integers(0, 2**32 - 1), min_size=13, max_size=13), max_size=4))
def test_band_keys(rows: list[list[int]]) -> None:
    found = minhash.band_keys(np.array(rows, np.uint32).reshape(-1, 13), 4, 3)
    assert found.tolist() == [
        [key(b, row[3 * b : 3 * b + 3]) for b in range(4)] + [key(4, row)] for row in rows
    ]


@given(st.integers(0, 2**32 - 1), st.data())
def test_agreements(seed: int, data: st.DataObject) -> None:
    draw = np.random.default_rng(seed)
    left, right = draw.integers(0, 3, (2, 5, 9), np.uint32)
    pairs = np.array(data.draw(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)))), np.int64).reshape(
        -1, 2
    )
    found = minhash.agreements(left, right, pairs[:, 0].copy(), pairs[:, 1].copy())
    assert found.tolist() == [int((left[i] == right[j]).sum()) for i, j in pairs]


@pytest.mark.parametrize(
    "char, wanted", [("É", "e"), ("ß", "ß"), ("٣", "0"), ("—", " "), ("\u200b", ""), ("한", "한")]
)
def test_what_a_character_counts_as(char: str, wanted: str) -> None:
    assert Normalisation().character(char) == wanted
