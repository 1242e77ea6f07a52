"""C4's line cleaning and page rules, held to plain-Python definitions."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.c4 import POLICY_PHRASES, C4Lines, C4Pages
from filters.kernels.substrings import lower
from filters.kernels.unicode import CLOSING_QUOTES, SENTENCE_MARKS, SENTENCE_MARKS_SPACED

CITATION = re.compile(r"\[(?:edit|citation needed|[0-9]*)\]")
TERMINAL = tuple(SENTENCE_MARKS_SPACED + SENTENCE_MARKS + CLOSING_QUOTES)


def definition(text: str, stage: C4Lines) -> str:
    def stays(line: str) -> bool:
        words = line.split()
        small = "".join(map(lower, line))
        return (
            bool(line)
            and len(words) >= (stage.min_words or 0)
            and (not stage.terminal_punctuation or line.endswith(TERMINAL))
            and (not stage.terminal_punctuation or not line.endswith(("...", "…")))
            and (stage.max_word_length is None or max(map(len, words)) <= stage.max_word_length)
            and not (stage.javascript and "javascript" in small)
            and not any(phrase in small for phrase in stage.policy_phrases or ())
        )

    text = CITATION.sub("", text) if stage.citations else text
    return "\n".join(line for line in map(str.strip, text.split("\n")) if stays(line))


def edited(texts: Sequence[str], stage: C4Lines, start: int = 0) -> list[str]:
    batch = pa.RecordBatch.from_arrays([pa.array(texts, pa.large_string())], ["text"]).slice(start)
    column = stage.edit(batch)
    column.validate(full=True)
    return list(column.to_pylist())


pieces = st.sampled_from(
    [
        "a",
        "word",
        "é",
        "中文",
        "[1]",
        "[",
        "]",
        "[edit]",
        "[citation needed]",
        "[citation",
        "[]",
        "[12",
        "JavaScript",
    ]
    + ["Privacy Policy", "use cookies", "...", "…", ".", "!", '"', "”", "。", "verylongword", "\0"]
    + [" "] * 12
    + ["\n"] * 4
    + ["\r\n", "\u3000", "\x85", "\t"]
)
assembled = st.lists(pieces, max_size=40).map("".join)
stages = st.builds(
    C4Lines,
    min_words=st.sampled_from([None, 0, 1, 2, 3]),
    terminal_punctuation=st.booleans(),
    max_word_length=st.sampled_from([None, 0, 4, 11, 12]),
    javascript=st.booleans(),
    policy_phrases=st.sampled_from([None, POLICY_PHRASES]),
    citations=st.booleans(),
)


@given(st.lists(st.one_of(st.text(), assembled), min_size=1, max_size=4), stages, st.integers(0, 3))
def test_is_the_definition(texts: list[str], stage: C4Lines, start: int) -> None:
    assert edited(texts, stage, start) == [definition(text, stage) for text in texts[start:]]


def test_a_page() -> None:
    page = (
        "Home | About | Contact\n"
        "  The first line of this page stays.[1]\r\n"
        "\n"
        "Please enable JavaScript to see this page.\n"
        "This site uses cookies to remember what you like.\n"
        "This one was cut off somewhere in the...\n"
        "He said: “This is the end of it.” [edit]\n"
        "Too short.\n"
    )
    assert edited([page], C4Lines()) == [
        "The first line of this page stays.\nHe said: “This is the end of it.”"
    ]


def test_citations_are_taken_out_once_from_left_to_right() -> None:
    stage = C4Lines(min_words=None, terminal_punctuation=False)
    texts = ["[[1]2] x", "[1][2]", "[ 1]", "[citation needed] b", "[Edit]", "[12a]", "[edit", "[", "[٣]"]
    assert edited(texts, stage) == ["[2] x", "", "[ 1]", "b", "[Edit]", "[12a]", "[edit", "[", "[٣]"]


def test_odd_texts() -> None:
    stage = C4Lines(min_words=None, terminal_punctuation=False)
    assert edited(["", "\n\n", "\0", "x" * 1000, "x" * 1001, "é" * 1000], stage) == [
        "",
        "",
        "\0",
        "x" * 1000,
        "",
        "é" * 1000,
    ]
    assert edited([], stage) == []


@given(st.lists(assembled, min_size=1, max_size=4))
def test_without_citations_editing_again_changes_nothing(texts: list[str]) -> None:
    stage = C4Lines(min_words=2, citations=False)
    once = edited(texts, stage)
    assert edited(once, stage) == once


def measures(texts: Sequence[str]) -> dict[str, list[float]]:
    batch = pa.RecordBatch.from_arrays([pa.array(texts, pa.large_string())], ["text"])
    return {name: values.tolist() for name, values in C4Pages().measure(batch).items()}


def test_page_measures() -> None:
    assert measures(["One. Two!\nThree", "{ Lorem\u00a0ipsum {", "a lorem ipsum LOREM IPSUM", ""]) == {
        "sentence_count": [3, 1, 1, 0],
        "character_count": [15, 15, 25, 0],
        "curly_bracket_count": [0, 2, 0, 0],
        "lorem_ipsum_count": [0, 0, 2, 0],
    }


@given(st.lists(st.one_of(st.text(), st.text(alphabet="{lLorem ipsum")), min_size=1, max_size=4))
def test_page_counts_are_those_of_str(texts: list[str]) -> None:
    measured = measures(texts)
    assert measured["character_count"] == [len(text) for text in texts]
    assert measured["curly_bracket_count"] == [text.count("{") for text in texts]
    assert measured["lorem_ipsum_count"] == ["".join(map(lower, text)).count("lorem ipsum") for text in texts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two. Three.", []),
        ("One. Two.", ["too_few_sentences"]),
        ("", ["too_few_sentences"]),
        ("One. Two. {", ["curly_bracket"]),
        ("One. Two. Lorem Ipsum.", ["lorem_ipsum"]),
        ("a. " * 63_333 + "b", []),
        ("a. " * 63_333 + "bc", ["too_many_characters"]),
    ],
)
def test_page_rules(text: str, expected: list[str]) -> None:
    batch = pa.RecordBatch.from_arrays([pa.array([text], pa.large_string())], ["text"])
    columns = C4Pages().measure(batch)
    assert [rule.reason for rule in C4Pages().rules() if rule.fires(columns[rule.measure])[0]] == expected


def test_null_turns_a_page_rule_off() -> None:
    stage = C4Pages(min_sentences=None, max_characters=None, max_curly_brackets=None, max_lorem_ipsums=None)
    assert stage.rules() == ()
