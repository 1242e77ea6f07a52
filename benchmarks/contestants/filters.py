"""The quality filters: Assay's of the recipe `fineweb`, datatrove's blocks, dolma's taggers.

Each has its own reading of the published rules (what a word is, first of all), so they drop different documents; how many
each keeps is shown. Every filter meets every document, so nobody has less to do for having dropped more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.contestants import Inputs, Work, rows, size


def assay_repetition(inputs: Inputs) -> Work:
    return _assay(inputs, "gopher_repetition")


def assay_quality(inputs: Inputs) -> Work:
    return _assay(inputs, "gopher_quality")


def assay_gopher(inputs: Inputs) -> Work:
    return _assay(inputs, "gopher_repetition", "gopher_quality")


def assay_c4(inputs: Inputs) -> Work:
    return _assay(inputs, "c4_lines", "c4_pages")


def assay_fineweb(inputs: Inputs) -> Work:
    return _assay(inputs, "fineweb")


def assay_all(inputs: Inputs) -> Work:
    return _assay(inputs, "gopher_repetition", "gopher_quality", "c4_lines", "c4_pages", "fineweb")


def _assay(inputs: Inputs, *names: str) -> Work:
    from benchmarks.contestants import assay

    batches, megabytes = assay.batches(inputs.texts, inputs.megabytes)
    stages = assay.stages(*names)

    return Work(
        megabytes,
        lambda: [_judge(stages, batch) for batch in batches],
        lambda found: [bool(kept) for passed in found for kept in passed],
    )


def _judge(stages: Sequence[Any], batch: Any) -> Any:
    """For each document, whether it passes every stage. What one makes of the text is what the next one sees."""
    import numpy as np

    from filters.stage import Editor
    from pipeline.batch import set_column

    passed = np.ones(batch.num_rows, bool)
    for stage in stages:
        if isinstance(stage, Editor):
            batch = set_column(batch, "text", stage.edit(batch))
        else:
            measures = stage.measure(batch)
            for rule in stage.rules():
                passed &= ~rule.fires(measures[rule.measure])
    return passed


def datatrove_repetition(inputs: Inputs) -> Work:
    from datatrove.pipeline.filters import GopherRepetitionFilter

    return _datatrove(inputs, GopherRepetitionFilter())


def datatrove_quality(inputs: Inputs) -> Work:
    from datatrove.pipeline.filters import GopherQualityFilter

    return _datatrove(inputs, GopherQualityFilter())


def datatrove_c4(inputs: Inputs) -> Work:
    from datatrove.pipeline.filters import C4QualityFilter

    return _datatrove(inputs, C4QualityFilter(filter_no_terminal_punct=False))


def datatrove_fineweb(inputs: Inputs) -> Work:
    from datatrove.pipeline.filters import FineWebQualityFilter

    return _datatrove(inputs, FineWebQualityFilter())


def datatrove_all(inputs: Inputs) -> Work:
    from datatrove.pipeline import filters

    return _datatrove(
        inputs,
        filters.GopherRepetitionFilter(),
        filters.GopherQualityFilter(),
        filters.C4QualityFilter(filter_no_terminal_punct=False),
        filters.FineWebQualityFilter(),
    )


def _datatrove(inputs: Inputs, *blocks: Any) -> Work:
    from datatrove.data import Document

    texts = rows(inputs.texts, "text", inputs.megabytes)

    def keeps(text: str) -> bool:
        document = Document(text=text, id="")
        verdicts = [block.filter(document) is True for block in blocks]
        return all(verdicts)

    return Work(size(texts), lambda: [keeps(text) for text in texts])


def dolma_gopher(inputs: Inputs) -> Work:
    """`gopher_v1`, its one tagger for quality and repetition."""
    from dolma.taggers.gopher import GopherTagger

    return _dolma(inputs, GopherTagger().predict)


def dolma_c4(inputs: Inputs) -> Work:
    """`c4_v2`, the faster of the two, which also looks for bad words."""
    from dolma.taggers.c4 import FasterC4Tagger

    return _dolma(inputs, FasterC4Tagger().predict)


def _dolma(inputs: Inputs, predict: Callable[[Any], Any]) -> Work:
    """A tagger gives attributes; what is dropped by them is for its user to say."""
    from dolma.core.data_types import Document

    texts = rows(inputs.texts, "text", inputs.megabytes)
    return Work(
        size(texts), lambda: [predict(Document(source="", id="", text=text)) for text in texts], lambda _: []
    )
