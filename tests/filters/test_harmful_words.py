"""Harmful words: the kernel against a short definition on any text, and the list that is shipped."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.harmful_words import HarmfulWords
from filters.kernels.phrases import OTHER, SPACED, UNSPACED, compile_phrases, fold, kind
from filters.resources import fetch


def define(text: str, entries: list[str]) -> tuple[int, int, int]:
    """Entries found, words inside them, words of the text, in plain Python."""
    folded = "".join(map(fold, text))
    wanted = {" ".join("".join(map(fold, entry)).split()) for entry in entries} - {""}
    kinds = [kind(character) for character in text]

    def boundary(i: int) -> bool:
        return i in (0, len(text)) or not kinds[i - 1] == kinds[i] == SPACED

    def is_entry(i: int, j: int) -> bool:
        edges_are_text = not folded[i].isspace() and not folded[j - 1].isspace()
        return edges_are_text and " ".join(folded[i:j].split()) in wanted

    spans, i = [], 0
    while i < len(text):
        stops = range(len(text), i, -1) if boundary(i) else ()
        ends = [j for j in stops if boundary(j) and is_entry(i, j)]
        spans += [(i, ends[0])] if ends else []
        i = ends[0] if ends else i + 1
    starts = [i for i, k in enumerate(kinds) if k == UNSPACED or (k == SPACED and boundary(i))]
    return len(spans), sum(a <= i < b for i in starts for a, b in spans), len(starts)


def count(texts: list[str], entries: list[str]) -> list[tuple[int, int, int]]:
    columns = compile_phrases(entries).count(pa.array(texts, pa.large_string()))
    return list(zip(*(column.tolist() for column in columns), strict=True))


CHARACTERS = st.characters(exclude_categories=["Cs"])
# A small alphabet, in which entries really meet texts: cases, marks, scripts, spaces.
DENSE = st.text("abAB  \u0301'-_1ßẞſ\u3000\n\0白痴バｱกã\u2028Σςσİiı", max_size=24)


@given(st.lists(DENSE, max_size=4), st.lists(DENSE, max_size=6))
def test_the_kernel_is_the_definition_where_entries_meet_texts(texts: list[str], entries: list[str]) -> None:
    assert count(texts, entries) == [define(text, entries) for text in texts]


@given(st.lists(st.text(CHARACTERS, max_size=20), max_size=4), st.data())
def test_the_kernel_is_the_definition_on_any_unicode(texts: list[str], data: st.DataObject) -> None:
    pieces = [text[i : i + 3] for text in texts for i in range(len(text))]
    entries = data.draw(st.lists(st.sampled_from(pieces) if pieces else st.text(CHARACTERS), max_size=6))
    varied = [data.draw(st.sampled_from([text, text.upper(), text.lower()])) for text in texts]
    assert count(varied, entries) == [define(text, entries) for text in varied]


def test_every_character_folds_and_is_classed_as_defined() -> None:
    """One entry of one character finds that character and every other that folds to it, alone."""
    points = [p for p in range(0x110000) if not 0xD800 <= p < 0xE000]
    texts = pa.array(map(chr, points), pa.large_string())
    words = compile_phrases([]).count(texts)[2]
    assert [int(kind(chr(p)) != OTHER) for p in points] == words.tolist()
    cased = [chr(p) for p in points if fold(chr(p)) != chr(p) or chr(p).upper() != chr(p)]
    found = compile_phrases(map(fold, cased)).count(pa.array(cased, pa.large_string()))[0]
    assert found.tolist() == [1] * len(cased)


@pytest.mark.parametrize(
    ("text", "entry", "expected"),
    [
        ("You IDIOTS!", "idiots", 1),
        ("idiotsandmore", "idiots", 0),
        ("x_idiots_x", "idiots", 1),
        ("idiots2", "idiots", 0),
        ("e\u0301idiots", "idiots", 0),
        ("idiots\u0301", "idiots", 0),
        ("他是白痴吗", "白痴", 1),
        ("他idiots吗", "idiots", 1),
        ("go \n to\u3000hell", "go to hell", 1),
        ("go to hello", "go to hell", 0),
        ("go-to-hell", "go to hell", 0),
        ("C# c#", "c#", 2),
        ("aa aa aa", "aa aa", 1),
        ("ΣΑΣ σας", "σασ", 2),
        ("", "a", 0),
        ("a", "", 0),
    ],
)
def test_boundaries(text: str, entry: str, expected: int) -> None:
    assert count([text], [entry])[0][0] == expected


def test_the_longest_entry_counts_once() -> None:
    entries = ["shut", "shut the door", "the door now please"]
    assert count(["shut the door now please"], entries) == [(1, 3, 5)]


def test_a_list_of_nothing_and_a_text_of_one_word() -> None:
    assert count(["a" * 1_000_000, "白" * 1000], []) == [(0, 0, 1), (0, 0, 1000)]
    assert count(["a" * 1_000_000 + " b", "白" * 1000], ["b", "白白"]) == [(1, 1, 2), (500, 1000, 1000)]


def test_a_slice_of_a_column() -> None:
    texts = pa.array(["b", "a b", "b b", None, "a"], pa.large_string()).slice(1, 3)
    assert compile_phrases(["b"]).count(texts)[0].tolist() == [1, 2, 0]


def opened(**settings: object) -> HarmfulWords:
    stage = HarmfulWords.model_validate(settings)
    stage.load({name: fetch(resource, Path("unused")) for name, resource in stage.resources().items()})
    return stage


def fired(stage: HarmfulWords, text: str) -> list[str]:
    measures = stage.measure(pa.record_batch({"text": pa.array([text], pa.large_string())}))
    assert all(values.dtype == np.float64 for values in measures.values())
    return [rule.reason for rule in stage.rules() if rule.fires(measures[rule.measure])[0]]


def test_the_list_that_is_shipped() -> None:
    stage = opened()
    assert fired(stage, "You are all idiots and morons.") == ["harmful_word_share"]
    assert fired(stage, "Du bist ein ARSCHLOCH!") == ["harmful_word_share"]
    assert fired(stage, "你这个王八蛋") == ["harmful_word_share"]
    assert fired(stage, "A quiet page about tulips. " * 40 + "It was called idiotic.") == []


def test_the_bounds_pass_and_zero_is_a_bound() -> None:
    words = {"entries": ["bad"]}
    assert fired(opened(words=words, max_count=1, max_fraction=0.5), "bad word") == []
    assert fired(opened(words=words, max_count=0, max_fraction=None), "bad word") == ["harmful_words"]
    assert fired(opened(words=words, max_count=1, max_fraction=0.5), "bad bad word") == [
        "harmful_words",
        "harmful_word_share",
    ]
    assert opened(max_fraction=None).rules() == ()


def test_a_list_that_a_user_would_download(shared_data: Path) -> None:
    folder = shared_data / "wordlists" / "ldnoobw"
    for language in ("en", "ru", "zh", "ja", "th"):
        stage = opened(words={"files": [{"location": str(folder / language)}]}, max_count=0)
        assert all(
            "harmful_words" in fired(stage, entry) for entry in (folder / language).read_text().splitlines()
        )
