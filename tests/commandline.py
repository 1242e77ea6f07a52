"""Assay as a user has it: its command line, and what a run leaves behind."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RECIPE = ROOT / "configs" / "quickstart.yaml"


def command(*arguments: object) -> list[str]:
    """The command line of `assay` with these arguments, as a user of this installation has it."""
    return [sys.executable, "-m", "pipeline.cli", *map(str, arguments)]


def assay(*arguments: object, **options: object) -> subprocess.CompletedProcess:
    """Run a command to its end and return what it printed; never raises."""
    environment = {**os.environ, "COLUMNS": "100", "HF_HUB_OFFLINE": "1"}
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, env=environment, cwd=ROOT, timeout=600, **options
    )


COMPARED = ("shards", "dropped", "duplicates", "parts", "ledger", "sums", "unreadable", "report.json", "report.md",
            "tokenizer.json", "recipe.yaml", "README.md")  # fmt: skip


def digest(run: Path) -> dict[str, str]:
    """SHA-256 by name, of all that a run gives."""
    found = {}
    for name in COMPARED:
        place = run / name
        for file in [place] if place.is_file() else sorted(place.rglob("*")):
            if file.is_file():
                found[str(file.relative_to(run))] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found
