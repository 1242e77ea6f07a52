"""Examples of what each rule removed, and of what it only just kept: a few documents out of a bounded look at a run.

Nothing here is counted. A run of any size is looked into at no more than `MOST` units, spread evenly over it, and
which documents are shown follows from their ids alone: the same run gives the same examples.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash
from numpy.typing import NDArray

from filters.stage import Filter, Rule
from pipeline import files
from pipeline.batch import MEASURE
from pipeline.explain import find_keeper
from pipeline.recipe import Recipe, load_recipe
from pipeline.rundir import RunDirectory, StageEntry

LEAST, MOST = 16, 64  # units that are looked into
CUT = 400  # characters that are shown of a text
NEAR = 0.5  # a measure is near a bound within this share of it

Key = tuple[str, str]  # stage and reason
_UNSHOWN = ("metadata", "date", "source", "fired")


@dataclass(frozen=True, order=True)
class Candidate:
    """A document that may be shown. The smallest are: the nearest to the bound, then by a hash of the id."""

    margin: float  # 0 for what was removed
    hash: int
    file: str
    group: int  # the row group in the file
    row: int  # in the row group
    place: int  # in the file


@dataclass
class Shortlist:
    """The best `wanted` candidates of each rule; what the candidates' measures went from and to."""

    wanted: int
    best: dict[Key, list[Candidate]] = field(default_factory=dict)
    spans: dict[Key, tuple[float, float]] = field(default_factory=dict)

    def add(self, key: Key, candidates: Sequence[Candidate]) -> None:
        self.best[key] = sorted([*self.best.get(key, ()), *candidates])[: self.wanted]

    def widen(self, key: Key, low: float, high: float) -> None:
        before = self.spans.get(key, (low, high))
        self.spans[key] = (min(low, before[0]), max(high, before[1]))


def example_figures(run: RunDirectory, wanted: int, reasons: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Key `examples` of report.json.

    Args:
        wanted: documents for each rule, and of each sort; at least 1.
        reasons: those of report.json.

    Returns:
        `wanted`; `text`, whether the run kept the text of what it dropped; `units`, how many there are and how many
        were looked into; `removed` and `just_kept`, lists of `{stage, reason, examples}`. An example has `id`, `url`,
        `language`, `tokens`, `text` (at most `CUT` characters of it; null where it was not kept), `measure`,
        `comparison`, `bound` and `value` (null for a deduplicator), and `duplicate_of` (null for a filter).

    Raises:
        UserError: not a run directory.
    """
    recipe = load_recipe(run.path("recipe.yaml"))
    dropped = {(r["stage"], r["reason"]): r["dropped"]["documents"] for r in reasons}
    count = len(run.units())
    stages = run.stages()
    last = max(stage.number for stage in stages)
    rules = _rules(recipe)
    removed, just_kept = Shortlist(wanted), Shortlist(wanted)
    looked = 0
    for unit in spread_units(count):
        if looked >= LEAST and _enough(removed, dropped):
            break
        for number in range(last + 1):
            _add_removed(removed, run.dropped(number, unit))
        _add_just_kept(just_kept, run.part(last, unit), rules)
        looked += 1
    order = [key for stage in stages for key in _keys_of(stage, dropped, rules)]
    with_text = recipe.dropped.text
    return {
        "wanted": wanted,
        "text": with_text,
        "units": {"count": count, "looked_into": looked},
        "removed": _entries(run, recipe, order, removed.best, rules),
        "just_kept": _entries(run, recipe, order, _telling(just_kept), rules),
    }


def spread_units(count: int) -> Iterator[int]:
    """Up to `MOST` of the units 0..count-1, evenly spaced, in an order of which every beginning is spread as well.

    That order is the one by reversed bits (van der Corput).
    """
    places = np.linspace(0, count - 1, min(count, MOST)).round().astype(int).tolist() if count else []
    bits = max(len(places) - 1, 0).bit_length()
    turned = sorted(range(len(places)), key=lambda at: int(f"{at:0{bits}b}"[::-1], 2) if bits else 0)
    return (places[at] for at in turned)


def _rules(recipe: Recipe) -> dict[Key, Rule]:
    """The rule behind each reason, in the order of the recipe; the first where a stage has two of one reason."""
    rules: dict[Key, Rule] = {}
    for stage in recipe.stages:
        if isinstance(stage, Filter):
            for rule in stage.rules():
                rules.setdefault((stage.label, rule.reason), rule)
    return rules


def _keys_of(stage: StageEntry, dropped: dict[Key, int], rules: dict[Key, Rule]) -> list[Key]:
    """The reasons of a stage: those of its rules, in order, then any other that the ledger has."""
    ruled = [key for key in rules if key[0] == stage.label]
    return ruled + sorted(key for key in dropped if key[0] == stage.label and key not in rules)


def _enough(removed: Shortlist, dropped: dict[Key, int]) -> bool:
    return all(
        len(removed.best.get(key, ())) >= min(removed.wanted, documents) for key, documents in dropped.items()
    )


def _add_removed(shortlist: Shortlist, url: str) -> None:
    for group, first, table in _groups(url, ["id", "stage", "reason"]):
        keys = list(zip(table["stage"].to_pylist(), table["reason"].to_pylist(), strict=True))
        hashes = _hashes(table)
        by_key: dict[Key, list[int]] = {}
        for row, key in enumerate(keys):
            by_key.setdefault(key, []).append(row)
        for key, rows in by_key.items():
            chosen = sorted(rows, key=lambda row: hashes[row])[: shortlist.wanted]
            shortlist.add(
                key, [Candidate(0.0, int(hashes[row]), url, group, row, first + row) for row in chosen]
            )


def _add_just_kept(shortlist: Shortlist, url: str, rules: dict[Key, Rule]) -> None:
    """Documents of a last part by how near each is to each bound."""
    named = {key: f"{MEASURE}{key[0]}.{rule.measure}" for key, rule in rules.items()}
    for group, first, table in _groups(url, ["id", *dict.fromkeys(named.values())]):
        hashes = _hashes(table)
        for key, rule in rules.items():
            if named[key] not in table.column_names or rule.comparison == "==":
                continue
            values = table[named[key]].to_numpy().astype(np.float64)
            margins = margin(values, rule.bound)
            passed = values[~np.isnan(values) & ~rule.fires(values)]
            if len(passed):
                shortlist.widen(key, float(passed.min()), float(passed.max()))
            rows = np.flatnonzero((margins <= NEAR) & ~rule.fires(values))
            nearest = rows[np.lexsort((hashes[rows], margins[rows]))[: shortlist.wanted]].tolist()
            shortlist.add(
                key,
                [
                    Candidate(float(margins[row]), int(hashes[row]), url, group, row, first + row)
                    for row in nearest
                ],
            )


def margin(values: NDArray[np.float64], bound: float) -> NDArray[np.float64]:
    """How far each value is from a bound, as a share of the bound; float64, NaN where the value is.

    From a bound of 0 it is the distance itself.
    """
    return np.abs(values - bound) / (abs(bound) or 1.0)


def _telling(shortlist: Shortlist) -> dict[Key, list[Candidate]]:
    """Without the rules whose measure was the same for all: nobody was nearer to the bound than another."""
    return {key: best for key, best in shortlist.best.items() if len(set(shortlist.spans[key])) == 2}


def _groups(url: str, columns: list[str]) -> Iterator[tuple[int, int, pa.Table]]:
    """Each row group with its number and its first row; nothing where there is no such file (a unit not done)."""
    if not files.exists(url):
        return
    with files.open_read(url) as file:
        reader = pq.ParquetFile(file)
        there = [name for name in columns if name in reader.schema_arrow.names]
        first = 0
        for group in range(reader.num_row_groups):
            table = reader.read_row_group(group, columns=there)
            yield group, first, table
            first += len(table)


def _hashes(table: pa.Table) -> NDArray[np.uint64]:
    return np.array([xxhash.xxh3_64_intdigest(id.encode()) for id in table["id"].to_pylist()], np.uint64)


def _entries(
    run: RunDirectory,
    recipe: Recipe,
    order: list[Key],
    best: dict[Key, list[Candidate]],
    rules: dict[Key, Rule],
) -> list[dict[str, Any]]:
    rows = _read_rows([candidate for candidates in best.values() for candidate in candidates])
    deduplicators = {stage.label for stage in recipe.stages if stage.kind == "deduplicator"}
    entries = []
    for key in order:
        examples = []
        for candidate in best.get(key, ()):
            row = rows[candidate]
            keeper = (
                find_keeper(run, key[0], candidate.file, candidate.place) if key[0] in deduplicators else None
            )
            examples.append(
                {
                    "id": row["id"],
                    "url": row["url"],
                    "language": row["language"],
                    "tokens": row["tokens"] if "tokens" in row else row["count.tokens"],
                    "text": cut(row["text"]),
                    **_beside(key, row, rules.get(key)),
                    "duplicate_of": (
                        {"id": keeper.id, "url": keeper.url, "similarity": keeper.similarity}
                        if keeper is not None
                        else None
                    ),
                }
            )
        if examples:
            entries.append({"stage": key[0], "reason": key[1], "examples": examples})
    return entries


def _beside(key: Key, row: dict[str, Any], rule: Rule | None) -> dict[str, Any]:
    """The rule and the value it saw; all null where there is no rule."""
    if rule is None:
        return dict.fromkeys(("measure", "comparison", "bound", "value"))
    name = f"{key[0]}.{rule.measure}"
    value = dict(row["measures"]).get(name) if "measures" in row else row.get(f"{MEASURE}{name}")
    known = value is not None and np.isfinite(value)
    return {
        "measure": rule.measure,
        "comparison": rule.comparison,
        "bound": rule.bound,
        "value": value if known else None,
    }


def _read_rows(candidates: Sequence[Candidate]) -> dict[Candidate, dict[str, Any]]:
    """The whole rows of these candidates; each row group that holds one is read once."""
    rows: dict[Candidate, dict[str, Any]] = {}
    by_file: dict[str, dict[int, list[Candidate]]] = {}
    for candidate in candidates:
        by_file.setdefault(candidate.file, {}).setdefault(candidate.group, []).append(candidate)
    for url, by_group in by_file.items():
        with files.open_read(url) as file:
            reader = pq.ParquetFile(file)
            shown = [name for name in reader.schema_arrow.names if name not in _UNSHOWN]
            for group, found in by_group.items():
                table = reader.read_row_group(group, columns=shown)
                taken = table.take([candidate.row for candidate in found]).to_pylist()
                rows |= dict(zip(found, taken, strict=True))
    return rows


def cut(text: str | None) -> str | None:
    """The beginning of a text, to the last word that ends within `CUT` characters; an ellipsis says it goes on."""
    if text is None or len(text) <= CUT:
        return text
    head = text[:CUT]
    whole = head.rsplit(None, 1)[0] if not text[CUT].isspace() else head
    return f"{(whole if len(whole) > CUT // 2 else head).rstrip()} …"
