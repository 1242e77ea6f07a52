"""numbers.js writes every number as pipeline/report/numbers.py does."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.report import numbers
from pipeline.report.page import document


def values() -> list[float]:
    """Numbers of all sizes: whole and broken, halves that are rounded to even, and what stands beside steps."""
    chance = random.Random(7)
    found: list[float] = [
        0,
        1,
        999.5,
        9_999.4,
        9_999.5,
        99_950,
        999_499,
        999_500,
        999_999_500,
        0.5,
        1.5,
        2.5,
        1e15,
    ]
    found += [chance.randrange(10**power) for power in range(1, 16) for _ in range(40)]
    found += [chance.random() * 10**power for power in range(-8, 16) for _ in range(40)]
    found += (
        [at / 8 for at in range(800)] + [at * 1_125 for at in range(300)] + [12_500 * at for at in range(300)]
    )
    return found + [-value for value in found[::7]]


def shares() -> list[tuple[int, int]]:
    chance = random.Random(8)
    pairs = [
        (chance.randrange(whole + 1), whole)
        for whole in (1, 3, 8, 16, 999, 2000, 10**6, 10**13)
        for _ in range(150)
    ]
    return [*pairs, (0, 0), (0, 5), (5, 5), (1999, 2000), (1, 10**9), (10**9 - 1, 10**9), (3, 1)]


def test_they_are_equal(show: Callable[..., Any]) -> None:
    script = Path(document.__file__).with_name("numbers.js").read_text("utf-8")
    page = show("<!DOCTYPE html><title>numbers</title><p>").page
    page.evaluate(f"() => {{ {script}; globalThis.numbers = numbers }}")
    singles, pairs = values(), shares()
    for name, python in (("count", numbers.count), ("size", numbers.size), ("percent", numbers.percent)):
        written = page.evaluate(f"(values) => values.map(numbers.{name})", singles)
        assert written == [python(value) for value in singles], name
    for name, of_two in (("share", numbers.share), ("perThousand", numbers.per_thousand)):
        written = page.evaluate(
            f"(pairs) => pairs.map(([part, whole]) => numbers.{name}(part, whole))", pairs
        )
        assert written == [of_two(*pair) for pair in pairs], name
    written = page.evaluate("(values) => values.map((value) => numbers.counted(value, 'word'))", singles)
    assert written == [numbers.counted(value, "word") for value in singles]
    assert page.evaluate("numbers.percent(null)") == numbers.percent(None)
