"""Two attempts at one run must be at the same run: what may not change between them, and what to say if it did."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import yaml

from pipeline import files
from pipeline.errors import UserError
from pipeline.recipe import Recipe, dump_recipe
from pipeline.resources import FetchedResource
from pipeline.rundir import RunDirectory
from pipeline.sources.inputs import FoundFile, describe_inputs


def describe(recipe: Recipe, found: Sequence[FoundFile]) -> dict[str, Any]:
    """What must not change between two attempts at one run."""
    text = dump_recipe(recipe)
    return {
        "recipe": yaml.safe_load(text),
        "recipe_sha256": sha256(text.encode()),
        "inputs": [asdict(entry) for entry in describe_inputs(found)],
    }


def refuse_changes(directory: RunDirectory, now: dict[str, Any]) -> None:
    """
    Raises:
        UserError: the run directory was begun with another recipe or input; every difference is named.
    """
    if not files.exists(directory.path("started.json")):
        return
    before = directory.read_json("started.json")
    differences = _differences(before["recipe"], now["recipe"], "recipe")
    then = {entry["path"]: entry for entry in before["inputs"]}
    here = {entry["path"]: entry for entry in now["inputs"]}
    differences += [f"input {path} is new" for path in here if path not in then]
    differences += [f"input {path} is gone" for path in then if path not in here]
    differences += [
        f"input {path} has other content" for path in here if path in then and here[path] != then[path]
    ]
    if differences:
        shown = "\n".join(f"  {line}" for line in differences[:20])
        more = f"\n  and {len(differences) - 20} more" if len(differences) > 20 else ""
        raise UserError(
            f"{directory.url} holds another run:\n{shown}{more}\nGive this run another --out, or remove that folder."
        )


def _differences(before: Any, now: Any, path: str) -> list[str]:
    """The settings in which two resolved recipes differ, each as a line."""
    if isinstance(before, dict) and isinstance(now, dict):
        keys = [*before, *(key for key in now if key not in before)]
        return [line for key in keys for line in _differences(before.get(key), now.get(key), f"{path}.{key}")]
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        return [
            line
            for at, (old, new) in enumerate(zip(before, now, strict=True))
            for line in _differences(old, new, f"{path}[{at}]")
        ]
    return [] if before == now else [f"{path} was {_short(before)} and is {_short(now)}"]


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 80 else shown[:77] + "..."


def refuse_resources(directory: RunDirectory, manifest: dict[str, Any], now: list[FetchedResource]) -> None:
    before = {(entry["label"], entry["setting"]): entry["sha256"] for entry in manifest["resources"]}
    for entry in now:
        if before.get((entry.label, entry.setting)) != entry.sha256:
            raise UserError(
                f"{directory.url} was begun with another {entry.label}.{entry.setting}: {entry.location} has changed"
            )


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
