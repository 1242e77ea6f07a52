"""How well near-duplicates are found, against the exact Jaccard similarity of all pairs.

    python benchmarks/dedup_quality.py posts/*.jsonl.gz pages/*.warc.gz

Reads JSONL (`text`) and WARC (HTML, main text taken out), computes the shingle sets of all documents and the
exact similarity of every two that share a shingle, and prints for each setting:

- recall: of the pairs with J >= 0.8, the share whose documents end in one component;
- pairs compared, pairs verified, and of these the near ones, which are not equal;
- the share of the near ones with J >= 0.8, 0.75 and 0.7;
- documents dropped, the share of them with J >= 0.8 to any document of their component, and to the keeper
  (the first of the component).

Needs scipy, which comes with datasketch.
"""

from __future__ import annotations

import argparse
import gzip
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import scipy.sparse
import xxhash
from fastwarc.warc import ArchiveIterator, WarcRecordType
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.encoding import bytes_to_str, detect_encoding

from filters.kernels.buffers import text_buffers
from filters.kernels.minhash import agreements, band_keys, fold, signatures
from filters.kernels.minhash import permutations as draw_permutations
from pipeline.dedup.candidates import candidate_pairs
from pipeline.dedup.components import labels_of
from pipeline.dedup.stages import DedupMinhash

SIMILAR = 0.8
ROWS_AT_A_TIME = 2000
SETTINGS = [
    (bands, rows, permutations, threshold)
    for bands, rows, permutations in ((14, 8, 112), (14, 8, 256), (20, 8, 256), (20, 8, 320))
    for threshold in (0.8, 0.81, 0.82, 0.83, 0.84)
]


def read_jsonl(path: Path) -> Iterator[str]:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
        for line in lines:
            yield orjson.loads(line)["text"]


def read_warc(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        for record in ArchiveIterator(file, record_types=WarcRecordType.response):
            if "html" in (record.http_content_type or ""):
                html = record.reader.read()
                yield extract_plain_text(bytes_to_str(html, detect_encoding(html)), main_content=True)


def shingle_sets(stage: DedupMinhash, texts: list[str]) -> tuple[scipy.sparse.csr_matrix, np.ndarray]:
    """A row per text with a one for each shingle that another text has too, and the sizes of all sets."""
    indices, sizes = [], []
    data, ends = fold(*text_buffers(pa.array(texts, pa.large_string())), stage.normalise.table(False))
    for begin, end in pairwise(ends):
        words = data[begin:end].tobytes().split()
        last = max(len(words) - stage.shingle, 0)
        found = {b" ".join(words[i : i + stage.shingle]) for i in range(last + 1)} if words else set()
        indices.append(np.array([xxhash.xxh3_64_intdigest(shingle) for shingle in found], np.uint64))
        sizes.append(len(found))
    names, columns, counts = np.unique(np.concatenate(indices), return_inverse=True, return_counts=True)
    rows = np.repeat(np.arange(len(texts)), sizes)
    shared = counts[columns] > 1
    ones = np.ones(shared.sum(), np.int32)
    matrix = scipy.sparse.csr_matrix((ones, (rows[shared], columns[shared])), (len(texts), len(names)))
    return matrix, np.array(sizes)


def similar_pairs(stage: DedupMinhash, texts: list[str], least: float) -> dict[tuple[int, int], float]:
    """The exact Jaccard similarity of all pairs that reach `least`."""
    sets, sizes = shingle_sets(stage, texts)
    transposed = sets.T.tocsr()
    found: dict[tuple[int, int], float] = {}
    for begin in range(0, len(texts), ROWS_AT_A_TIME):
        common = (sets[begin : begin + ROWS_AT_A_TIME] @ transposed).tocoo()
        one, other = common.row + begin, common.col
        jaccard = common.data / (sizes[one] + sizes[other] - common.data)
        keep = (one < other) & (jaccard >= least)
        found.update(
            zip(
                zip(one[keep].tolist(), other[keep].tolist(), strict=True),
                jaccard[keep].tolist(),
                strict=True,
            )
        )
    return found


def evaluate(
    stage: DedupMinhash, hashed: tuple[np.ndarray, np.ndarray], truth: dict[tuple[int, int], float]
) -> str:
    """One line of results."""
    signed = signatures(*hashed, *draw_permutations(stage.permutations, stage.seed))
    keys = band_keys(signed, stage.bands, stage.rows)
    have = np.flatnonzero(np.diff(hashed[1])).astype(np.uint64)
    _, first, of = np.unique(keys[have, -1], return_index=True, return_inverse=True)
    leader = have[first][
        of
    ]  # the first of those with the same signature, which alone is compared with others
    leaders = have[first]
    found = candidate_pairs(keys[leaders, :-1].ravel(), np.repeat(leaders, keys.shape[1] - 1))
    pairs = np.concatenate([np.stack([leader, have])[:, leader != have], *map(np.stack, found)], axis=1)
    left, right = np.unique(pairs, axis=1)
    equal = agreements(signed, signed, left.astype(np.int64), right.astype(np.int64))
    holds = equal >= np.ceil(stage.threshold * stage.permutations - 1e-9)
    left, right = left[holds], right[holds]
    label = np.arange(len(signed))
    nodes, labels = labels_of(left, right)
    label[nodes.astype(np.int64)] = labels
    similar = np.array([pair for pair, jaccard in truth.items() if jaccard >= SIMILAR]).reshape(-1, 2)
    recall = (label[similar[:, 0]] == label[similar[:, 1]]).mean()
    jaccard = np.array([truth.get((a, b), 0.0) for a, b in zip(left.tolist(), right.tolist(), strict=True)])
    near = jaccard[jaccard < 1]
    precision = [(near >= least).mean() for least in (SIMILAR, 0.75, 0.7)]
    dropped = np.flatnonzero(label != np.arange(len(label)))
    together = similar[label[similar[:, 0]] == label[similar[:, 1]]]
    to_any = np.isin(dropped, together).mean()
    to_keeper = np.mean([truth.get((int(label[d]), int(d)), 0.0) >= SIMILAR for d in dropped])
    return (
        f"{stage.bands:3d} x {stage.rows} of {stage.permutations:3d}, {stage.threshold:.2f} | {recall:.4f} | "
        f"{pairs.shape[1]:8d} {len(left):7d} {len(near):6d} "
        f"{precision[0]:.4f} {precision[1]:.4f} {precision[2]:.4f} | "
        f"{len(dropped):6d} {to_any:.4f} {to_keeper:.4f}"
    )


def main(paths: Iterable[Path], sample: int | None) -> None:
    texts = [text for path in paths for text in (read_warc if ".warc" in path.name else read_jsonl)(path)]
    if sample is not None:
        texts = sorted(texts, key=lambda text: xxhash.xxh3_64_intdigest(text.encode(), seed=1))[:sample]
    stage = DedupMinhash()
    truth = similar_pairs(stage, texts, 0.5)
    values = np.array(list(truth.values()))
    similar, equal = (values >= SIMILAR).sum(), (values == 1).sum()
    print(f"{len(texts)} documents, {similar} pairs with J >= {SIMILAR}, of which {equal} equal")
    print("J in steps of .05 from .5:", np.histogram(values, np.arange(0.5, 1.05, 0.05))[0].tolist())
    hashed = stage._shingle_hashes(pa.array(texts, pa.large_string()))
    print("bands x rows, threshold | recall | compared verified near >=.80 >=.75 >=.70 | dropped any keeper")
    for bands, rows, permutations, threshold in SETTINGS:
        setting = DedupMinhash(bands=bands, rows=rows, permutations=permutations, threshold=threshold)
        print(evaluate(setting, hashed, truth), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--sample", type=int, help="this many documents, drawn by hash")
    arguments = parser.parse_args()
    main(sorted(arguments.paths), arguments.sample)
