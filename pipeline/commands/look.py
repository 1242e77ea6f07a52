"""Commands that look at a run: its report, and why one document went."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline import files
from pipeline.commands.shared import AsJson, app, directory, output, print_json
from pipeline.errors import UserError


@app.command()
def report(
    runs: Annotated[
        list[str],
        typer.Argument(metavar="RUN...", help="A run directory; up to 6 are compared side by side."),
    ],
    examples: Annotated[
        int,
        typer.Option(
            "--examples",
            min=0,
            max=20,
            help="Show so many documents that each rule removed, and that it only just kept. With their text, as it "
            "is: the report is then as private as the data.",
        ),
    ] = 0,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Where the comparison goes; comparison.html if not given."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the report of a run anew and print its funnel: what is left after each stage, and why.

    With several runs: one page that shows them side by side, such as two recipes on one input
    (`assay report runs/c4 runs/fineweb`), or one recipe on two crawls. Nothing in the runs is changed.
    """
    if len(runs) > 1:
        if examples:
            raise UserError("--examples: the page of one run shows examples; name one run")
        _compare(runs, out or Path("comparison.html"), as_json)
    else:
        if out is not None:
            raise UserError(
                "--out: the report of one run lies in its directory; --out is for comparing several"
            )
        _report(runs[0], examples, as_json)


def _report(run: str, examples: int, as_json: bool) -> None:
    from pipeline.report.funnel import print_funnel
    from pipeline.report.write import write_report

    of = directory(run)
    write_report(of, examples)
    content = of.read_json("report.json")
    if as_json:
        print_json(content)
        return
    print_funnel(content, output())
    output().print(f"report: {of.path('report.html')}", soft_wrap=True)


def _compare(runs: list[str], out: Path, as_json: bool) -> None:
    from pipeline.report.beside import print_comparison
    from pipeline.report.compare import compare_runs
    from pipeline.report.page.compare import comparison_page

    compared = compare_runs([directory(run) for run in runs])
    files.write_bytes(files.absolute(str(out)), comparison_page(compared).encode())
    if as_json:
        print_json(compared)
        return
    print_comparison(compared, output())
    output().print(f"comparison: {out}", soft_wrap=True)


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
