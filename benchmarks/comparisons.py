"""The table of comparisons: who does what beside whom, on which documents, and how much faster Assay is to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from benchmarks.rounds import Contestant


@dataclass(frozen=True)
class Comparison:
    """One piece of work, done by Assay (the first contestant) and by its peers.

    `gopher` is its two filters together, `filters` is all of FineWeb's.

    `answers` says how what they give is compared before anything is timed: `equal` (another answer is an error), `agree`
    (the share of documents with the same answer is shown) or `kept` (how many documents each keeps is).
    """

    name: str
    contestants: tuple[Contestant, ...]
    answers: Literal["equal", "agree", "kept"]


def _assay(function: str) -> Contestant:
    return Contestant("Assay", function, "assay")


def _datatrove(function: str, megabytes: float, aim: float | None = None) -> Contestant:
    return Contestant("datatrove", f"filters:datatrove_{function}", "datatrove", "peers", megabytes, aim)


def _dolma(function: str, name: str) -> Contestant:
    return Contestant(f"dolma {name}", f"filters:dolma_{function}", "dolma", "dolma", 2)


COMPARISONS = (
    Comparison(
        "gopher_repetition",
        (_assay("filters:assay_repetition"), _datatrove("repetition", 1)),
        "kept",
    ),
    Comparison(
        "gopher_quality",
        (_assay("filters:assay_quality"), _datatrove("quality", 1)),
        "kept",
    ),
    Comparison(
        "gopher",
        (_assay("filters:assay_gopher"), _dolma("gopher", "gopher_v1")),
        "kept",
    ),
    Comparison(
        "c4",
        (_assay("filters:assay_c4"), _datatrove("c4", 1), _dolma("c4", "c4_v2")),
        "kept",
    ),
    Comparison(
        "fineweb",
        (_assay("filters:assay_fineweb"), _datatrove("fineweb", 1)),
        "kept",
    ),
    Comparison(
        "filters",
        (
            _assay("filters:assay_all"),
            _datatrove("all", 0.7, aim=1000),
            Contestant("floor: str.split", "floor:str_split"),
        ),
        "kept",
    ),
    Comparison(
        "language",
        (
            _assay("language:assay"),
            Contestant("fasttext-predict", "language:fasttext", "fasttext-predict", aim=15),
            Contestant("fasttext", "language:fasttext", "fasttext-numpy2-wheel", "peers", 5),
        ),
        "agree",
    ),
    Comparison(
        "minhash",
        (
            _assay("minhash:assay"),
            Contestant("datasketch", "minhash:datasketch", "datasketch", megabytes=5, aim=20),
            Contestant("rensa", "minhash:rensa", "rensa", "peers", aim=5),
            Contestant("rensa, shingles given", "minhash:rensa_of_shingles", "rensa", "peers"),
        ),
        "equal",
    ),
    Comparison(
        "tokens",
        (
            _assay("tokens:assay"),
            Contestant("tokenizers", "tokens:tokenizers", "tokenizers", megabytes=5, aim=30),
            Contestant("tiktoken", "tokens:tiktoken", "tiktoken", "peers"),
        ),
        "equal",
    ),
    Comparison(
        "html",
        (
            _assay("html:assay"),
            Contestant("trafilatura", "html:trafilatura", "trafilatura", megabytes=10),
            Contestant("floor: resiliparse", "html:resiliparse", "resiliparse"),
        ),
        "agree",
    ),
    Comparison(
        "warc",
        (
            _assay("reading:assay_archive"),
            Contestant("warcio", "reading:warcio", "warcio"),
            Contestant("fastwarc", "reading:fastwarc", "fastwarc"),
        ),
        "agree",
    ),
    Comparison(
        "jsonl",
        (
            _assay("reading:assay_lines"),
            Contestant("json", "reading:json"),
            Contestant("orjson", "reading:orjson", "orjson"),
        ),
        "equal",
    ),
    Comparison(
        "jsonl.gz",
        (_assay("reading:assay_compressed"), Contestant("floor: zcat | wc", "reading:zcat")),
        "equal",
    ),
)
