"""Gopher's repetition measures, held to a plain-Python definition."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.gopher_repetition import GopherRepetition


def lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def paragraphs_of(text: str) -> list[str]:
    stripped = [line.strip() for line in text.split("\n")]
    return ["\n".join(run) for some, run in itertools.groupby(stripped, bool) if some]


def repeats(parts: list[str]) -> list[str]:
    return [part for place, part in enumerate(parts) if part in parts[:place]]


def n_grams(words: list[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(words[place : place + n]) for place in range(len(words) - n + 1)]


def top_size(words: list[str], n: int) -> int:
    most = Counter(n_grams(words, n)).most_common(1)  # the first of several
    return len(" ".join(most[0][0])) * most[0][1] if most else 0


def duplicate_size(words: list[str], n: int) -> int:
    seen, size, place = set(), 0, 0
    while place <= len(words) - n:
        n_gram = tuple(words[place : place + n])
        if n_gram in seen:
            size += len("".join(n_gram))
            place += n
        else:
            seen.add(n_gram)
            place += 1
    return size


def definition(text: str) -> dict[str, float]:
    def over(part: int, whole: int) -> float:
        return part / whole if whole else math.nan

    lines, paragraphs, words = lines_of(text), paragraphs_of(text), text.split()
    size = len(text)
    return {
        "duplicate_line_fraction": over(len(repeats(lines)), len(lines)),
        "duplicate_paragraph_fraction": over(len(repeats(paragraphs)), len(paragraphs)),
        "duplicate_line_char_fraction": over(sum(map(len, repeats(lines))), size),
        "duplicate_paragraph_char_fraction": over(sum(map(len, repeats(paragraphs))), size),
        **{f"top_{n}_gram_char_fraction": over(top_size(words, n), size) for n in (2, 3, 4)},
        **{f"duplicate_{n}_gram_char_fraction": over(duplicate_size(words, n), size) for n in range(5, 11)},
    }


def measures(texts: Sequence[str], start: int = 0) -> list[dict[str, float]]:
    batch = pa.RecordBatch.from_arrays([pa.array(texts, pa.large_string())], ["text"]).slice(start)
    columns = GopherRepetition().measure(batch)
    return [{name: float(column[row]) for name, column in columns.items()} for row in range(batch.num_rows)]


# Few words, lines and spaces, and so many repeats; words of several widths in UTF-8, and one longer than a
# chunk.
words = st.sampled_from(["a", "b", "ab", "c", "é", "中文", "a\u200bb", "internationally", "\0"])
spaces = st.sampled_from([" "] * 12 + ["\n", "\n\n", "  ", "\r\n", "\n \n", "\u3000", "\x85", "\u2028", "\t"])
repetitive = st.lists(st.tuples(words, spaces), max_size=60).map(lambda pairs: "".join(map("".join, pairs)))
doubled = st.tuples(repetitive, spaces, repetitive).map(lambda t: t[0] + t[1] + t[0] + t[1] + t[2] + t[0])


@given(st.lists(st.one_of(st.text(), repetitive, doubled), min_size=1, max_size=4), st.integers(0, 3))
def test_is_the_definition(texts: list[str], start: int) -> None:
    for text, measured in zip(texts[start:], measures(texts, start), strict=True):
        assert measured == pytest.approx(definition(text), rel=0, abs=0, nan_ok=True)


@given(st.lists(doubled, min_size=2, max_size=6))
def test_a_text_is_judged_alone(texts: list[str]) -> None:
    together = measures(texts)
    assert repr(together) == repr([measures([text])[0] for text in texts])


def test_repeated_lines() -> None:
    text = "one two\nthree\none two\r\n\n  one two\nfour"  # 38 characters; five lines, two of them again
    assert len(text) == 38
    (measured,) = measures([text])
    assert measured["duplicate_line_fraction"] == 2 / 5
    assert measured["duplicate_line_char_fraction"] == 14 / 38
    assert measured["duplicate_paragraph_fraction"] == 0


def test_repeated_paragraphs() -> None:
    text = "a\nb\n\nc\n\n\na \nb\n\t\nc\nd"
    (measured,) = measures([text])
    assert measured["duplicate_paragraph_fraction"] == 1 / 4
    assert measured["duplicate_paragraph_char_fraction"] == 3 / len(text)  # "a", a line feed, "b"


def test_ten_words_without_a_repeat() -> None:
    text = "one two three four sixty seventy eighty hundred x yz"
    (measured,) = measures([text])
    assert measured["top_2_gram_char_fraction"] == len("one two") / len(text)
    assert measured["top_4_gram_char_fraction"] == len("one two three four") / len(text)
    assert measured["duplicate_5_gram_char_fraction"] == 0


def test_overlapping_occurrences_of_the_top_n_gram_all_count() -> None:
    (measured,) = measures(["a a a a"])
    assert measured["top_2_gram_char_fraction"] == 3 * 3 / 7
    assert measured["top_4_gram_char_fraction"] == 7 / 7


def test_the_first_of_equally_frequent_n_grams_is_the_top() -> None:
    (measured,) = measures(["aaa bbb c aaa bbb d e f d e f"])
    assert measured["top_2_gram_char_fraction"] == 2 * 7 / 29


def test_a_sentence_that_comes_again() -> None:
    first = "one two three four five six seven. "
    text = first + "Then something else is said in between. " + first
    (measured,) = measures([text])
    for n in (5, 6, 7):  # one n-gram is a duplicate, and fewer than n words follow it
        size = len("".join(first.split()[:n]))
        assert measured[f"duplicate_{n}_gram_char_fraction"] == size / len(text)
    assert measured["duplicate_8_gram_char_fraction"] == 0


def test_a_duplicate_is_passed_over_as_a_whole() -> None:
    (measured,) = measures(["a b c d e a b c d e a b c d e"])
    assert measured["duplicate_5_gram_char_fraction"] == 10 / 29
    assert measured["duplicate_10_gram_char_fraction"] == 10 / 29  # it may overlap the one that it repeats


def test_n_grams_are_equal_by_their_words() -> None:
    (measured,) = measures(["ab c d e f  a bc d e f"])
    assert measured["duplicate_5_gram_char_fraction"] == 0


@pytest.mark.parametrize("text", ["x", "\0", " ", "\n", "\u3000", "word" * 300_000])
def test_too_few_words_for_n_grams(text: str) -> None:
    (measured,) = measures([text])
    assert [value for name, value in measured.items() if "gram" in name] == [0] * 9


def test_an_empty_text_has_no_fractions_and_stays() -> None:
    (measured,) = measures([""])
    assert all(map(math.isnan, measured.values()))
    batch = pa.RecordBatch.from_arrays([pa.array([""], pa.large_string())], ["text"])
    columns = GopherRepetition().measure(batch)
    assert not any(rule.fires(columns[rule.measure]).any() for rule in GopherRepetition().rules())


def test_a_long_text_between_short_ones() -> None:
    long = "to be or not to be " * 50_000
    before, measured, after = measures(["a a", long, "a a"])
    assert before == after
    assert measured["top_2_gram_char_fraction"] == pytest.approx(100_000 * 5 / len(long))
    assert measured["duplicate_10_gram_char_fraction"] > 0.6


def test_bounds() -> None:
    rules = {rule.measure: rule for rule in GopherRepetition().rules()}
    assert len(rules) == 13
    assert {rule.comparison for rule in rules.values()} == {">"}
    assert rules["duplicate_line_char_fraction"].bound == 0.20
    assert rules["duplicate_10_gram_char_fraction"].bound == 0.10
    assert len({rule.reason for rule in rules.values()}) == 13
    off = GopherRepetition(max_top_2_gram_char_fraction=None, max_duplicate_line_fraction=0).rules()
    bounds = {rule.measure: rule.bound for rule in off}
    assert "top_2_gram_char_fraction" not in bounds
    assert bounds["duplicate_line_fraction"] == 0
