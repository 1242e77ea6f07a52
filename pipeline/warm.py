"""Compiles every kernel, once for an installation, so that no worker has to: at set-up, or in a container image."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pyarrow as pa

from filters.audit.groups import group_bits
from filters.kernels.html import nesting
from filters.kernels.jit import cache_folder
from filters.kernels.langdetect import mean_probabilities
from filters.kernels.members import holding, member_table
from filters.kernels.minhash import agreements
from filters.kernels.unionfind import components
from filters.kernels.words import count_words
from filters.resources import fetch
from filters.stage import Annotator, Editor, Filter
from filters.url_filter import LISTS, UrlFilter
from pipeline.batch import DOCUMENT
from pipeline.dedup.stages import Deduplicator
from pipeline.recipe import STAGES

_TEXT = (
    "One page, written to meet every kernel once: it has two sentences. And a list.\n\n- an item\n- an item\n"
    * 3
)

_URL_LISTS = {name: {"entries": ["example.com"]} for name in LISTS}  # a list that is empty is not looked into


def is_warm() -> bool:
    """Whether this version's kernels have been compiled here before."""
    return (cache_folder() / "warm").exists()


def warm() -> None:
    """Take one page through every stage that needs no model of its own."""
    page = {"id": "page", "source": "warm", "url": "http://example.com/", "text": _TEXT, "language": "en"}
    batch = pa.RecordBatch.from_pylist([page], schema=DOCUMENT)
    count_words(batch.column("text"))
    group_bits(batch.column("text"))
    nesting(b"<p>", frozenset({"p"}))
    holding(batch.column("text"), member_table(()))
    mean_probabilities(np.zeros(1, np.int32), np.ones((1, 2)))  # asked about unsure pages only
    for model in STAGES:
        if model.extra is not None:
            continue
        stage = model.model_validate(_URL_LISTS if model is UrlFilter else {})
        stage.load({name: fetch(resource, Path()) for name, resource in stage.resources().items()})
        if isinstance(stage, Annotator):
            stage.annotate(batch)
        elif isinstance(stage, Editor):
            stage.edit(batch)
        elif isinstance(stage, Filter):
            stage.measure(batch)
        elif isinstance(stage, Deduplicator):
            stage.keys(batch)
    _warm_barriers()
    cache_folder().mkdir(parents=True, exist_ok=True)
    (cache_folder() / "warm").touch()


def _warm_barriers() -> None:
    """What compares signatures and joins pairs; signatures are read-only where they were just read."""
    signatures, row = np.zeros((1, 1), np.uint32), np.zeros(1, np.int64)
    read = signatures.copy()
    read.flags.writeable = False
    for left, right in itertools.product((signatures, read), repeat=2):
        agreements(left, right, row, row)
    components(row, row, 1)
