"""The constants of docs/scaling.md, measured here, and what follows from them for a crawl.

    python benchmarks/scaling.py run runs/pilot            # bytes that crossed shuffles in a run, per document
    python benchmarks/scaling.py partitions                # a barrier's blocks and fullest partitions, at full size
    python benchmarks/scaling.py driver --units 90000      # what the driver does for so many units (writes 180,000 files)
    python benchmarks/scaling.py crawl --ms 1.1            # core-hours and shuffled bytes of a crawl

`partitions` and `driver` take the crawl's size from `--units` and `--documents`; nothing else in them is assumed: the
real functions work on data of the real layout, of which `partitions` makes one group and one partition.
"""

from __future__ import annotations

import resource
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import typer
from numpy.typing import NDArray

from pipeline import files
from pipeline.dedup import candidates, keepers
from pipeline.dedup.blocks import partition, route
from pipeline.dedup.layout import Layout, group_size
from pipeline.dedup.packing import pack
from pipeline.dedup.parts import Parts
from pipeline.ledger import LEDGER
from pipeline.ledger_files import listing
from pipeline.passes.compact import compact_range
from pipeline.passes.writers import UNREADABLE
from pipeline.report.build import build_report
from pipeline.rundir import RunDirectory, StageEntry
from pipeline.sources.unit import Unit
from pipeline.tallies.table import rows

Units = Annotated[int, typer.Option(help="Units, such as WET files.")]
Documents = Annotated[float, typer.Option(help="Documents that reach the deduplicator.")]
BEAM_KEY = 8  # bytes of the integer key beside each block
BANDS = 14

app = typer.Typer(help=__doc__, pretty_exceptions_enable=False)


@app.command()
def run(directory: Path) -> None:
    """Bytes per document that crossed each shuffle of a run's deduplicators."""
    documents = orjson.loads((directory / "report.json").read_bytes())
    reached = {stage["name"]: stage["in"]["documents"] for stage in documents["stages"]}
    for done in sorted(directory.glob("duplicates/*/done.json")):
        summary = orjson.loads(done.read_bytes())
        count = reached[done.parent.name]
        print(f"{done.parent.name}: {count:,} documents")
        for step, crossed in summary["shuffled"].items():
            print(
                f"  {step:18} {crossed['bytes'] / count:8.3f} B/document, largest inbox {crossed['inbox']:,} B"
            )
        total = sum(crossed["bytes"] for crossed in summary["shuffled"].values())
        print(f"  {'all':18} {total / count:8.3f} B/document")


@app.command()
def partitions(units: Units = 90_000, documents: Documents = 3e9) -> None:
    """Blocks that one group sends, and the memory of one full partition, in the layout of so many documents."""
    layout = Layout(Parts("parts", units), (), int(documents), group_size(units, int(documents)))
    print(f"{layout.size} parts in a group, {layout.groups:,} groups")
    draw = np.random.default_rng(0)
    here = int(documents / units) * layout.size  # documents of one group
    band_partitions = layout.partitions(BANDS * layout.rows, 2)
    copy_partitions = layout.partitions(layout.rows, 6)
    ids = np.concatenate(
        [
            np.uint64(unit << 32) + np.arange(here // layout.size, dtype=np.uint64)
            for unit in range(layout.size)
        ]
    )
    _sent("bands", band_partitions, [_keys(draw, here * BANDS), np.repeat(ids, BANDS)], here)
    ones = np.ones(here, np.uint64)
    _sent("copies", copy_partitions, [_keys(draw, here), _keys(draw, here), ids, ids, ones, ones], here)

    count = layout.rows * BANDS // band_partitions
    key, row = _keys(draw, count, repeated=8), _ids(draw, count, units)
    blocks = [pack([key[at : at + 280], row[at : at + 280]]) for at in range(0, count, 280)]
    with _measured(f"a partition of {count:,} band keys, {sum(map(len, blocks)) >> 20} MB packed"):
        sum(1 for _ in candidates.candidates(0, iter(blocks), layout))
    count = layout.rows // copy_partitions
    key, row = _keys(draw, count, repeated=8), _ids(draw, count, units)
    none = np.zeros(count, np.uint64)
    columns = [key, key, none, row, row, none + np.uint64(1), none]
    blocks = [pack([column[at : at + 90] for column in columns]) for at in range(0, count, 90)]
    with _measured(f"a partition of {count:,} sets of copies, {sum(map(len, blocks)) >> 20} MB packed"):
        sum(1 for _ in keepers.choose(0, iter(blocks), layout))


def _sent(name: str, count: int, columns: list[NDArray[np.uint64]], documents: int) -> None:
    started = time.process_time()
    sizes = [len(block) + BEAM_KEY for _, block in route(partition(columns[0], count), columns)]
    seconds = time.process_time() - started
    print(
        f"{name}: {count:,} partitions, blocks of {np.mean(sizes):,.0f} B, {sum(sizes) / documents:.1f} B/document, "
        f"{seconds / documents * 1e6:.1f} CPU s per million documents"
    )


def _keys(draw: np.random.Generator, count: int, repeated: int = 0) -> NDArray[np.uint64]:
    """Random keys, of which one in `repeated` stands twice."""
    keys = draw.integers(0, 2**64, count, dtype=np.uint64)
    if repeated:
        keys[: count // repeated] = keys[count // 2 : count // 2 + count // repeated]
    return keys


def _ids(draw: np.random.Generator, count: int, units: int) -> NDArray[np.uint64]:
    rows = draw.integers(0, 1 << 15, count).astype(np.uint64)
    return draw.integers(0, units, count).astype(np.uint64) << np.uint64(32) | rows


@app.command()
def driver(units: Units = 90_000) -> None:
    """Listing, compaction and report of a run directory of so many units: real files, tiny tables."""
    folder = Path(tempfile.mkdtemp(prefix="assay-scaling-"))
    try:
        directory = RunDirectory(str(folder))
        with _measured(f"writing the files of {units:,} units"):
            _write_run(directory, units)
        with _measured("reading the list of units"):
            directory.units()
        with _measured("listing a pass"):
            listing(directory, 0).done(units)
        ranges = -(-units // 1000)
        with _measured(f"compacting both passes, {2 * ranges} ranges, one after the other"):
            for number in (0, 1):
                for at in range(ranges):
                    compact_range(directory, number, units, at)
        with _measured("the report"):
            build_report(directory)
    finally:
        shutil.rmtree(folder)


def _write_run(run: RunDirectory, count: int) -> None:
    names = ["read", "language_filter", "gopher_quality", "fineweb", "dedup_minhash", "tokenize"]
    kinds = ["source", "filter", "filter", "filter", "deduplicator", "tokenizer"]
    stages = [
        StageEntry(name, name, kind, int(at > 3))
        for at, (name, kind) in enumerate(zip(names, kinds, strict=True))
    ]
    path = "s3://crawl/segments/1715971057216.39/wet/CC-MAIN-20240517233122-20240518023122-{:05d}.warc.wet.gz"
    all_units = [Unit(at, path.format(at), "wet", 0, 80_000_000, 80_000_000) for at in range(count)]
    run.write_units(all_units)
    inputs = [{"path": unit.path, "bytes": unit.bytes, "fingerprint": "0" * 32} for unit in all_units]
    tokenizer = {"backend": "gigatoken", "vocabulary_size": 50_000, "note": ""}
    run.write_json(
        "manifest.json",
        {"assay": "", "recipe": {"name": "crawl"}, "inputs": inputs, "stages": [s.to_json() for s in stages]}
        | {"tokenizer": tokenizer},
    )
    languages = [f"l{number:02d}" for number in range(120)] + ["en"]
    for number in (0, 1):
        here = [stage for stage in stages if stage.number == number]
        keys = [(s.label, outcome, "", lang) for s in here for outcome in ("in", "out") for lang in languages]
        columns = [pa.array(column) for column in zip(*sorted(keys), strict=True)]
        ones = [pa.array(np.ones(len(keys), np.int64))] * 4
        Path(run.path("ledger", str(number))).mkdir(parents=True)
        for unit in range(count):
            here_unit = pa.array(np.full(len(keys), unit))
            table = pa.Table.from_arrays(
                [here_unit, *columns, pa.array(["crawl"] * len(keys)), *ones], schema=LEDGER
            )
            pq.write_table(table, run.ledger(number, unit), compression="zstd")
        _write_tallies(run, number, count)
    Path(run.path("unreadable")).mkdir()
    skipped = {
        "path": "x",
        "offset": 1,
        "kind": "skipped",
        "cause": "record_type",
        "detail": "a warcinfo record",
    }
    pq.write_table(pa.Table.from_pylist([skipped] * 3, schema=UNREADABLE), run.unreadable(0))
    for unit in range(1, count):
        shutil.copyfile(run.unreadable(0), run.unreadable(unit))


def _write_tallies(run: RunDirectory, number: int, count: int) -> None:
    """As many rows as a unit of a crawl has: some 12,000 of measures, 3,000 of languages, and 5,000 hosts of a
    million. There are 16 different files."""
    draw = np.random.default_rng(number)
    bins, groups = np.arange(1800, 1950), np.arange(64)
    keys = [
        *(("measure", "gopher_quality", f"m{at}", "right") for at in range(40)),
        *(("bound", "gopher_quality", f"m{at}", str(at)) for at in range(40)),
    ]
    languages = [
        ("replicate", ("read", "tokenize")[number], ("in", "out")[number], f"l{at:02d}") for at in range(50)
    ]
    Path(run.path("tallies", str(number))).mkdir(parents=True)
    for unit in range(min(16, count)):
        names = np.unique(draw.zipf(1.2, 15_000) % 1_000_000)
        hosts = [("host", *languages[0][1:3], f"www.example-{name}.com") for name in names]
        all_keys = [*keys, *languages, *hosts]
        counts = [len(bins)] * len(keys) + [len(groups)] * len(languages) + [1] * len(hosts)
        places = np.concatenate(
            [np.tile(bins, len(keys)), np.tile(groups, len(languages)), np.zeros(len(hosts), int)]
        )
        table = rows(all_keys, counts, places, draw.integers(1, 1000, (4, len(places))).astype(np.float64))
        files.write_table(run.tallies(number, unit), table)
    for unit in range(16, count):
        shutil.copyfile(run.tallies(number, unit % 16), run.tallies(number, unit))


@contextmanager
def _measured(what: str) -> Iterator[None]:
    before, started, used = _peak(), time.perf_counter(), time.process_time()
    yield
    print(
        f"{what}: {time.perf_counter() - started:.1f} s, {time.process_time() - used:.1f} CPU s, "
        f"peak of the process {_peak():,} MB ({before:,} before)"
    )


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


@app.command()
def crawl(
    ms: Annotated[float, typer.Option(help="CPU milliseconds of pass 1 per document, from a pilot.")] = 1.1,
    units: Units = 90_000,
    documents: Documents = 3e9,
    kept: Annotated[float, typer.Option(help="Share of the documents that reach the deduplicator.")] = 0.2,
    pairs: Annotated[float, typer.Option(help="Pairs of differing signatures per document there.")] = 2.0,
) -> None:
    """What a crawl needs, by measured constants: see docs/scaling.md for each."""
    reached = documents * kept
    rows = [
        ("pass 1", documents * ms / 3.6e6, "core-hours"),
        ("barrier, 6 CPU s per million documents", reached * 6e-6 / 3600, "core-hours"),
        ("pass 2, 0.1 ms per document", reached * 1e-4 / 3600, "core-hours"),
        ("shuffle: copies 25 B, bands 156 B", reached * 181 / 1e12, "TB"),
        (
            f"shuffle: {pairs:g} pairs of 13 B and, at worst, 1.03 kB each",
            reached * pairs * 1043 / 1e12,
            "TB",
        ),
        ("files at the end, 5 a unit", units * 5 * 1.001, "files"),
        ("driver, 0.5 kB a unit", units * 0.5 / 1000, "MB"),
    ]
    for what, amount, unit in rows:
        print(f"{what:62} {amount:12,.1f} {unit}")


if __name__ == "__main__":
    app()
