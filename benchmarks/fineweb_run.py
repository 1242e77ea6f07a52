"""Assay's run of the recipe `fineweb`, watched: what `end_to_end` and `growth` measure."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import orjson
import yaml

from benchmarks.documents import ROOT, texts_of
from benchmarks.processes import ONE_THREAD, Watched, watch


def make_recipe(sample: Path, folder: Path) -> tuple[Path, Path]:
    """The recipe with a tokenizer trained on some documents beforehand, and that tokenizer: a run of it trains none."""
    from pipeline.tokens.config import TokenizerTrained
    from pipeline.tokens.train import train

    tokenizer, recipe = folder / "tokenizer.json", folder / "fineweb.yaml"
    tokenizer.write_bytes(train(texts_of(sample), TokenizerTrained()))
    settings = yaml.safe_load((ROOT / "configs/fineweb.yaml").read_text())
    recipe.write_text(yaml.safe_dump({**settings, "tokenizer": {"file": str(tokenizer)}}, sort_keys=False))
    return recipe, tokenizer


def run_assay(recipe: Path, data: Path, workers: int, folder: Path) -> tuple[Watched, int]:
    """One run and how many tokens it leaves; what it wrote is removed. The mark is when its first unit has begun."""
    out = folder / "run"
    command = [sys.executable, "-m", "pipeline.cli", "run", recipe, data, "--out", out, "--workers", workers]
    watched = watch(list(map(str, command)), ONE_THREAD, mark=out / ".progress" / "0")
    report: dict[str, Any] = orjson.loads((out / "report.json").read_bytes())
    shutil.rmtree(out)
    return watched, report["totals"]["final"]["tokens"]
