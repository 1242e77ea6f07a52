"""What every command uses: the application, arguments that several take, where output goes."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer
from rich.console import Console

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="""Curates scraped text into training shards, and says what share of the tokens survives each step.

Begin with `assay run configs/quickstart.yaml FILES --out runs/first`, then look at `assay report runs/first`.

Exit codes: 0 done, 1 the run failed (the same command goes on from there), 2 the command, recipe or input is at fault.
""",
)

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A run directory: what --out named.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def output() -> Console:
    """For what was asked: it goes to a pipe as it goes to a screen."""
    return Console(highlight=False)


def messages() -> Console:
    """For progress and for errors."""
    return Console(file=sys.stderr, highlight=False)


def directory(run: str) -> Any:
    """The run directory that a user named."""
    from pipeline import files
    from pipeline.rundir import RunDirectory

    return RunDirectory(files.absolute(run))


def print_json(content: object) -> None:
    """Print what a program shall read."""
    print(json.dumps(content, indent=2, ensure_ascii=False))


# What stands behind `--` on the command line; Beam parses it.
beam_options: list[str] = []
