"""A backtest on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.planning.backtest.compare import Backtest, Size, Told
from pipeline.report.numbers import NOTHING, count, percent


def print_backtest(made: Backtest, console: Console) -> None:
    """For each size of pilot a sentence on the final share, and a table of what it would have said of each stage. Fits 80
    columns."""
    console.print()
    kept = percent(made.final_tokens / made.raw_tokens)
    console.print(
        Text(
            f"{kept} of {count(made.raw_tokens)} raw tokens became final ones. What would pilots have said?",
            style="bold",
        )
    )
    for size in made.sizes:
        console.print()
        console.print(Text(_sentence(size), style="bold"))
        console.print(Text(_coverage(size, made.nominal)))
        console.print()
        console.print(_table(size))
    console.print()
    for share, why in made.skipped.items():
        console.print(Text(f"No pilots of {_share(float(share))}: {why}.", style="yellow"))
    for note in made.notes:
        console.print(Text(note, style="dim"))


def _share(share: float) -> str:
    return f"{100 * share:g} %"


def _sentence(size: Size) -> str:
    final = size.final
    return (
        f"A {_share(size.share)} pilot ({count(size.documents)} documents) would have said "
        f"{percent(final.low)} to {percent(final.high)}; it was {percent(final.truth)}."
    )


def _coverage(size: Size, nominal: float) -> str:
    held = [told for told in size.stages if told.covered is not None]
    said = sum(told.pilots for told in held)
    inside = sum(told.pilots * (told.covered or 0.0) for told in held)
    of_all = f"{percent(inside / said)} of all intervals of stages hold what happened" if said else ""
    return (
        f"Of {size.pilots} such pilots {round(size.pilots * (size.final.covered or 0.0))} had it between their ends; "
        f"{of_all}. Nominal: {percent(nominal)}."
    )


def _table(size: Size) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("goes on, of tokens", overflow="fold")
    for header in ("it was", "pilot itself", "predicted", "95 % from", "to", "held"):
        table.add_column(header, justify="right", no_wrap=True)
    for told in (*size.stages, size.final):
        table.add_row(*_row(told), style="bold" if told is size.final else None)
    return table


def _row(told: Told) -> list[str]:
    held = NOTHING if told.covered is None else f"{told.covered * told.pilots:.0f} of {told.pilots}"
    shares = (told.truth, told.alone, told.point, told.low, told.high)
    return [told.name, *map(percent, shares), held]
