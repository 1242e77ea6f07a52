"""datatrove's way from JSON Lines to tokens, by the blocks of its own `examples/fineweb.py`, on this machine.

    python benchmarks/datatrove_fineweb.py INPUT OUT WORKERS TOKENIZER LANGUAGE_MODEL

Its blocks and their settings are those of FineWeb, with what it does to the input as a whole: URL lists, language, Gopher
repetition and quality, C4 without terminal punctuation, FineWeb's rules, the four steps of MinHash, personal data
masked. Then its tokenizer block, where the example counts tokens only. What the example does beyond that is left out, so
it is not asked for more than Assay: the documents that are dropped are not written. It runs where datatrove is installed
(`make bench` makes that place) and reaches no network: the model and the tokenizer are files.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any


def main(data: str, out: str, workers: int, tokenizer: str, language_model: str) -> None:
    os.environ.setdefault("HF_ASSETS_CACHE", f"{out}/assets")
    os.environ["TLDEXTRACT_PUBLIC_SUFFIX_LIST_URLS"] = ""  # it has one with it
    from datatrove.pipeline import filters
    from datatrove.pipeline.dedup import minhash
    from datatrove.pipeline.formatters import PIIFormatter
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.tokens import DocumentTokenizer
    from datatrove.pipeline.writers import JsonlWriter
    from datatrove.utils.hashing import HashConfig

    config = minhash.MinhashConfig(
        hash_config=HashConfig(precision=64), num_buckets=14, hashes_per_bucket=8, n_grams=5
    )
    language = filters.LanguageFilter(["en"])
    language.model.MODEL_URL = language_model  # it takes a path too
    good = f"{out}/good"
    run(
        out,
        "filters",
        workers,
        workers,
        JsonlReader(data),
        filters.URLFilter(),
        language,
        filters.GopherRepetitionFilter(),
        filters.GopherQualityFilter(),
        filters.C4QualityFilter(filter_no_terminal_punct=False),
        filters.FineWebQualityFilter(),
        JsonlWriter(good),
    )
    signatures, pairs, removed = f"{out}/signatures", f"{out}/pairs", f"{out}/removed"
    read = JsonlReader(good)
    run(out, "signatures", workers, workers, read, minhash.MinhashDedupSignature(signatures, config=config))
    run(
        out,
        "buckets",
        config.num_buckets,
        workers,
        minhash.MinhashDedupBuckets(signatures, pairs, config=config),
    )
    run(out, "clusters", 1, 1, minhash.MinhashDedupCluster(pairs, removed, config=config))
    run(
        out,
        "tokens",
        workers,
        workers,
        read,
        minhash.MinhashDedupFilter(removed),
        PIIFormatter(),
        DocumentTokenizer(f"{out}/tokens", tokenizer, eos_token="<|endoftext|>"),
    )


def run(out: str, name: str, tasks: int, workers: int, *blocks: Any) -> None:
    """One of its pipelines, to its end. It gives each task whole files, and each worker whole tasks."""
    from datatrove.executor import LocalPipelineExecutor

    LocalPipelineExecutor(list(blocks), tasks=tasks, workers=workers, logging_dir=f"{out}/logs/{name}").run()


if __name__ == "__main__":
    data, out, workers, tokenizer, language_model = sys.argv[1:]
    main(str(Path(data).resolve()), str(Path(out).resolve()), int(workers), tokenizer, language_model)
