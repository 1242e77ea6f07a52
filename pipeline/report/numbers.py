"""Numbers as people read them: `1.23 M`, `34.5 %`, `4.1 GB`."""

from __future__ import annotations

_STEPS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
_BYTE_STEPS = ((1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
NOTHING = "–"


def count(value: float) -> str:
    """Three significant digits and k, M, B (1e9) or T (1e12); whole numbers below 10,000 as they are."""
    return f"{value:,.0f}" if abs(value) < 9_999.5 else _scaled(value, _STEPS)


def size(value: float) -> str:
    """Bytes in units of 1,000."""
    return f"{value:,.0f} B" if abs(value) < 999.5 else _scaled(value, _BYTE_STEPS)


def counted(number: float, noun: str) -> str:
    """`1 record`, `12.3 k records`."""
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def quantity(name: str, value: float) -> str:
    """A value with its unit: `name` is one of the ledger's quantities, or `stored bytes`."""
    return size(value) if name.endswith("bytes") else f"{count(value)} {name}"


def share(part: float, whole: float) -> str:
    """`part` of `whole` in per cent. Only nothing is 0 % and only all is 100 %, whatever rounding says."""
    return NOTHING if not whole else percent(part / whole)


def percent(fraction: float | None) -> str:
    """A fraction in per cent, as `share` writes it."""
    if fraction is None:
        return NOTHING
    value = 100 * fraction
    if value == 0:
        return "0 %"
    if abs(value) < 0.095:
        return f"{_significant(value)} %"
    if value < 100 and round(value, 1) == 100:
        return ">99.9 %"
    return f"{value:,.1f} %" if value != 100 else "100 %"


def per_thousand(part: float, whole: float) -> str:
    """Of 1,000, how many: `655`, `34.5`, `0.12`."""
    if not whole:
        return NOTHING
    value = 1000 * part / whole
    if value == 0 or abs(value) >= 99.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 0.95 else _significant(value)


def _significant(value: float) -> str:
    """Two significant digits of a number below 1, never in powers of ten."""
    text = f"{value:.15f}"
    first = next((at for at, digit in enumerate(text) if digit in "123456789"), None)
    return f"{value:.1e}" if first is None else f"{value:.{first - text.index('.') + 1}f}"


def _scaled(value: float, steps: tuple[tuple[float, str], ...]) -> str:
    unit, letter = next((step for step in steps if abs(value) >= 0.9995 * step[0]), steps[-1])
    scaled = value / unit
    digits = 2 if abs(scaled) < 9.995 else 1 if abs(scaled) < 99.95 else 0
    return f"{scaled:,.{digits}f} {letter}"
