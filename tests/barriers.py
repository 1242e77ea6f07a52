"""Documents cut into parts, a barrier over them, and what it should find."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from pipeline import files
from pipeline.batch import DOCUMENT, TOKENS
from pipeline.dedup.barrier import Parts, deduplicate, drop_file
from pipeline.dedup.drops import DROPS
from pipeline.dedup.parts import matrix
from pipeline.dedup.stages import Deduplicator, DedupMinhash
from pipeline.engine import Engine

Document = dict[str, Any]


def documents(texts: Sequence[str], **columns: Sequence[Any]) -> list[Document]:
    rows = [{"id": f"d{i}", "source": "s", "text": text} for i, text in enumerate(texts)]
    for name, values in columns.items():
        for row, value in zip(rows, values, strict=True):
            row[name] = value
    return rows


def tokens_of(doc: Document) -> int:
    """What a written part says of its tokens: one for each character."""
    return len(doc["text"])


def write_parts(folder: Path, stages: list[Deduplicator], docs: list[Document], cuts: Sequence[int]) -> Parts:
    """The documents in order, cut into units at these places."""
    parts = Parts(str(folder / "parts"), len(cuts) + 1)
    for unit, (begin, end) in enumerate(zip([0, *cuts], [*cuts, len(docs)], strict=True)):
        batch = pa.RecordBatch.from_pylist(docs[begin:end], schema=DOCUMENT)
        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        columns[TOKENS] = pa.array([tokens_of(doc) for doc in docs[begin:end]], pa.int64())
        for stage in stages:
            columns |= stage.keys(batch)
        files.write_table(parts.url(unit), pa.table(columns))
    return parts


def drops(parts: Parts, out: Path) -> dict[str, str]:
    """Dropped document -> keeper, by id, from the files; checks what every such file has to be."""
    found = {}
    units = range(parts.count)
    ids = [files.read_table(parts.url(unit), ["id", "url"]).to_pylist() for unit in units]
    for unit in units:
        table = files.read_table(drop_file(str(out), unit))
        assert table.schema.equals(DROPS)
        for row in table.to_pylist():
            keeper, own = ids[row["keeper"] >> 32][row["keeper"] & 0xFFFFFFFF], ids[unit][row["row"]]
            assert (row["id"], row["url"]) == (own["id"], own["url"])
            assert (row["keeper_id"], row["keeper_url"]) == (keeper["id"], keeper["url"])
            assert row["cluster"] <= min(row["keeper"], unit << 32 | row["row"])
            found[own["id"]] = keeper["id"]
        assert table["row"].to_pylist() == sorted(set(table["row"].to_pylist()))
    return found


def run(
    folder: Path, stage: Deduplicator, docs: list[Document], cuts: Sequence[int] = (), **options: Any
) -> tuple[dict[str, str], dict[str, Any]]:
    parts = write_parts(folder, [stage], docs, cuts)
    deduplicate(stage, parts, [], str(folder / "out"), Engine(), **options)
    assert {file.name for file in (folder / "out").iterdir()} == {
        "done.json",
        *(f"{unit:06d}.parquet" for unit in range(parts.count)),
    }
    return drops(parts, folder / "out"), orjson.loads((folder / "out/done.json").read_bytes())


def word(number: int) -> str:
    """A word for each number, without digits: those all count as 0."""
    return "w" + "".join("abcdefghij"[int(digit)] for digit in str(number))


def sentence(draw: np.random.Generator, words: int) -> list[str]:
    return [word(n) for n in draw.integers(0, 5000, words)]


def versions(draw: np.random.Generator, count: int) -> list[str]:
    """A text that is changed in two of its 300 words from one version to the next."""
    text = sentence(draw, 300)
    found = []
    for _ in range(count):
        found.append(" ".join(text))
        for place in draw.integers(0, 300, 2):
            text[place] = word(draw.integers(10**6))
    return found


def corpus(seed: int) -> list[str]:
    """Texts of all sorts: unlike, equal, near, short, empty; shuffled."""
    draw = np.random.default_rng(seed)
    texts = [" ".join(sentence(draw, n)) for n in draw.integers(1, 200, 40)]
    texts += [texts[n] for n in draw.integers(0, 40, 10)]
    texts += [v for _ in range(4) for v in versions(draw, 6)]
    texts += ["", "", "Two words.", "two words", "...", "?!"]
    return [texts[n] for n in draw.permutation(len(texts))]


def crawl(seed: int) -> list[Document]:
    """Pages with versions, copies and addresses that come again; one has more versions than are all compared."""
    draw = np.random.default_rng(seed)
    texts = (
        corpus(seed) + versions(draw, 60) + ["..."] * 2
    )  # a text without words, which MinHash does not judge
    texts = [texts[n] for n in draw.permutation(len(texts))]
    urls = [f"http://h/{n}" if n < 90 else None for n in draw.integers(0, 100, len(texts)).tolist()]
    dates = [f"20{n:02d}-01-01" for n in draw.integers(10, 25, len(texts)).tolist()]
    return documents(texts, url=urls, date=dates)


def plainly(stage: Deduplicator, docs: list[Document]) -> dict[str, str]:
    """The definition: every two documents are compared; of each set that of the highest rank is kept, or the first."""
    keys = stage.keys(pa.RecordBatch.from_pylist(docs, schema=DOCUMENT))
    have = [i for i in range(len(docs)) if keys[stage.column("key")][i].is_valid]
    label = dict(zip(have, have, strict=True))
    for a, b in combinations(have, 2):
        if _same(stage, keys, a, b):
            low, high = sorted((label[a], label[b]))
            label = {i: low if at == high else at for i, at in label.items()}
    ranks = keys[stage.column("rank")].to_pylist()
    keeper = {
        at: max((i for i in have if label[i] == at), key=lambda i: (ranks[i], -i)) for at in label.values()
    }
    return {f"d{i}": f"d{keeper[at]}" for i, at in label.items() if i != keeper[at]}


def _same(stage: Deduplicator, keys: dict[str, pa.Array], a: int, b: int) -> bool:
    if not isinstance(stage, DedupMinhash):
        return all(keys[stage.column(name)][a] == keys[stage.column(name)][b] for name in ("key", "check"))
    bands, values = (
        matrix(keys[stage.column(name)].take(pa.array([a, b])), dtype)
        for name, dtype in (("bands", np.uint64), ("signature", np.uint32))
    )
    return bool((bands[0] == bands[1]).any() and (values[0] == values[1]).mean() >= stage.threshold)
