"""What Assay's contestants share: its batches, read as a run reads them, and the stages of the recipe `fineweb`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.documents import ROOT


def unit(path: str, format: Any = "jsonl") -> Any:
    """A whole file as one unit."""
    from pipeline.sources.unit import Unit

    length = Path(path).stat().st_size
    return Unit(0, path, format, 0, length, length)


def batches(path: str, megabytes: float) -> tuple[list[Any], float]:
    """The documents of a JSON Lines file up to so many megabytes of text, and how many these are."""
    from filters.kernels.buffers import text_buffers
    from pipeline.sources.config import Source
    from pipeline.sources.read import read_unit

    taken = []
    read = 0
    for chunk in read_unit(unit(path), Source()):
        _, offsets = text_buffers(chunk.documents.column("text"))
        rows = int((read + offsets[:-1] - offsets[0] < megabytes * 1e6).sum())
        if rows:
            taken.append(chunk.documents.slice(0, rows))
            read += int(offsets[rows] - offsets[0])
    return taken, read / 1e6


def stages(*names: str) -> list[Any]:
    """These stages of the recipe, opened."""
    from pipeline.recipe import load_recipe

    chosen = [s for s in load_recipe(str(ROOT / "configs/fineweb.yaml")).stages if s.stage in names]
    for stage in chosen:
        load(stage)
    return chosen


def load(stage: Any) -> None:
    """Open what a stage needs, with nothing remembered of what it has seen."""
    from filters.resources import fetch

    stage.load({name: fetch(resource, Path()) for name, resource in stage.resources().items()})
