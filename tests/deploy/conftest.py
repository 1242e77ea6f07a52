"""Engines of this machine, and what a run gives where nothing disturbs it."""

from collections.abc import Iterator
from pathlib import Path

import local_cluster
import pytest
from commandline import RECIPE, assay, digest


@pytest.fixture
def all_faults() -> None:
    """For tests that take minutes on each engine."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--all-faults"):
        for item in items:
            if "all_faults" in getattr(item, "fixturenames", ()):  # before its engine is started
                item.add_marker(pytest.mark.skip(reason="takes minutes; run with --all-faults"))


@pytest.fixture(scope="module")
def cluster(request) -> Iterator[local_cluster.LocalCluster]:
    try:
        with local_cluster.CLUSTERS[request.param]() as started:
            yield started
    except local_cluster.Unavailable as missing:
        pytest.skip(str(missing).splitlines()[0])


@pytest.fixture(scope="module")
def recipe(tmp_path_factory) -> Path:
    """The quickstart recipe cut into many units and left with one deduplicator, as a pipeline takes a cluster seconds."""
    text = RECIPE.read_text().replace("source:\n", "source:\n  unit_bytes: 60000\n", 1)
    text = text.replace("  - stage: dedup_url\n  - stage: dedup_exact\n", "")
    assert "unit_bytes" in text and "dedup_url" not in text
    path = tmp_path_factory.mktemp("recipe") / "small-units.yaml"
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def expected(recipe, web, tmp_path_factory) -> dict[str, str]:
    """What the run gives on the local runner, undisturbed."""
    out = tmp_path_factory.mktemp("expected") / "run"
    done = assay("run", recipe, web / "*.warc*", "--out", out, "--workers", 1)
    assert done.returncode == 0, done.stderr
    return digest(out)
