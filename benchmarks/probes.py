"""How near a probe comes to a run: what `assay probe` says of a pool, beside what `assay run` leaves of it.

    python -m benchmarks.probes                    # forum posts with planted re-crawls, 20,000 and 2,000 probes
    python -m benchmarks.probes --documents posts.jsonl.gz --probes 5000

The pool is the documents, some of which were crawled again: up to 300 times, the more times the fewer, as they were or with
some words changed, at the same address or another. Each recipe is run on it once, which gives the truth. Then it is probed
by the command, whose core-seconds are those of all its processes; and on one more reading by twenty draws of a tenth as
many probes, to see how often the intervals hold the truth.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
import yaml

from benchmarks.documents import ROOT, _read, default_documents, write_lines
from benchmarks.fineweb_run import make_recipe
from benchmarks.processes import Watched, watch
from benchmarks.stages import RESULTS, DocumentFiles, Json, Quick
from benchmarks.table import Row, progress, show, write

TITLE = "Probes: retention of the whole pool, against a run of it (per cent)"
RECIPES = ("quickstart", "fineweb")
PROBES = 20_000
REPEATS, SHARE = 20, 10  # draws of a tenth as many probes
NEAR = 1.0  # percentage points
COVERED = 0.9  # of twenty intervals of 95 %: fewer are seen once in a hundred times
FILES = 8
RECRAWLED, MOST_COPIES, EXPONENT = 0.05, 300, 1.6


def plant(paths: Sequence[Path], folder: Path, limit: int | None = None, seed: int = 0) -> int:
    """The pool as JSON Lines files in this folder; the number of documents."""
    draw = random.Random(seed)
    pool: list[dict[str, Any]] = []
    for number, document in enumerate(_read(paths)):
        if number == limit:
            break
        pool.append(document)
        if draw.random() < RECRAWLED:
            pool += _crawled_again(document, _copies(draw), draw)
    draw.shuffle(pool)
    folder.mkdir(parents=True)
    for file in range(FILES):
        write_lines(folder / f"part-{file:05d}.jsonl", pool[file::FILES])
    return len(pool)


def _copies(draw: random.Random) -> int:
    """From 1 to `MOST_COPIES`, with probabilities that fall as a power (Zipf)."""
    while True:
        copies = int(draw.paretovariate(EXPONENT - 1))
        if copies <= MOST_COPIES:
            return copies


def _crawled_again(document: dict[str, Any], copies: int, draw: random.Random) -> Iterator[dict[str, Any]]:
    words = document["text"].split(" ")
    for copy in range(copies):
        text = document["text"]
        if draw.random() < 0.7:
            edited = list(words)
            for place in draw.sample(range(len(words)), 1 + len(words) // 200):
                edited[place] = f"edited{draw.randrange(10**6)}"
            text = " ".join(edited)
        address = (
            document["url"] if draw.random() < 0.5 else f"{document['url']}?session={draw.randrange(10**9)}"
        )
        yield {
            "id": f"{document['id']}-{copy}",
            "url": address,
            "text": text,
            "date": f"{2014 + copy % 10}-05-01",
        }


def measure(documents: Sequence[Path], probes: int, folder: Path, limit: int | None = None) -> list[Row]:
    """For each recipe the truth, the probe, and how the draws of fewer probes spread."""
    progress("probes: writing the pool")
    pool = folder / "pool"
    count = plant(documents, pool, limit)
    megabytes = sum(file.stat().st_size for file in pool.iterdir()) / 1e6
    _, tokenizer = make_recipe(pool / "part-00000.jsonl", folder)
    rows = []
    for name in RECIPES:
        recipe = folder / f"{name}.yaml"
        settings = yaml.safe_load((ROOT / f"configs/{name}.yaml").read_text())
        recipe.write_text(
            yaml.safe_dump({**settings, "tokenizer": {"file": str(tokenizer)}}, sort_keys=False)
        )
        progress(f"probes: {name}: a run of {count:,} documents")
        ran = _assay("run", recipe, pool, "--out", folder / "run")
        truth = _truth(folder / "run")
        progress(f"probes: {name}: {probes:,} probes")
        probed = _assay("probe", recipe, pool, "--probes", probes, "--out", folder / "probe")
        made = orjson.loads((folder / "probe/probe.json").read_bytes())
        rows += _rows(name, made, truth, megabytes, ran, probed)
        rows += _repeated(name, recipe, pool, truth, probes, folder)
        for done in ("run", "probe"):
            shutil.rmtree(folder / done)
    return rows


def _assay(*arguments: object) -> Watched:
    return watch([sys.executable, "-m", "pipeline.cli", *map(str, arguments), "--workers", "2"])


def _truth(run: Path) -> dict[str, float]:
    """The share that is left, in each quantity, and what each deduplicator keeps of the documents that reach it."""
    report = orjson.loads((run / "report.json").read_bytes())
    raw, final = report["totals"]["raw"], report["totals"]["final"]
    truth = {name: final[name] / raw[name] for name in ("documents", "bytes", "tokens")}
    for stage in report["stages"]:
        if stage["kind"] == "deduplicator":
            truth[stage["name"]] = stage["out"]["documents"] / max(1, stage["in"]["documents"])
    return truth


def _rows(
    name: str, made: dict[str, Any], truth: dict[str, float], megabytes: float, ran: Watched, probed: Watched
) -> list[Row]:
    what = f"{name}, {made['probes']:,} probes"
    found = [
        (quantity, estimate, made["method"][quantity]) for quantity, estimate in made["retention"].items()
    ]
    found += [(entry["name"], entry["kept"], "") for entry in made["deduplicators"]]
    rows = []
    for quantity, estimate, method in found:
        error = 100 * (estimate["value"] - truth[quantity])
        rows.append(
            Row(
                what,
                quantity,
                100 * estimate["value"],
                "%",
                megabytes,
                aim=f"within {NEAR:g} point",
                met=abs(error) <= NEAR,
                note=f"{_interval(estimate)}; in truth {100 * truth[quantity]:.2f}, error {error:+.2f} {method}".strip(),
            )
        )
    rows.append(
        Row(what, "core-seconds of the probe", probed.cpu, "s", note=f"{probed.wall:.0f} s on the clock")
    )
    rows.append(Row(what, "core-seconds of the run", ran.cpu, "s", note=f"{ran.wall:.0f} s on the clock"))
    return rows


def _interval(estimate: dict[str, float]) -> str:
    return f"{100 * estimate['low']:.2f} to {100 * estimate['high']:.2f}"


def _repeated(
    name: str, recipe: Path, pool: Path, truth: dict[str, float], probes: int, folder: Path
) -> list[Row]:
    """How often the intervals of draws of a tenth as many probes hold the truth, and how far off the estimates are."""
    found = list(_draws(recipe, pool, max(1, probes // SHARE), folder / "draws"))
    rows = []
    for quantity in ("documents", "bytes", "tokens"):
        estimates = [made["retention"][quantity] for made in found]
        covered = sum(e["low"] <= truth[quantity] <= e["high"] for e in estimates)
        errors = [100 * (e["value"] - truth[quantity]) for e in estimates]
        off = (sum(error**2 for error in errors) / len(errors)) ** 0.5
        plainly = [
            100 * (made["estimators"][quantity]["sampled"]["value"] - truth[quantity]) for made in found
        ]
        plain = (sum(error**2 for error in plainly) / len(plainly)) ** 0.5
        rows.append(
            Row(
                f"{name}, {max(1, probes // SHARE):,} probes, {REPEATS} draws",
                quantity,
                100 * covered / len(found),
                "% covered",
                aim=f">= {100 * COVERED:.0f} %",
                met=covered >= COVERED * len(found),
                note=f"off by {off:.2f} points, {sum(errors) / len(errors):+.2f} in the mean; probes alone by {plain:.2f}",
            )
        )
    shutil.rmtree(folder / "draws")
    return rows


def _draws(recipe: Path, pool: Path, probes: int, folder: Path) -> Iterator[dict[str, Any]]:
    """The results of several draws, all on one reading: each turns the documents' draws round by as much as the one
    before has used."""
    import pyarrow as pa
    from rich.console import Console

    from pipeline import files
    from pipeline.engine import Engine
    from pipeline.planning.probe import probe as probing
    from pipeline.planning.probe.read import key_file
    from pipeline.progress import RunProgress
    from pipeline.recipe import load_recipe
    from pipeline.rundir import RunDirectory
    from pipeline.sources.inputs import find_files
    from pipeline.sources.plan import plan_units

    settings = load_recipe(str(recipe))
    found = find_files([str(pool)], settings.source)
    units = plan_units(found, settings.source)
    run = RunDirectory(str(folder))
    quiet = RunProgress(Console(quiet=True), run)
    wanted = probing.Settings(
        probes * REPEATS * 2
    )  # so that all that are drawn below have been looked at closely
    probing.read(settings, found, units, run, wanted, Engine(2), quiet)
    documents = sum(files.read_table(key_file(run, unit.index), ["draw"]).num_rows for unit in units)
    for draw in range(REPEATS):
        progress(f"probes: {settings.name}: draw {draw + 1} of {REPEATS}")
        yield probing.look(settings, units, run, probing.Settings(probes), Engine(1), lambda _: None)
        for unit in units:
            url = key_file(run, unit.index)
            table = files.read_table(url)
            turned = (table["draw"].to_numpy() - probes / documents) % 1.0
            place = table.schema.get_field_index("draw")
            files.write_table(url, table.set_column(place, "draw", pa.array(turned)))


def run(documents: Sequence[Path], probes: int, limit: int | None = None) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as scratch:
        folder = Path(scratch)
        return measure(documents or default_documents(folder), probes, folder, limit)


def main(
    documents: DocumentFiles = None,
    probes: Annotated[int, typer.Option(help="How many.")] = PROBES,
    quick: Quick = False,
    json: Json = RESULTS / "probes.json",
) -> None:
    """What a probe says, and what is true."""
    rows = run(documents or [], 300 if quick else probes, 2000 if quick else None)
    show(TITLE, rows)
    write(json, rows)


if __name__ == "__main__":
    typer.run(main)
