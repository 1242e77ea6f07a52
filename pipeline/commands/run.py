"""`assay run`, and what serves it."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.commands.shared import app, beam_options, messages, output
from pipeline.errors import UserError


@app.command(
    epilog="Beam options go after `--`: `assay run R INPUT --out O -- --runner=FlinkRunner --flink_master=host:8081`."
)
def run(
    recipe: Annotated[str, typer.Argument(help="A recipe, such as configs/quickstart.yaml.")],
    inputs: Annotated[
        list[str] | None,
        typer.Argument(help="Files, folders, globs or URLs; the recipe's `inputs` where none are given."),
    ] = None,
    out: Annotated[
        str, typer.Option("--out", "-o", help="The run directory, new or of the same run begun before.")
    ] = "",
    workers: Annotated[
        int,
        typer.Option(
            "--workers", "-w", min=0, help="Processes on this machine; 0: one a core, fewer for little input."
        ),
    ] = 0,
    skip_failed: Annotated[
        bool,
        typer.Option(
            "--skip-failed", help="Leave out pieces of the input that fail, and report them as unreadable."
        ),
    ] = False,
    profile: Annotated[
        bool,
        typer.Option(
            "--profile", help="Measure where each core-second goes; printed, and kept in profile.json."
        ),
    ] = False,
) -> None:
    """Take scraped text through a recipe to token shards and a report.

    Stop it whenever you like, even with `kill -9`: the same command goes on where it was, to the same bytes.
    """
    from pipeline import run as running
    from pipeline.engine import Engine, end_children
    from pipeline.profile.table import print_profile_of
    from pipeline.recipe import load_recipe
    from pipeline.report.funnel import print_funnel

    if not out:
        raise UserError("--out: say where the run directory goes, for example --out runs/first")
    engine = Engine(workers, beam_options)
    try:
        outcome = running.run(
            load_recipe(recipe), inputs or [], out, engine, messages(), skip_failed, profile
        )
    finally:
        end_children()
    if not outcome.fresh:
        messages().print(f"{outcome.run.url} is complete already; nothing was done.")
    print_funnel(outcome.run.read_json("report.json"), output())
    if profile:
        print_profile_of(outcome.run, output())
    output().print(f"report: {outcome.run.path('report.html')}", soft_wrap=True)


@app.command("worker-pool")
def worker_pool(
    port: Annotated[int, typer.Option(help="The port of --environment_config.")] = 50000,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "localhost",
) -> None:
    """Start workers when Spark or Flink asks for them: run it on every machine of a cluster.

    `assay run ... -- --environment_type=EXTERNAL --environment_config=localhost:50000` then finds one wherever its
    work goes. It runs until it is stopped.
    """
    from pipeline.pool import serve

    serve(port, host)


@app.command("warm", hidden=True)
def warm_up() -> None:
    """Compile the kernels, once for an installation; otherwise the first run does it."""
    from pipeline.warm import warm

    warm()
