"""Commands that say how much to collect."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.commands.shared import AsJson, RunArgument, app, directory, output, print_json


@app.command()
def plan(
    run: RunArgument,
    tokens: Annotated[str, typer.Option("--tokens", help="How many tokens to train on: 300B, 4T, 1.5e12.")],
    language: Annotated[
        str | None, typer.Option("--language", help="Only tokens of this language, such as de.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """How much raw data to collect for so many tokens, judging by what this run kept."""
    from pipeline.planning import plan as planning

    made = planning.plan(directory(run), planning.parse_amount(tokens), language)
    if as_json:
        print_json(made.as_json())
    else:
        planning.print_plan(made, output())


@app.command()
def backtest(run: RunArgument, as_json: AsJson = False) -> None:
    """What pilots of 0.1, 1 and 10 % of a finished run would have said of it, against what happened.

    The run is cut into disjoint pilots by hash of the documents' ids. Each goes through the stages alone, and says what
    `assay plan` would make of it: what each filter keeps, what deduplication leaves of the whole, and the final share
    of the raw tokens. **held** counts the pilots whose interval has the truth in it.
    """
    from pipeline.planning import backtest as backtesting

    made = backtesting.backtest(directory(run))
    if as_json:
        print_json(made.as_json())
    else:
        backtesting.print_backtest(made, output())
