"""Commands that look at a run: its report, and why one document went."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.shared import AsJson, RunArgument, app, directory, output, print_json
from pipeline.errors import UserError


@app.command()
def report(run: RunArgument) -> None:
    """Write report.json and report.md of a run anew, and print its funnel: what is left after each stage, and why."""
    from pipeline.report.funnel import print_funnel
    from pipeline.report.write import write_report

    of = directory(run)
    write_report(of)
    print_funnel(of.read_json("report.json"), output())
    output().print(f"report: {of.path('report.md')}", soft_wrap=True)


@app.command()
def explain(
    run: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="A run directory; not with --text.")
    ] = None,
    url: Annotated[str | None, typer.Option("--url", help="The document with this URL.")] = None,
    id: Annotated[str | None, typer.Option("--id", help="The document with this id.")] = None,
    text: Annotated[
        Path | None, typer.Option("--text", help="A text file to judge by --recipe; `-` reads the input.")
    ] = None,
    recipe: Annotated[str | None, typer.Option("--recipe", help="The recipe that judges --text.")] = None,
    as_json: AsJson = False,
) -> None:
    """Why a document was kept or dropped: every measure beside its bound, and the verdict."""
    from pipeline import explain as explaining

    if text is not None:
        if recipe is None:
            raise UserError("--text needs --recipe, the recipe that shall judge it")
        from pipeline.recipe import load_recipe

        made = explaining.explain_text(_read_text(text), load_recipe(recipe))
    elif run is not None and (url is None) != (id is None):
        made = explaining.explain_document(directory(run), url=url, id=id)
    else:
        raise UserError("give RUN with --url or --id, or --text FILE with --recipe")
    if as_json:
        print_json(made.as_json())
    else:
        explaining.print_explanation(made, output())


def _read_text(path: Path) -> str:
    if str(path) == "-":
        return sys.stdin.read()
    if not path.is_file():
        raise UserError(f"--text: there is no file {path}")
    return path.read_text(errors="replace")
