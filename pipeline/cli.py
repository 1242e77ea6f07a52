"""The commands. Each is a few lines: what they do lies in the module of their name."""

from __future__ import annotations

import json
import logging
import os
import sys
import warnings
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from pipeline.errors import AssayError, UserError

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


def _out() -> Console:
    """For what was asked: it goes to a pipe as it goes to a screen."""
    return Console(highlight=False)


def _err() -> Console:
    """For progress and for errors."""
    return Console(file=sys.stderr, highlight=False)


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
    engine = Engine(workers, _beam_options)
    try:
        outcome = running.run(load_recipe(recipe), inputs or [], out, engine, _err(), skip_failed, profile)
    finally:
        end_children()
    if not outcome.fresh:
        _err().print(f"{outcome.run.url} is complete already; nothing was done.")
    print_funnel(outcome.run.read_json("report.json"), _out())
    if profile:
        print_profile_of(outcome.run, _out())
    _out().print(f"report: {outcome.run.path('report.md')}", soft_wrap=True)


@app.command()
def report(run: RunArgument) -> None:
    """Write report.json and report.md of a run anew, and print its funnel: what is left after each stage, and why."""
    from pipeline.report.funnel import print_funnel
    from pipeline.report.write import write_report

    directory = _directory(run)
    write_report(directory)
    print_funnel(directory.read_json("report.json"), _out())
    _out().print(f"report: {directory.path('report.md')}", soft_wrap=True)


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
    from pipeline import plan as planning

    made = planning.plan(_directory(run), planning.parse_amount(tokens), language)
    if as_json:
        _print_json(made.as_json())
    else:
        planning.print_plan(made, _out())


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
        made = explaining.explain_document(_directory(run), url=url, id=id)
    else:
        raise UserError("give RUN with --url or --id, or --text FILE with --recipe")
    if as_json:
        _print_json(made.as_json())
    else:
        explaining.print_explanation(made, _out())


@app.command()
def check(recipe: Annotated[str, typer.Argument(help="The recipe to check.")]) -> None:
    """Validate a recipe and print it as it is resolved: its passes, stages, rules and every default."""
    from pipeline.check import print_recipe
    from pipeline.recipe import load_recipe

    print_recipe(load_recipe(recipe), _out())


@app.command()
def schema() -> None:
    """Print the JSON schema of recipes, for editors."""
    from pipeline.recipe import recipe_schema

    _print_json(recipe_schema())


@app.command("sample-web")
def sample_web(
    folder: Annotated[Path, typer.Argument(help="Where the WARC files and truth.jsonl go.")],
    seed: Annotated[int, typer.Option(help="Another seed gives other pages of the same kinds.")] = 0,
) -> None:
    """Write the embedded sample: a small web of its own as WARC files, with the truth about each page."""
    from pipeline.sample import write_sample

    write_sample(folder, seed)
    _out().print(f"a small web lies in {folder}", soft_wrap=True)


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


_beam_options: list[str] = []


def main() -> NoReturn:
    """Run a command; turn its errors into a message and an exit code."""
    warnings.filterwarnings("ignore", category=FutureWarning)
    logging.basicConfig(level=logging.CRITICAL, format="%(message)s")
    logging.getLogger("assay").setLevel(logging.WARNING)
    arguments = sys.argv[1:]
    if "--" in arguments:
        at = arguments.index("--")
        arguments, _beam_options[:] = arguments[:at], arguments[at + 1 :]
    code = _call(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    # Beam's local runner leaves threads behind that wait for workers which are gone; a plain exit would join them.
    os._exit(code)


def _call(arguments: list[str]) -> int:
    try:
        app(args=arguments, standalone_mode=True)
        return 0
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 0
    except UserError as error:
        return _fail(error, 2)
    except AssayError as error:
        return _fail(error, 1)
    except OSError as error:
        return _fail(error, 1)
    except KeyboardInterrupt:
        return _fail("stopped; the same command goes on from here", 1)


def _fail(error: object, code: int) -> int:
    for line in [f"assay: {error}", *getattr(error, "__notes__", [])]:
        _err().print(line, markup=False, soft_wrap=True)
    return code


def _directory(run: str) -> Any:
    from pipeline import files
    from pipeline.rundir import RunDirectory

    return RunDirectory(files.absolute(run))


def _read_text(path: Path) -> str:
    if str(path) == "-":
        return sys.stdin.read()
    if not path.is_file():
        raise UserError(f"--text: there is no file {path}")
    return path.read_text(errors="replace")


def _print_json(content: object) -> None:
    print(json.dumps(content, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
