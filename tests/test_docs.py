"""Every command that the README and the docs show, in a block marked `sh`, is run here as it is written."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from commandline import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# What sets up the installation that runs this test, or runs all tests.
NOT_AGAIN = ("make test", "make setup", "make lint", ". .venv/bin/activate", "git clone", "cd assay")


def commands(page: Path) -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    lines = [re.sub(r"\s+#\s.*", "", line).strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def demo_commands() -> list[str]:
    """What `make demo` runs after it has set up."""
    printed = subprocess.run(
        ["make", "--dry-run", "demo"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [line.replace(".venv/bin/", "") for line in printed.splitlines() if line.startswith(".venv/bin/assay ")
            and not line.endswith(" warm")]  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder like a checkout, where the commands of the docs may write."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("configs", "README.md"):
        (folder / name).symlink_to(ROOT / name)
    binaries = folder / "bin"
    binaries.mkdir()
    assay = binaries / "assay"
    assay.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m pipeline.cli "$@"\n')
    assay.chmod(0o755)
    for command in demo_commands():
        run(command, folder)
    return folder


def run(command: str, folder: Path) -> str:
    environment = {**os.environ, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, capture_output=True, text=True, env=environment, timeout=600
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_run_as_written(page, place):
    for command in commands(page):
        if command.startswith(NOT_AGAIN) or command == "make demo":
            continue
        run(command, place)


def test_the_readme_shows_the_demo_and_a_few_commands():
    shown = commands(ROOT / "README.md")
    assert "make demo" in shown
    assert "make test" in shown
    assert sum(command.startswith("assay ") for command in shown) >= 4


def test_the_funnel_in_the_readme_is_the_demo_s(place):
    printed = run("assay report runs/demo", place)
    funnel = printed[: printed.index("report:")].rstrip()
    assert funnel in (ROOT / "README.md").read_text()


def test_the_example_filter_of_the_docs_works():
    page = (ROOT / "docs" / "adding-a-filter.md").read_text()
    source = re.search(r"```python\n(.*?)```", page, re.DOTALL).group(1)
    names: dict = {}
    exec(compile(source, "adding-a-filter.md", "exec"), names)
    import pyarrow as pa

    batch = pa.RecordBatch.from_pydict(
        {"text": pa.array(["LOUD loud", "QUIET", "", "123"], pa.large_string())}
    )
    shouting = names["Shouting"]()
    measured = shouting.measure(batch)["capital_fraction"]
    assert measured.tolist() == [0.5, 1.0, 0.0, 0.0]
    assert shouting.rules()[0].fires(measured).tolist() == [False, True, False, False]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target
