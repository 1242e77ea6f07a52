"""`assay sample`: documents drawn at random from all of the input, as files that a run reads.

Every document is read and has a priority, its draw (`pipeline.planning.draw`) over its weight, which is 1 or its bytes of
text; the lowest priorities are the sample. With weights that is sequential Poisson sampling (Ohlsson, J. Official
Statistics 14, 1998): a document is in it with probability min(1, c weight), where c is the first priority that is not.

Two passes: each unit writes its documents below a limit that is surely high enough, as far as a look into the input can
tell; then the threshold is known, and the files are written. A limit that was too low is raised, and all is read again.
"""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from rich.console import Console

from pipeline import files
from pipeline.attempt import sha256
from pipeline.dedup.parts import row_ids
from pipeline.dedup.steps import Steps
from pipeline.engine import Engine, workers_for
from pipeline.errors import UserError
from pipeline.lock import locked
from pipeline.passes.writers import BatchWriter
from pipeline.planning.draw import draws
from pipeline.planning.survey import chunks_of, look_ahead, survey
from pipeline.progress import RunProgress
from pipeline.report.numbers import count, size
from pipeline.rundir import RunDirectory
from pipeline.sources.config import Source
from pipeline.sources.inputs import describe_inputs, find_files
from pipeline.sources.own import DESCRIPTION, OWN, file_name
from pipeline.sources.plan import check_first_records, plan_units
from pipeline.sources.unit import Unit
from pipeline.stores import each_at_once

By = Literal["documents", "bytes"]

_NUMBER = re.compile(r"(\d+(?:\.\d+)?(?:e\d+)?)\s*([kmgt])?b?", re.IGNORECASE)
_WORK = "_unfinished"  # a name that readers of the folder pass over
_SETTINGS = "settings.json"
_PRIORITY, _PLACE, _BYTES = "sample.priority", "sample.place", "sample.bytes"
_SAFETY = 3.0  # times the limit that the look into the input gives
_RAISED = 8.0
_FILE_BYTES = 32 << 20  # of text
_GROUP_BYTES = 4 << 20


@dataclass(frozen=True)
class Draw:
    """What is asked for: so many documents, or so many bytes of text, each document with the same probability or in
    proportion to its bytes."""

    documents: int | None
    bytes: int | None
    by: By
    seed: int

    @property
    def amount(self) -> int:
        return self.documents or self.bytes or 0


@dataclass(frozen=True)
class _Candidates:
    """All candidates by priority: the priorities, the row ids, the bytes of text."""

    priority: NDArray[np.float64]
    row: NDArray[np.uint64]
    bytes: NDArray[np.int64]

    def taken(self, draw: Draw) -> int:
        """How many of them are the sample; one more than there are if they do not suffice."""
        if draw.documents:
            return min(draw.documents, len(self.row) + 1)
        before = np.concatenate([[0], np.cumsum(self.bytes)])
        return int(np.searchsorted(before, draw.amount))


def parse_draw(documents: str | None, size: str | None, by: str, seed: int) -> Draw:
    """What the command line asks for.

    Raises:
        UserError: not exactly one of documents and size, or what is none.
    """
    if (documents is None) == (size is None):
        raise UserError("say how much to draw: either --documents 200k or --bytes 1GB")
    if by not in ("documents", "bytes"):
        raise UserError(f"--by: `{by}` is neither `documents` nor `bytes`")
    chance: By = "bytes" if by == "bytes" else "documents"
    if documents is not None:
        return Draw(parse_number(documents, "--documents"), None, chance, seed)
    return Draw(None, parse_number(size or "", "--bytes"), chance, seed)


def parse_number(text: str, option: str) -> int:
    """A whole number above zero from `200k`, `1M`, `1GB`, `1.5e6` or plain digits; units are of 1,000.

    Raises:
        UserError: it is none; the message names the option.
    """
    match = _NUMBER.fullmatch(text.strip())
    value = float(match[1]) * 1000 ** " kmgt".index((match[2] or " ").lower()) if match else 0.0
    if not 1 <= value < 2**62:
        raise UserError(f"{option}: {text!r} is no number above zero; write 200k, 1M, 1GB or digits")
    return round(value)


def sample(
    source: Source, inputs: Sequence[str], out: str, draw: Draw, engine: Engine, console: Console
) -> dict[str, Any]:
    """Draw a sample of the input into the folder `out`, and give its description, which is `sample.json` there.

    Raises:
        UserError: the input or the folder is at fault.
        AssayError: reading failed; the same command goes on from there.
    """
    folder = RunDirectory(files.absolute(out))
    files.check_writable(folder.url)
    found = find_files(inputs, source)
    units = plan_units(found, source)
    check_first_records(units, source)
    settings = {
        "draw": asdict(draw),
        "source": source.model_dump(mode="json"),
        "inputs": [asdict(entry) for entry in describe_inputs(found)],
    }
    done = _check_folder(folder, settings)
    if done:
        return done
    work = RunDirectory(folder.path(_WORK))
    progress = RunProgress(console, work)
    with locked(folder, progress.say):
        files.remove_unfinished(folder.url)
        if not files.exists(work.path(_SETTINGS)):
            work.write_units(units)
            work.write_json(_SETTINGS, settings)
        engine = Engine(workers_for(engine.workers, units), engine.options)
        made = _draw(folder, work, source, draw, units, engine, progress)
        made["inputs"] = list(inputs)
        made["pool"] |= {"stored_bytes": sum(max(0, file.bytes) for file in found), "files": len(found)}
        made["settings"] = _digest(settings)
        folder.write_json(DESCRIPTION, made)
        files.remove(work.url)
    return made


def _check_folder(folder: RunDirectory, settings: dict[str, Any]) -> dict[str, Any] | None:
    """What is there already of this very sample, if it is complete.

    Raises:
        UserError: the folder holds something else.
    """
    if files.exists(folder.path(DESCRIPTION)):
        known: dict[str, Any] = orjson.loads(files.read_bytes(folder.path(DESCRIPTION)))
        if known.get("settings") == _digest(settings):
            return known
        raise UserError(f"{folder.url} holds another sample; give another --out, or remove that folder")
    begun = folder.path(_WORK, _SETTINGS)
    if files.exists(begun):
        if orjson.loads(files.read_bytes(begun)) == settings:
            return None
        raise UserError(
            f"{folder.url} holds the beginning of another sample, of other input or with other options; "
            "give another --out, or remove that folder"
        )
    strangers = [name for name in files.names(folder.url) if not name.startswith(".") and name != _WORK]
    if strangers:
        raise UserError(f"{folder.url} is not empty (it holds {strangers[0]}); give another --out")
    return None


def _digest(settings: dict[str, Any]) -> str:
    return sha256(orjson.dumps(settings, option=orjson.OPT_SORT_KEYS))


def _draw(
    folder: RunDirectory,
    work: RunDirectory,
    source: Source,
    draw: Draw,
    units: list[Unit],
    engine: Engine,
    progress: RunProgress,
) -> dict[str, Any]:
    limit = _begun(work, lambda: _first_limit(units, source, draw))
    while True:
        with progress.watch("sample: reading", 0, units):
            survey(engine, work, len(units), partial(write_candidates, work, source, draw, limit))
        found = _candidates(work, len(units))
        taken = found.taken(draw)
        if taken < len(found.row) or limit >= 1:
            break
        progress.say("the first files have other documents than the rest: reading again with a wider net")
        limit = min(1.0, _RAISED * limit)
        for name in ("ledger", "parts", ".progress"):
            files.remove(work.path(name))
        work.write_json("limit.json", limit)
    taken = min(taken, len(found.row))
    whole = taken == len(found.row)
    names = _write_files(folder, work, found, taken, engine)
    counted = _counted(work, len(units))
    rate = taken / max(1, int(counted["documents"]))
    inclusion = (
        {"rate": rate}
        if draw.by == "documents"
        else {"per_byte": 1.0 if whole else float(found.priority[taken])}
    )
    return {
        "assay": importlib.metadata.version("assay"),
        "by": draw.by,
        "seed": draw.seed,
        "inputs": [],
        "pool": {name: int(counted[name]) for name in ("documents", "bytes", "unreadable")},
        "sample": {"documents": taken, "bytes": int(found.bytes[:taken].sum())},
        **inclusion,
        "files": names,
    }


def _begun(work: RunDirectory, first: Any) -> float:
    """The limit that an earlier attempt was at, or the first."""
    if not files.exists(work.path("limit.json")):
        work.write_json("limit.json", first())
    return float(work.read_json("limit.json"))


def _first_limit(units: Sequence[Unit], source: Source, draw: Draw) -> float:
    """Some times the priority below which so much of the input lies as is asked for, as its first documents say."""
    sizes, share = look_ahead(units, source)
    weights = np.maximum(sizes, 1) if draw.by == "bytes" else np.ones(len(sizes))
    gains = sizes if draw.documents is None else np.ones(len(sizes))
    expected = float((weights * gains).sum()) / share if share else 0.0
    return min(1.0, _SAFETY * draw.amount / expected) if expected else 1.0


def write_candidates(work: RunDirectory, source: Source, draw: Draw, limit: float, unit: Unit) -> None:
    """Write the documents of a unit below the limit, with their priorities; commit by what the unit holds in all."""
    totals = dict.fromkeys(("documents", "bytes", "unreadable"), 0)
    with BatchWriter(work.part(0, unit.index), _candidate_schema()) as part:
        for first, chunk in chunks_of(work, unit, source):
            sizes = _sizes(chunk.documents)
            priority = draws(draw.seed, unit, first, len(sizes))
            if draw.by == "bytes":
                priority = priority / np.maximum(sizes, 1)
            below = np.flatnonzero(priority < limit)
            documents = chunk.documents.select(OWN.names).take(pa.array(below))
            columns = [
                *documents.columns,
                pa.array(priority[below]),
                pa.array(first + below),
                pa.array(sizes[below]),
            ]
            part.write(pa.RecordBatch.from_arrays(columns, schema=_candidate_schema()))
            totals["documents"] += len(sizes)
            totals["bytes"] += int(sizes.sum())
            totals["unreadable"] += sum(record.kind == "unreadable" for record in chunk.unreadable)
    counted = {name: pa.array([value]) for name, value in totals.items()}
    files.write_table(work.ledger(0, unit.index), pa.table(counted))


def _candidate_schema() -> pa.Schema:
    return pa.schema([*OWN, (_PRIORITY, pa.float64()), (_PLACE, pa.int64()), (_BYTES, pa.int64())])


def _sizes(batch: pa.RecordBatch) -> NDArray[np.int64]:
    return np.asarray(pc.binary_length(batch.column("text")), np.int64)


def _candidates(work: RunDirectory, units: int) -> _Candidates:
    def read(unit: int) -> tuple[NDArray[np.float64], NDArray[np.uint64], NDArray[np.int64]]:
        table = files.read_table(work.part(0, unit), [_PRIORITY, _PLACE, _BYTES])
        priority, place, size = (column.to_numpy() for column in table.columns)
        return priority, row_ids(unit, place), size

    read_units = list(each_at_once(read, range(units)))
    priority, row, sizes = (np.concatenate(columns) for columns in zip(*read_units, strict=True))
    order = np.lexsort((row, priority))
    return _Candidates(priority[order], row[order], sizes[order])


def _counted(work: RunDirectory, units: int) -> dict[str, int]:
    tables = each_at_once(files.read_table, [work.ledger(0, unit) for unit in range(units)])
    return {name: int(np.sum(column)) for name, column in pa.concat_tables(tables).to_pydict().items()}


def _write_files(
    folder: RunDirectory, work: RunDirectory, found: _Candidates, taken: int, engine: Engine
) -> list[str]:
    """The files of the sample, in the order of the input: of neighbouring units, some megabytes each."""
    order = np.argsort(found.row[:taken])
    rows, sizes = found.row[:taken][order], found.bytes[:taken][order]
    number = (np.cumsum(sizes) - sizes) // _FILE_BYTES
    unit = (rows >> np.uint64(32)).astype(np.int64)
    # A unit is written into one file, so that the files are those of ranges of units.
    first_of_unit = np.searchsorted(unit, unit)
    _, number = np.unique(number[first_of_unit] if len(rows) else number, return_inverse=True)
    files_ = int(number.max()) + 1 if len(rows) else 1
    for at in range(files_):
        chosen = pa.table({"row": rows[number == at]})
        files.write_table(work.path("chosen", f"{at:06d}.parquet"), chosen)

    def build(pipeline: Any) -> None:
        Steps(pipeline).each("Write sample", range(files_), write_file, folder, work)

    small = engine.for_small_work() if files_ == 1 else engine
    small.run(build)
    return [file_name(at) for at in range(files_)]


def write_file(at: int, folder: RunDirectory, work: RunDirectory) -> Iterator[object]:
    """Write one file of the sample out of the candidates."""
    rows = files.read_table(work.path("chosen", f"{at:06d}.parquet"))["row"].to_numpy()
    units = (rows >> np.uint64(32)).astype(np.int64)
    with BatchWriter(folder.path(file_name(at)), OWN) as writer, _gathered(writer) as gathered:
        for unit in np.unique(units).tolist():
            places = (rows[units == unit] & np.uint64(0xFFFFFFFF)).astype(np.int64)
            with files.open_read(work.part(0, unit)) as file:
                for batch in pq.ParquetFile(file).iter_batches():
                    wanted = np.isin(batch.column(_PLACE).to_numpy(), places)
                    gathered.append(batch.filter(pa.array(wanted)).select(OWN.names))
                    if sum(held.nbytes for held in gathered) > _GROUP_BYTES:
                        _flush(writer, gathered)
    return iter(())


@contextmanager
def _gathered(writer: BatchWriter) -> Iterator[list[pa.RecordBatch]]:
    """Batches that wait to be written as one; the last of them are when the body ends."""
    held: list[pa.RecordBatch] = []
    yield held
    _flush(writer, held)


def _flush(writer: BatchWriter, held: list[pa.RecordBatch]) -> None:
    if held:
        table = pa.Table.from_batches(held).combine_chunks()
        for batch in table.to_batches():
            writer.write(batch.cast(OWN))
        held.clear()


def print_sample(made: dict[str, Any], folder: str, console: Console) -> None:
    """What was drawn, in a few lines."""
    drawn, pool = made["sample"], made["pool"]
    how = "each document alike" if made["by"] == "documents" else "in proportion to its bytes"
    console.print(
        f"{count(drawn['documents'])} of {count(pool['documents'])} documents, "
        f"{size(drawn['bytes'])} of {size(pool['bytes'])} of text, {how}."
    )
    if pool["unreadable"]:
        console.print(f"{count(pool['unreadable'])} records could not be read and are in neither.")
    console.print(f"Go on with: assay run RECIPE {folder} --out runs/pilot", soft_wrap=True)
