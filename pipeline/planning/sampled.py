"""Whether an input is a sample that `assay sample` drew, and how it was drawn."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pipeline import files
from pipeline.sources.own import DESCRIPTION


def sample_of(inputs: Sequence[str]) -> dict[str, Any] | None:
    """The description of the sample that these inputs (a folder, or all the files in it) are; None if they are not
    one sample, whole and nothing else."""
    folders = {
        entry.rstrip("/") if _is_folder(entry) else entry.rpartition("/")[0] or "." for entry in inputs
    }
    if len(folders) != 1:
        return None
    (folder,) = folders
    place = files.join(folder, DESCRIPTION)
    if not files.exists(place):
        return None
    found: dict[str, Any] = json.loads(files.read_bytes(place))
    if any(map(_is_folder, inputs)):
        return found
    given = {entry.rpartition("/")[2] for entry in inputs} - {DESCRIPTION}
    return found if given == set(found["files"]) else None


def _is_folder(entry: str) -> bool:
    return files.exists(files.join(entry, DESCRIPTION))
