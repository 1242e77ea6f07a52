"""What a worker needs to know to process units, and the stages it opens once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from pipeline.compile import Pass, compile_passes
from pipeline.recipe import Recipe, parse_recipe
from pipeline.resources import FetchedResource, load_stages, resource_path
from pipeline.rundir import RunDirectory
from pipeline.tokens.tokenizer import BackendName, Tokenizer


@dataclass(frozen=True)
class Job:
    """One pass of one run, small enough to be shipped with every bundle."""

    run: RunDirectory
    recipe: str  # the resolved recipe, as YAML
    number: int
    tokenizer: FetchedResource
    tokenizer_backend: BackendName
    resources: tuple[FetchedResource, ...] = field(default=())
    drawn_per_byte: float | None = (
        None  # of a sample drawn by bytes: a document's chance for each byte of its text
    )
    profile: bool = False  # whether workers keep what they spend their time on


@dataclass(frozen=True)
class Opened:
    """A job with its models loaded."""

    recipe: Recipe
    step: Pass
    tokenizer: Tokenizer


@lru_cache(maxsize=2)
def open_job(job: Job) -> Opened:
    """Load what the job needs; once per worker process, whichever thread asks."""
    recipe = parse_recipe(job.recipe, "recipe.yaml")
    step = compile_passes(recipe)[job.number]
    load_stages((*step.decided, *step.stages, *step.keyed), job.run, job.resources)
    tokenizer = Tokenizer.open(
        str(resource_path(job.run, job.tokenizer)),
        end_of_text=recipe.tokenizer.end_of_text,
        backend=job.tokenizer_backend,
    )
    return Opened(recipe, step, tokenizer)
