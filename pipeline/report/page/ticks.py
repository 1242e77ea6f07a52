"""Numbers as they stand on an axis or in a recipe: exact, where `numbers` rounds."""

from __future__ import annotations

from decimal import Decimal


def plain(value: float) -> str:
    """A number in full, as a bound is written in a recipe: `0.15`, `100,000`."""
    return f"{Decimal(repr(float(value))).normalize():,f}"


def tick(value: float) -> str:
    """A round number of an axis, short: `5,000`, `20 k`, `1.5 M`."""
    if abs(value) < 10_000:
        return plain(round(value, 9))
    step, letter = next(entry for entry in ((1e9, "B"), (1e6, "M"), (1e3, "k")) if abs(value) >= entry[0])
    return f"{plain(round(value / step, 9))} {letter}"


def percent_tick(fraction: float) -> str:
    """A round number of per cent."""
    return f"{plain(round(100 * fraction, 9))} %"
