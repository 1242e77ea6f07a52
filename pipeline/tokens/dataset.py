"""The two small files that let `datasets.load_from_disk` open a folder of shards."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from pipeline import files

STATE = "state.json"


def write_dataset_files(folder: str, schema: pa.Schema, shards: Sequence[str], hashes: Sequence[str]) -> None:
    """Describe these shards (file names, and the SHA-256 of each). `state.json` comes last: a folder that
    has it is done."""
    info = {"features": {field.name: _feature(field.type) for field in schema}}
    state: dict[str, Any] = {
        "_data_files": [{"filename": name} for name in shards],
        "_fingerprint": hashlib.sha256("\n".join(hashes).encode()).hexdigest()[:16],
        "_format_columns": None,
        "_format_kwargs": {},
        "_format_type": None,
        "_output_all_columns": False,
        "_split": "train",
    }
    write_json(files.join(folder, "dataset_info.json"), info)
    write_json(files.join(folder, STATE), state)


def write_json(url: str, content: Any) -> None:
    files.write_bytes(url, (json.dumps(content, indent=2, sort_keys=True) + "\n").encode())


def read_json(url: str) -> Any:
    return json.loads(files.read_bytes(url))


def _feature(type: pa.DataType) -> dict[str, Any]:
    if pa.types.is_list(type):
        return {"_type": "List", "feature": _feature(type.value_type)}
    return {"_type": "Value", "dtype": str(type)}
