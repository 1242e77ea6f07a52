"""Gopher's quality measures, held to a plain-Python definition."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from filters.gopher_quality import BULLETS, STOP_WORDS, GopherQuality
from filters.stage import Filter


def definition(text: str) -> dict[str, float]:
    def over(part: int, whole: int) -> float:
        return part / whole if whole else math.nan

    words = text.split()
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    return {
        "word_count": len(words),
        "mean_word_length": over(sum(map(len, words)), len(words)),
        "hash_word_ratio": over(text.count("#"), len(words)),
        "ellipsis_word_ratio": over(text.count("...") + text.count("…"), len(words)),
        "bullet_line_fraction": over(sum(line.startswith(BULLETS) for line in lines), len(lines)),
        "ellipsis_line_fraction": over(sum(line.endswith(("...", "…")) for line in lines), len(lines)),
        "letter_word_fraction": over(sum(any(map(str.isalpha, word)) for word in words), len(words)),
        "stop_word_count": len(set(words) & set(STOP_WORDS)),
    }


def measures(stage: Filter, texts: Sequence[str], start: int = 0) -> list[dict[str, float]]:
    batch = pa.RecordBatch.from_arrays([pa.array(texts, pa.large_string())], ["text"]).slice(start)
    columns = stage.measure(batch)
    return [{name: float(column[row]) for name, column in columns.items()} for row in range(batch.num_rows)]


def reasons(stage: Filter, text: str) -> list[str]:
    batch = pa.RecordBatch.from_arrays([pa.array([text], pa.large_string())], ["text"])
    columns = stage.measure(batch)
    return [rule.reason for rule in stage.rules() if rule.fires(columns[rule.measure])[0]]


pieces = st.sampled_from(
    [
        *STOP_WORDS,
        *BULLETS,
        "The",
        "the,",
        "…",
        "...",
        ".",
        "#",
        "x",
        "é",
        "中文",
        "12",
        " ",
        " ",
        "\n",
        "\r\n",
        "\u3000",
        "\x85",
        "\0",
        "\u202f",
        "₤",
        "ªº",
    ]
)
assembled = st.lists(pieces, max_size=60).map("".join)


@given(st.lists(st.one_of(st.text(), assembled), min_size=1, max_size=4), st.integers(0, 3))
def test_is_the_definition(texts: list[str], start: int) -> None:
    for text, measured in zip(texts[start:], measures(GopherQuality(), texts, start), strict=True):
        assert measured == pytest.approx(definition(text), rel=0, abs=0, nan_ok=True)


def test_closed_forms() -> None:
    text = "- the cat: #1 ...\n* have 10 and 20…\r\n\nof the 3 ....... "
    (measured,) = measures(GopherQuality(), [text])
    assert measured == {
        "word_count": 14,
        "mean_word_length": 39 / 14,
        "hash_word_ratio": 1 / 14,
        "ellipsis_word_ratio": 4 / 14,  # the run of seven holds two
        "bullet_line_fraction": 2 / 3,
        "ellipsis_line_fraction": 3 / 3,
        "letter_word_fraction": 6 / 14,
        "stop_word_count": 4,
    }


def test_an_empty_text_goes_for_its_words() -> None:
    assert reasons(GopherQuality(), "") == ["too_few_words", "too_few_stop_words"]
    assert reasons(GopherQuality(min_words=None, min_stop_words=None), "") == []


def test_bounds_themselves_stay() -> None:
    def text(words: int) -> str:
        return " ".join(["the", "be", *["word"] * (words - 2)])

    assert reasons(GopherQuality(), text(50)) == []
    assert reasons(GopherQuality(), text(49)) == ["too_few_words"]
    assert reasons(GopherQuality(), text(100_000)) == []
    assert reasons(GopherQuality(), text(100_001)) == ["too_many_words"]
    assert reasons(GopherQuality(min_words=None, max_hash_word_ratio=0.5), "the be # #") == [
        "words_too_short",
        "too_few_words_with_letters",
    ]


def test_zero_is_a_bound_and_null_is_none() -> None:
    assert "too_many_hash_signs" in reasons(
        GopherQuality(max_hash_word_ratio=0), "a # b c d e f g h i j k l m"
    )
    assert "too_many_hash_signs" not in reasons(GopherQuality(max_hash_word_ratio=None), "# # #")
    assert GopherQuality(min_words=0).rules()[0].bound == 0


def test_odd_texts() -> None:
    million, nul, spaces = measures(GopherQuality(), ["x" * 1_000_000, "\0", " \u2028\n"])
    assert (million["word_count"], million["mean_word_length"]) == (1, 1_000_000)
    assert (nul["word_count"], nul["letter_word_fraction"]) == (1, 0)
    assert spaces["word_count"] == 0


def test_stop_words_of_another_language() -> None:
    stage = GopherQuality(stop_words=("の", "に", "の"), min_stop_words=1)
    first, second = measures(stage, ["本 の 話 の の", "の に the"])
    assert (first["stop_word_count"], second["stop_word_count"]) == (1, 2)
    assert "too_few_stop_words" not in {rule.reason for rule in GopherQuality(stop_words=None).rules()}
    many = GopherQuality(stop_words=tuple(f"w{number}" for number in range(500)))
    assert (
        measures(many, [" ".join(f"w{number}" for number in range(0, 1000, 2))])[0]["stop_word_count"] == 250
    )


def test_settings_that_could_never_match_are_refused() -> None:
    with pytest.raises(ValidationError, match="not one word"):
        GopherQuality(stop_words=("of the",))
    with pytest.raises(ValidationError, match="whitespace"):
        GopherQuality(bullets=("- ",))


def test_bullets_of_several_bytes() -> None:
    (measured,) = measures(GopherQuality(bullets=("->", "✓")), ["-> a\n✓b\n-c\n✔d"])
    assert measured["bullet_line_fraction"] == 2 / 4
