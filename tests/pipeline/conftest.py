"""Runs of the embedded sample, made once and looked at by many tests."""

from pathlib import Path

import pytest
from commandline import RECIPE, assay


@pytest.fixture(scope="session")
def sample_run(web, tmp_path_factory) -> Path:
    """An undisturbed run of the quickstart recipe on the sample, with one worker."""
    out = tmp_path_factory.mktemp("runs") / "undisturbed"
    done = assay("run", RECIPE, web / "*.warc*", "--out", out, "--workers", 1)
    assert done.returncode == 0, done.stderr
    return out
