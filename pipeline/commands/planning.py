"""Commands that say how much to collect."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.commands.shared import (
    AsJson,
    RunArgument,
    app,
    beam_options,
    directory,
    messages,
    output,
    print_json,
)
from pipeline.errors import UserError


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


@app.command(
    epilog="It reads everything once and copies what it draws. Beam options go after `--`, as for `assay run`."
)
def sample(
    inputs: Annotated[list[str], typer.Argument(help="Files, folders, globs or URLs: all that you have.")],
    documents: Annotated[
        str | None, typer.Option("--documents", "-n", help="How many documents: 200k, 1M.")
    ] = None,
    size: Annotated[
        str | None, typer.Option("--bytes", help="How much text instead, in UTF-8 bytes: 500MB, 1GB.")
    ] = None,
    out: Annotated[str, typer.Option("--out", "-o", help="The folder of the sample, new or empty.")] = "",
    by: Annotated[
        str,
        typer.Option(
            help="What gives a document its chance: `documents` all the same, `bytes` in proportion to its text."
        ),
    ] = "documents",
    seed: Annotated[int, typer.Option(help="Another seed draws another sample.")] = 0,
    recipe: Annotated[
        str | None, typer.Option("--recipe", help="Whose `source` settings say how the input is read.")
    ] = None,
    workers: Annotated[int, typer.Option("--workers", "-w", min=0, help="Processes; 0: one a core.")] = 0,
) -> None:
    """Draw documents at random from all of the input, for a pilot run: `assay run RECIPE FOLDER`.

    The first files of a crawl are no sample of it: they come from some hosts and some days. Here a hash of each document's
    place in the input decides. The same command draws the same documents, and goes on where it was stopped.
    """
    from pipeline.engine import Engine, end_children
    from pipeline.planning import sample as sampling
    from pipeline.recipe import load_recipe
    from pipeline.sources.config import Source

    draw = sampling.parse_draw(documents, size, by, seed)
    if not out:
        raise UserError("--out: say where the sample goes, for example --out pilot")
    source = load_recipe(recipe).source if recipe else Source()
    try:
        made = sampling.sample(source, inputs, out, draw, Engine(workers, beam_options), messages())
    finally:
        end_children()
    sampling.print_sample(made, out, output())
