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


@app.command(
    epilog="""Examples:

`assay plan runs/pilot --tokens 300B --language de`: final tokens of one language.

`assay plan runs/pilot --tokens 1T --mix de=0.3,en=0.7 --epochs 4`: a mix, each token read four times.

`assay plan runs/pilot --params 7B`: for a compute-optimal model; `--tokens-per-param 200` trains it for longer.

`assay plan runs/pilot --flops 1e23`: for the compute-optimal model of so much computation.

`assay plan --like dclm --tokens 4T`: no run yet, by a published funnel."""
)
def plan(
    run: Annotated[
        str | None, typer.Argument(metavar="RUN", help="A run directory: the pilot. Not with --like.")
    ] = None,
    tokens: Annotated[
        str | None, typer.Option("--tokens", help="How many tokens to train on: 300B, 4T, 1.5e12.")
    ] = None,
    params: Annotated[
        str | None, typer.Option("--params", help="Or the parameters of the model to train: 7B.")
    ] = None,
    flops: Annotated[
        str | None, typer.Option("--flops", help="Or the FLOPs of its training: 1e23. With --params: both.")
    ] = None,
    tokens_per_param: Annotated[
        float | None,
        typer.Option("--tokens-per-param", help="Instead of compute-optimal: 20, 200, 2000 ..."),
    ] = None,
    language: Annotated[
        str | None, typer.Option("--language", help="Only tokens of this language, such as de.")
    ] = None,
    mix: Annotated[
        str | None,
        typer.Option("--mix", help="Languages by their shares of the final tokens: de=0.3,en=0.7."),
    ] = None,
    epochs: Annotated[
        float, typer.Option("--epochs", help="How often each token may be read; later reads are worth less.")
    ] = 1.0,
    like: Annotated[
        str | None,
        typer.Option("--like", help="No run: a published funnel (fineweb, fineweb-edu, dclm, c4, olmo3)."),
    ] = None,
    probe: Annotated[
        str | None,
        typer.Option("--probe", help="What `assay probe` found of the pool that RUN's input was drawn from."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """How much raw data to collect for a goal: in tokens, crawls, core-hours and disk, each with its range.

    Judged by what a run kept, by how its parts differ, and by how many copies a larger corpus will hold.
    """
    from pipeline.planning.goals import goal
    from pipeline.planning.load import planning_by
    from pipeline.planning.plan import plan as make
    from pipeline.planning.show import print_plan

    wanted = goal(tokens, params, flops, tokens_per_param, language, mix, epochs)
    if (run is None) == (like is None):
        raise UserError(
            "give a run directory, or --like and the name of a published funnel: assay plan --help"
        )
    made = make(planning_by(None if run is None else directory(run), like, probe), wanted)
    if as_json:
        print_json(made)
    else:
        print_plan(made, output())


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
    as_json: AsJson = False,
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
    if as_json:
        print_json(made)
    else:
        sampling.print_sample(made, out, output())


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


@app.command(
    epilog="It costs about a run's first pass, and no shuffle. Beam options go after `--`, as for `assay run`."
)
def probe(
    recipe: Annotated[str, typer.Argument(help="The recipe that the whole would go through.")],
    inputs: Annotated[
        list[str] | None,
        typer.Argument(help="Files, folders, globs or URLs: all that you have; else the recipe's `inputs`."),
    ] = None,
    probes: Annotated[
        str, typer.Option("--probes", "-n", help="How many documents to look at closely.")
    ] = "20k",
    out: Annotated[
        str, typer.Option("--out", "-o", help="The folder of the probe; probe.json is what stays of it.")
    ] = "",
    seed: Annotated[int, typer.Option(help="Another seed draws other probes.")] = 0,
    most: Annotated[
        int, typer.Option("--most", min=2, help="Members of a group of copies that are looked at.")
    ] = 1000,
    workers: Annotated[int, typer.Option("--workers", "-w", min=0, help="Processes; 0: one a core.")] = 0,
    as_json: AsJson = False,
) -> None:
    """What a recipe would leave of all of the input, duplicates included, without running it.

    How often a page stands in a crawl can only be seen in the whole crawl. So everything is read, and goes through the
    filters that are fast; a few thousand documents, drawn at random, are then searched for in the keys of all others. From
    how many copies each has follows what deduplication leaves of all, to about a percentage point.
    """
    from pipeline.engine import Engine, end_children
    from pipeline.planning.probe import probe as probing
    from pipeline.planning.probe.show import print_probe
    from pipeline.planning.sample import parse_number
    from pipeline.recipe import load_recipe

    if not out:
        raise UserError("--out: say where the probe goes, for example --out probes/crawl")
    settings = probing.Settings(parse_number(probes, "--probes"), seed, most)
    try:
        made = probing.probe(
            load_recipe(recipe), inputs or [], out, settings, Engine(workers, beam_options), messages()
        )
    finally:
        end_children()
    if as_json:
        print_json(made)
    else:
        print_probe(made, output())
