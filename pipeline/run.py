"""A run from its recipe to its report: what `assay run` does, in order, and what it skips when it is run again."""

from __future__ import annotations

import importlib.metadata
import platform
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from rich.console import Console

from pipeline import attempt, files
from pipeline.compile import Pass, compile_passes, stage_entries
from pipeline.dedup.barrier import Parts, deduplicate
from pipeline.engine import Engine, workers_for
from pipeline.errors import AssayError, UserError
from pipeline.ledger_files import fold
from pipeline.lock import locked
from pipeline.passes.beam import run_pass
from pipeline.passes.heartbeat import FOLDER as HEARTBEATS
from pipeline.passes.job import Job
from pipeline.planning.sampled import sample_of
from pipeline.prepare import load_all, prepare_tokenizer
from pipeline.profile.phases import Phases
from pipeline.progress import RunProgress
from pipeline.recipe import Recipe, dump_recipe
from pipeline.report.write import write_page, write_report
from pipeline.resources import FetchedResource, fetch_resources
from pipeline.rundir import RunDirectory
from pipeline.sources.inputs import FoundFile, find_files
from pipeline.sources.plan import check_first_records, plan_units
from pipeline.sources.unit import Unit
from pipeline.tokens.shards import write_shards
from pipeline.tokens.tokenizer import TokenizerInfo
from pipeline.warm import is_warm, warm

_DONE = "done.json"
_FAILURE = "failure.log"
_FEW_DOCUMENTS = 300_000
_VERSIONS = ("apache-beam", "gigatoken", "numba", "numpy", "pyarrow", "resiliparse", "tokenizers")


@dataclass(frozen=True)
class Outcome:
    """What `run` did: `fresh` is False where the run was complete already and nothing was done."""

    run: RunDirectory
    fresh: bool


def run(
    recipe: Recipe,
    inputs: Sequence[str],
    out: str,
    engine: Engine,
    console: Console,
    skip_failed: bool = False,
    profile: bool = False,
) -> Outcome:
    """Run a recipe on some input into a run directory, or go on where an earlier attempt was stopped.

    Args:
        skip_failed: leave out the units of the input that fail, each reported as unreadable, instead of failing.
        profile: measure where the time goes, into `profile.json`.

    Raises:
        UserError: the input, the recipe or the output folder is at fault; nothing was done.
        AssayError: the run failed; the same command goes on from there.
    """
    inputs = list(inputs) or list(recipe.inputs)
    if not inputs:
        raise UserError("no input: name files, folders, globs or URLs after the recipe, or `inputs:` in it")
    directory = RunDirectory(files.absolute(out))
    files.check_writable(directory.url)
    _check_folder(directory)
    found = find_files(inputs, recipe.source)
    units = plan_units(found, recipe.source)
    check_first_records(units, recipe.source)
    progress = RunProgress(console, directory)
    with locked(directory, progress.say):
        try:
            return _run_locked(recipe, found, units, directory, engine, progress, skip_failed, profile)
        except UserError:
            raise
        except AssayError as error:
            _keep_details(directory, error)
            raise


def _keep_details(directory: RunDirectory, error: AssayError) -> None:
    """Put the engine's whole story of a failure into failure.log, for whoever has to find out."""
    error.add_note("When the cause is gone, the same command goes on from here.")
    if error.__cause__ is None:
        return
    try:
        files.write_bytes(directory.path(_FAILURE), "".join(traceback.format_exception(error)).encode())
    except (OSError, AssayError):
        return  # the disk or the store may be what failed
    error.add_note(f"The whole story is in {directory.path(_FAILURE)}")


def _run_locked(
    recipe: Recipe,
    found: Sequence[FoundFile],
    units: list[Unit],
    directory: RunDirectory,
    engine: Engine,
    progress: RunProgress,
    skip_failed: bool,
    profile: bool,
) -> Outcome:
    started = attempt.describe(recipe, found)
    attempt.refuse_changes(directory, started)
    if files.exists(directory.path(_DONE)):
        return Outcome(directory, fresh=False)
    files.remove_unfinished(directory.url)
    if not files.exists(directory.path("started.json")):
        directory.write_json("started.json", started)
    engine = Engine(workers_for(engine.workers, units), engine.options)
    phases = Phases(directory, engine.workers, cluster=engine.named_runner(), wanted=profile)
    engine.prepare()
    with phases.phase("models and tokenizer", fixed=True):
        manifest = _prepare(recipe, found, units, directory, started, progress)
    job = replace(_job(directory, recipe, manifest), profile=profile)
    for step in compile_passes(recipe):
        _run_step(step, job, units, engine, progress, phases, skip_failed)
    with phases.phase("shards and report"):
        _finish(recipe, directory, units, manifest, engine, progress)
    phases.finish()
    write_page(directory, directory.read_json("report.json"))  # once more: now it is known what it cost
    return Outcome(directory, fresh=True)


def _run_step(
    step: Pass,
    job: Job,
    units: list[Unit],
    engine: Engine,
    progress: RunProgress,
    phases: Phases,
    skip_failed: bool,
) -> None:
    """One pass, and the barrier after it."""
    directory = job.run
    job = replace(job, number=step.number)
    with (
        phases.phase(f"pass {step.number + 1}", step.number),
        progress.watch(_title(step), step.number, units),
    ):
        skipped = run_pass(engine, job, len(units), skip_failed)
    for failure in skipped:
        progress.say(f"skipped: {failure}")
    parts = Parts(directory.path("parts", str(step.number)), len(units))
    earlier: list[str] = []
    for_keys = _for_keys(engine, directory) if step.keyed else engine
    for stage in step.keyed:
        out = directory.duplicates(stage.label)
        if not files.exists(files.join(out, _DONE)):
            progress.say(f"{stage.label}: comparing the keys of {parts.count} parts")
            with phases.phase(f"{stage.label}: compare keys"):
                deduplicate(stage, parts, earlier, out, for_keys)
        earlier.append(out)


def _for_keys(engine: Engine, directory: RunDirectory) -> Engine:
    """The engine for a barrier: keys of a few hundred thousand documents are compared in a second or two."""
    folded = fold(directory, ["stage", "outcome"])
    documents = sum(
        row["documents"] for row in folded.to_pylist() if (row["stage"], row["outcome"]) == ("read", "out")
    )
    return engine if documents > _FEW_DOCUMENTS else engine.for_small_work()


def _title(step: Pass) -> str:
    labels = [stage.label for stage in (*step.decided, *step.stages)]
    names = ", ".join(labels[:3]) + (f" and {len(labels) - 3} more" if len(labels) > 3 else "")
    return f"pass {step.number + 1}: {names or 'reading'}"


def _prepare(
    recipe: Recipe,
    found: Sequence[FoundFile],
    units: list[Unit],
    directory: RunDirectory,
    started: dict[str, Any],
    progress: RunProgress,
) -> dict[str, Any]:
    """The manifest, made once. Stages are opened here first, so that what cannot be opened fails before reading."""
    if not is_warm():
        progress.say("compiling kernels, once for this installation (half a minute)")
        warm()
    manifest: dict[str, Any] = {"resources": []}
    if files.exists(directory.path("manifest.json")):
        manifest = directory.read_json("manifest.json")
    resources = fetch_resources(
        recipe, directory, [FetchedResource(**known) for known in manifest["resources"]]
    )
    load_all(recipe, directory, resources)
    if "tokenizer" in manifest:
        attempt.refuse_resources(directory, manifest, resources)
        return manifest
    tokenizer = prepare_tokenizer(recipe, directory, found, progress.say)
    directory.write_units(units)
    files.write_bytes(directory.path("recipe.yaml"), dump_recipe(recipe).encode())
    manifest = {
        "assay": importlib.metadata.version("assay"),
        "versions": {"python": platform.python_version()}
        | {name: importlib.metadata.version(name) for name in _VERSIONS},
        "recipe": {"name": recipe.name, "sha256": started["recipe_sha256"]},
        "inputs": started["inputs"],
        "stages": [entry.to_json() for entry in stage_entries(recipe)],
        "resources": [asdict(entry) for entry in resources],
        "tokenizer": {
            **tokenizer,
            "sha256": attempt.sha256(files.read_bytes(directory.path("tokenizer.json"))),
        },
    }
    drawn = sample_of([file.path for file in found])
    if drawn is not None:
        manifest["sample"] = drawn
    directory.write_json("manifest.json", manifest)
    return manifest


def _job(directory: RunDirectory, recipe: Recipe, manifest: dict[str, Any]) -> Job:
    resources = tuple(FetchedResource(**entry) for entry in manifest["resources"])
    made = manifest["tokenizer"]
    tokenizer = FetchedResource("tokenizer", "file", "", "tokenizer.json", made["sha256"])
    sample = manifest.get("sample") or {}
    per_byte = sample["per_byte"] if sample.get("by") == "bytes" else None
    return Job(
        directory, dump_recipe(recipe), 0, tokenizer, made["backend"], resources, drawn_per_byte=per_byte
    )


def _finish(
    recipe: Recipe,
    directory: RunDirectory,
    units: list[Unit],
    manifest: dict[str, Any],
    engine: Engine,
    progress: RunProgress,
) -> None:
    """Check the ledger, write the shards and the report, and put away what only the passes needed."""
    report = write_report(directory)
    _require_balance(report)
    progress.say("shuffling the tokens into shards")
    kept = report["totals"]["final"]
    write_shards(
        directory.path("tokens"),
        kept["documents"],
        kept["tokens"],
        recipe.shards,
        TokenizerInfo(manifest["tokenizer"]["vocabulary_size"], manifest["tokenizer"]["end_of_text_id"]),
        directory.path("shards"),
        engine,
    )
    _require_balance(write_report(directory))
    last = compile_passes(recipe)[-1].number
    for number in range(last):
        files.remove(directory.path("parts", str(number)))
    files.remove(directory.path("tokens"))
    files.remove(directory.path("tallies"))  # added up by now; a late worker may have written some again
    files.remove(directory.path("failed"))
    files.remove(directory.path(HEARTBEATS))
    files.remove(directory.path(_FAILURE))
    files.remove_unfinished(directory.url)  # of workers that were killed in this attempt
    directory.write_json(_DONE, {"units": len(units)})


def _require_balance(report: dict[str, Any]) -> None:
    """
    Raises:
        AssayError: the ledger does not balance, or the shards hold other tokens than it says.
    """
    if not report["balanced"]:
        faults = "\n".join(report["imbalances"])
        raise AssayError(f"the ledger does not balance, which is a fault of Assay:\n{faults}")


def _check_folder(directory: RunDirectory) -> None:
    """
    Raises:
        UserError: the folder holds something that is not a run.
    """
    if files.exists(directory.path("started.json")):
        return
    found = [name for name in files.names(directory.url) if not name.startswith(".")]
    strangers = sorted(set(found) - {"resources"})
    if strangers:
        raise UserError(
            f"{directory.url} is not empty and not a run directory (it holds {strangers[0]}); give another --out"
        )
