"""`assay probe`: read everything cheaply, look closely at a few documents, and say what the whole would leave."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console

from filters.stage import Editor, Filter
from pipeline import attempt, files
from pipeline.engine import Engine, workers_for
from pipeline.errors import UserError
from pipeline.lock import locked
from pipeline.planning.estimate import Estimate
from pipeline.planning.probe.collect import KeyFiles
from pipeline.planning.probe.estimates import Estimates, Keyspace, Pool
from pipeline.planning.probe.keyfiles import deduplicators, slow_column, slow_filters
from pipeline.planning.probe.neighbours import Say, find_neighbours
from pipeline.planning.probe.read import Task, read_keys
from pipeline.planning.survey import look_ahead, survey
from pipeline.prepare import load_all, prepare_tokenizer
from pipeline.progress import RunProgress
from pipeline.recipe import Recipe, dump_recipe
from pipeline.report.numbers import percent
from pipeline.resources import FetchedResource, fetch_resources
from pipeline.rundir import RunDirectory
from pipeline.sources.inputs import FoundFile, find_files
from pipeline.sources.plan import check_first_records, plan_units
from pipeline.sources.unit import Unit
from pipeline.stores import each_at_once
from pipeline.warm import is_warm, warm

RESULT = "probe.json"
MOST, HOPS = 1000, 8
FEW_PROBES = 1000
_KEYS = 1 << 20  # of each deduplicator, that are counted over the whole pool
_SAFETY = 2.0  # times the draw below which there are enough probes, as the look into the input tells
_LARGEST = 0.01  # the share of the raw bytes from which a single probe is named


@dataclass(frozen=True)
class Settings:
    """How many probes; by which seed they are drawn; how many members of a group are looked at, and how far (see
    `neighbours.find_neighbours`)."""

    probes: int
    seed: int = 0
    most: int = MOST
    hops: int = HOPS


def probe(
    recipe: Recipe, inputs: Sequence[str], out: str, settings: Settings, engine: Engine, console: Console
) -> dict[str, Any]:
    """Probe the input for a recipe, in the folder `out`; gives what is in `probe.json` there.

    Raises:
        UserError: the input, the recipe or the folder is at fault; nothing was done.
        AssayError: reading failed; the same command goes on from there.
    """
    inputs = list(inputs) or list(recipe.inputs)
    folder = RunDirectory(files.absolute(out))
    files.check_writable(folder.url)
    found = find_files(inputs, recipe.source)
    units = plan_units(found, recipe.source)
    check_first_records(units, recipe.source)
    progress = RunProgress(console, folder)
    started = {**attempt.describe(recipe, found), "settings": asdict(settings)}
    _check_folder(folder, started)
    with locked(folder, progress.say):
        if files.exists(folder.path(RESULT)):
            known: dict[str, Any] = folder.read_json(RESULT)
            return known
        files.remove_unfinished(folder.url)
        folder.write_json("started.json", started)
        engine = Engine(workers_for(engine.workers, units), engine.options)
        engine.prepare()
        read(recipe, found, units, folder, settings, engine, progress)
        made = look(recipe, units, folder, settings, engine, progress.say)
        made["pool"]["stored_bytes"] = sum(max(0, file.bytes) for file in found)
        folder.write_json(RESULT, {"assay": importlib.metadata.version("assay"), "inputs": inputs, **made})
        for name in ("parts", "ledger", "search", "failed", ".progress"):
            files.remove(folder.path(name))
    result: dict[str, Any] = folder.read_json(RESULT)
    return result


def _check_folder(folder: RunDirectory, started: dict[str, Any]) -> None:
    """
    Raises:
        UserError: the folder holds something else than this probe.
    """
    if not files.exists(folder.path("started.json")):
        strangers = [name for name in files.names(folder.url) if not name.startswith(".")]
        if strangers:
            raise UserError(f"{folder.url} is not empty (it holds {strangers[0]}); give another --out")
        return
    known = folder.read_json("started.json")
    if "settings" not in known:
        raise UserError(f"{folder.url} is a run directory; give the probe another --out")
    attempt.refuse_changes(folder, started)
    if known["settings"] != started["settings"]:
        raise UserError(
            f"{folder.url} was begun with other options; give another --out, or remove that folder"
        )


def read(
    recipe: Recipe,
    found: Sequence[FoundFile],
    units: list[Unit],
    folder: RunDirectory,
    settings: Settings,
    engine: Engine,
    progress: RunProgress,
) -> None:
    """Read every unit that has not been read, and write its keys."""
    if not is_warm():
        progress.say("compiling kernels, once for this installation (half a minute)")
        warm()
    if not files.exists(folder.path("task.json")):
        resources = fetch_resources(recipe, folder)
        load_all(recipe, folder, resources)
        tokenizer = prepare_tokenizer(recipe, folder, found, progress.say)
        folder.write_units(units)
        sizes, share = look_ahead(units, recipe.source)
        expected = len(sizes) / share if share else 0.0
        content = {
            "limit": min(1.0, _SAFETY * settings.probes / expected) if expected else 1.0,
            "backend": tokenizer["backend"],
            "tokenizer": attempt.sha256(files.read_bytes(folder.path("tokenizer.json"))),
            "resources": [asdict(entry) for entry in resources],
        }
        folder.write_json("task.json", content)
    with progress.watch("probe: reading", 0, units):
        survey(engine, folder, len(units), partial(read_keys, _task(recipe, folder, settings)))


def _task(recipe: Recipe, folder: RunDirectory, settings: Settings) -> Task:
    known = folder.read_json("task.json")
    tokenizer = FetchedResource("tokenizer", "file", "", "tokenizer.json", known["tokenizer"])
    resources = tuple(FetchedResource(**entry) for entry in known["resources"])
    return Task(
        folder, dump_recipe(recipe), settings.seed, known["limit"], tokenizer, known["backend"], resources
    )


def look(
    recipe: Recipe, units: Sequence[Unit], folder: RunDirectory, settings: Settings, engine: Engine, say: Say
) -> dict[str, Any]:
    """Draw the probes, find their groups, and estimate; from the key files alone."""
    counted = _counted(folder, len(units))
    documents, raw = counted["read", "in"]
    if not documents:
        raise UserError("there is no document in this input")
    stages = tuple(deduplicators(recipe.stages))
    small = engine.for_small_work() if documents < 1_000_000 else engine
    pool_files = KeyFiles(folder, stages, len(units), documents, small)
    limit = folder.read_json("task.json")["limit"]
    below = min(settings.probes / documents, limit)
    found = find_neighbours(pool_files, below, settings.most, settings.hops, say)
    keyed = [counted.get((stage.label, "keys"), (0, 0))[0] for stage in stages]
    shares = [min(1.0, _KEYS / max(1, count)) for count in keyed]
    tallies = pool_files.keyspace(shares)
    spaces = tuple(Keyspace(*entry) for entry in zip(tallies, shares, keyed, strict=True))
    passing, final = counted.get(("tokenize", "in"), (0, 0))
    pool = Pool(documents, raw, passing, final, spaces)
    slow = slow_filters(recipe.stages)
    estimates = Estimates(found, pool, [slow_column(stage) for stage in slow])
    if not len(estimates.probes):
        raise UserError("no probe was drawn; ask for more with --probes")
    retention = estimates.retention()
    return {
        "recipe": recipe.name,
        "seed": settings.seed,
        "probes": len(estimates.probes),
        "pool": {
            "documents": documents,
            "bytes": raw,
            "tokens": round(raw * estimates.tokens_per_byte()),
            "languages": _languages(folder, len(units)),
        },
        "retention": {name: made["estimate"] for name, made in retention.items()},
        "method": {name: made["method"] for name, made in retention.items()},
        "estimators": {
            name: {way: made[way] for way in ("sampled", "two_phase")} for name, made in retention.items()
        },
        "deduplicators": [
            {"name": stage.label, **estimates.deduplicator(at)} for at, stage in enumerate(stages)
        ],
        "filters": _filters(recipe, counted, estimates),
        "curve": estimates.curve(),
        "warnings": _warnings(recipe, settings, estimates, documents),
    }


def _filters(
    recipe: Recipe, counted: dict[tuple[str, str], tuple[int, int]], estimates: Estimates
) -> dict[str, dict[str, Any]]:
    """What each filter and editor lets through of what reaches it where no duplicate has been dropped."""
    made: dict[str, dict[str, Any]] = {}
    for stage in recipe.stages:
        if not isinstance(stage, Filter | Editor):
            continue
        came, went = (counted.get((stage.label, outcome), (0, 0)) for outcome in ("in", "out"))
        if isinstance(stage, Filter) and stage.slow:
            kept = {"documents": estimates.slow_filter(slow_column(stage))}
            made[stage.label] = {"measured_on": "probes", "kept": kept}
            continue
        shares = [out / into if into else 1.0 for out, into in zip(went, came, strict=True)]
        kept = {
            name: asdict(Estimate(share, share, share))
            for name, share in zip(("documents", "bytes"), shares, strict=True)
        }
        made[stage.label] = {
            "measured_on": "all",
            "in": {"documents": came[0], "bytes": came[1]},
            "out": {"documents": went[0], "bytes": went[1]},
            "kept": kept,
        }
    return made


def _warnings(recipe: Recipe, settings: Settings, estimates: Estimates, documents: int) -> list[str]:
    warnings = []
    if len(estimates.probes) < min(FEW_PROBES, documents):
        warnings.append(
            f"There are {len(estimates.probes)} probes. Below {FEW_PROBES:,} the intervals are rough; ask for more "
            "with --probes."
        )
    if estimates.partial:
        warnings.append(
            f"The groups of {percent(estimates.partial)} of the probes are not known in full (they have more than "
            f"{settings.most:,} members, or go on after {settings.hops} steps). The intervals reach down as if these "
            "groups left nothing."
        )
    if estimates.largest > _LARGEST:
        warnings.append(
            f"One probe holds {percent(estimates.largest)} of the probes' bytes: what is said of bytes and tokens "
            "hangs on few long documents."
        )
    if not deduplicators(recipe.stages):
        warnings.append("This recipe removes no duplicates, and a plain sample would have told as much.")
    if slow_filters(recipe.stages):
        names = ", ".join(stage.label for stage in slow_filters(recipe.stages))
        warnings.append(
            f"Of {names} only the probes were asked. Each probe's verdict stands for its whole group, whose members "
            "are copies or nearly so."
        )
    return warnings


def _counted(folder: RunDirectory, units: int) -> dict[tuple[str, str], tuple[int, int]]:
    """Documents and bytes by stage and outcome."""
    table = (
        _ledger(folder, units)
        .group_by(["stage", "outcome"])
        .aggregate([("documents", "sum"), ("bytes", "sum")])
    )
    return {
        (row["stage"], row["outcome"]): (row["documents_sum"], row["bytes_sum"]) for row in table.to_pylist()
    }


def _ledger(folder: RunDirectory, units: int) -> pa.Table:
    return pa.concat_tables(each_at_once(files.read_table, [folder.ledger(0, unit) for unit in range(units)]))


def _languages(folder: RunDirectory, units: int) -> dict[str, dict[str, int]]:
    """Documents and bytes as they were read, by language; those first of which there are most bytes."""
    table = _ledger(folder, units).filter(pc.field("stage") == "read")
    added = table.group_by("language").aggregate([("documents", "sum"), ("bytes", "sum")])
    rows = sorted(added.to_pylist(), key=lambda row: (-row["bytes_sum"], row["language"]))
    return {row["language"]: {"documents": row["documents_sum"], "bytes": row["bytes_sum"]} for row in rows}
