"""Commands about recipes, and the embedded sample."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.shared import app, output, print_json


@app.command()
def check(recipe: Annotated[str, typer.Argument(help="The recipe to check.")]) -> None:
    """Validate a recipe and print it as it is resolved: its passes, stages, rules and every default."""
    from pipeline.check import print_recipe
    from pipeline.recipe import load_recipe

    print_recipe(load_recipe(recipe), output())


@app.command()
def schema() -> None:
    """Print the JSON schema of recipes, for editors."""
    from pipeline.recipe import recipe_schema

    print_json(recipe_schema())


@app.command("sample-web")
def sample_web(
    folder: Annotated[Path, typer.Argument(help="Where the WARC files and truth.jsonl go.")],
    seed: Annotated[int, typer.Option(help="Another seed gives other pages of the same kinds.")] = 0,
) -> None:
    """Write the embedded sample: a small web of its own as WARC files, with the truth about each page."""
    from pipeline.sample import write_sample

    write_sample(folder, seed)
    output().print(f"a small web lies in {folder}", soft_wrap=True)
