"""FineWeb's measures, held to a plain-Python definition."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.fineweb import FineWeb
from filters.gopher_repetition import GopherRepetition
from filters.kernels.unicode import CLOSING_QUOTES, SENTENCE_MARKS, SENTENCE_MARKS_SPACED

TERMINAL = tuple(SENTENCE_MARKS_SPACED + SENTENCE_MARKS + CLOSING_QUOTES)


def definition(text: str, short: int) -> dict[str, float]:
    def over(part: int, whole: int) -> float:
        return part / whole if whole else math.nan

    lines = [line.strip() for line in text.split("\n") if line.strip()]
    repeats = [line for place, line in enumerate(lines) if line in lines[:place]]
    return {
        "terminal_line_fraction": over(sum(line.endswith(TERMINAL) for line in lines), len(lines)),
        "short_line_fraction": over(sum(len(line) <= short for line in lines), len(lines)),
        "duplicate_line_char_fraction": over(sum(map(len, repeats)), len(text)),
        "newline_word_ratio": over(max(len(lines) - 1, 0), len(text.split())),
    }


def batch_of(texts: Sequence[str]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(texts, pa.large_string())], ["text"])


def measures(stage: FineWeb, batch: pa.RecordBatch) -> list[dict[str, float]]:
    columns = stage.measure(batch)
    return [{name: float(column[row]) for name, column in columns.items()} for row in range(batch.num_rows)]


pieces = st.sampled_from(
    ["a", "word", "é", "中文", "。", ".", "?", "»", "؟", ")", " ", " ", "\n", "\n", "\r\n", "\n\n"]
)
assembled = st.lists(pieces, max_size=60).map("".join)


@given(
    st.lists(st.one_of(st.text(), assembled), min_size=1, max_size=4),
    st.integers(0, 3),
    st.sampled_from([0, 2, 5, 30]),
)
def test_is_the_definition(texts: list[str], start: int, short: int) -> None:
    measured = measures(FineWeb(short_line_characters=short), batch_of(texts).slice(start))
    for text, found in zip(texts[start:], measured, strict=True):
        assert found == pytest.approx(definition(text, short), rel=0, abs=0, nan_ok=True)


@given(st.lists(assembled, min_size=1, max_size=4))
def test_duplicate_line_characters_are_gophers(texts: list[str]) -> None:
    name = "duplicate_line_char_fraction"
    ours, theirs = FineWeb().measure(batch_of(texts)), GopherRepetition().measure(batch_of(texts))
    assert repr(ours[name]) == repr(theirs[name])


def test_lines_that_differ_only_within_are_no_duplicates() -> None:
    lines = [f"a long beginning {number:03d} and a long end" for number in range(100)]
    text = "\n".join([*lines, lines[7]])
    (measured,) = measures(FineWeb(), batch_of([text]))
    assert measured["duplicate_line_char_fraction"] == len(lines[7]) / len(text)


def test_closed_forms() -> None:
    text = "Menu\nMenu\n\nThis is a line of more than thirty characters.\r\nHe said “yes”\n"
    (measured,) = measures(FineWeb(), batch_of([text]))
    assert measured == {
        "terminal_line_fraction": 2 / 4,
        "short_line_fraction": 3 / 4,
        "duplicate_line_char_fraction": 4 / len(text),
        "newline_word_ratio": 3 / 14,
    }


def test_rules() -> None:
    texts = [
        "",
        "Some words that end without a mark, in one line",
        "x.\ny.\nz.",
        "One longer line of text here, twice.\n" * 2,
    ]
    columns = FineWeb().measure(batch_of(texts))
    fired = [
        [rule.reason for rule in FineWeb().rules() if rule.fires(columns[rule.measure])[row]]
        for row in range(len(texts))
    ]
    assert fired == [
        [],
        ["too_few_terminal_lines"],
        ["too_many_short_lines", "too_many_newlines"],
        ["duplicate_line_characters"],
    ]
    assert len(FineWeb(max_newline_word_ratio=None).rules()) == 3
