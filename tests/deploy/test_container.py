"""The container image, as far as it can be tested without Docker: what the Dockerfile names is there and of the right
version, and kernels that were warmed into a folder are found by a process that can write nothing."""

import importlib.metadata
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from commandline import RECIPE, ROOT, command

FOLDER = ROOT / "deploy" / "container"
LINES = (FOLDER / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
VERSIONS = dict(re.findall(r"ARG (PYTHON|BEAM)=(\S+)", "\n".join(LINES)))


def instructions(name: str) -> list[str]:
    return [line.removeprefix(f"{name} ") for line in LINES if line.startswith(f"{name} ")]


def locked(path: Path) -> dict[str, set[str]]:
    """The versions of each package in a lock file (one, unless they differ by platform)."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([\w.+!]+)", path.read_text(), re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


def test_it_has_the_beam_and_the_python_that_the_tests_run_with():
    assert VERSIONS["BEAM"] == importlib.metadata.version("apache-beam")
    assert locked(FOLDER / "requirements.lock")["apache-beam"] == {VERSIONS["BEAM"]}
    lock = re.search(r"--python-version ([\d.]+)", (ROOT / "Makefile").read_text())
    assert lock and lock.group(1) == VERSIONS["PYTHON"]


def test_it_has_every_package_in_the_version_that_the_tests_run_with():
    image, tested = locked(FOLDER / "requirements.lock"), locked(ROOT / "requirements.lock")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *project["optional-dependencies"]["s3"],
        *project["optional-dependencies"]["gcs"],
    ]
    assert {re.split(r"[<>=\[]", name)[0] for name in wanted} <= set(image)
    assert {name: image[name] for name in image if name in tested} == {
        name: tested[name] for name in image if name in tested
    }
    assert not {"pytest", "mypy", "torch"} & set(image)


def test_what_it_copies_is_there_and_reaches_the_builder():
    allowed = [
        line[1:] for line in (FOLDER / "Dockerfile.dockerignore").read_text().splitlines() if line[:1] == "!"
    ]
    copied = [shlex.split(line)[:-1] for line in instructions("COPY") if "--from" not in line]
    for source in [name for names in copied for name in names]:
        assert (ROOT / source).exists(), source
        assert any(Path(source).is_relative_to(entry) for entry in allowed), source
    stages = {line.split(" AS ")[1] for line in instructions("FROM") if " AS " in line}
    assert {
        re.search(r"--from=(\S+)", line).group(1) for line in instructions("COPY") if "--from" in line
    } <= stages


def test_kernels_are_warmed_and_used_for_the_same_processor_in_the_same_folder():
    settings = [re.findall(r"(?:ASSAY_CACHE|NUMBA_\w+)=\S*", line) for line in instructions("ENV")]
    assert len(settings) == 2
    assert settings[0] == settings[1] and len(settings[0]) == 3
    assert len({line for line in instructions("ARG") if line.startswith("CPU=")}) == 1


@pytest.mark.parametrize(
    "arguments, program",
    [
        (["--id=1", "--control_endpoint=x"], "boot --id=1 --control_endpoint=x"),
        (["--worker_pool"], "boot --worker_pool"),
        (["run", "a recipe", "--out", "x"], "assay run a recipe --out x"),
        (["--help"], "assay --help"),
        ([], "assay"),
    ],
)
def test_the_entry_point_tells_a_worker_from_a_command(tmp_path, arguments, program):
    for name in ("assay", "boot"):
        (tmp_path / name).write_text(f'#!/bin/sh\necho {name} "$@"\n')
        (tmp_path / name).chmod(0o755)
    script = (FOLDER / "entrypoint.sh").read_text().replace("/opt/apache/beam/", "")
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-c", script, "sh", *arguments], capture_output=True, text=True, env=environment
    )
    assert done.stdout.strip() == program


def read_only(folder: Path) -> list[str]:
    """What to put before a command so that it cannot write into the folder; root can, unless it is mounted so."""
    if os.getuid():
        for path in [folder, *folder.rglob("*")]:
            path.chmod(path.stat().st_mode & 0o555)
        return []
    place = shlex.quote(str(folder))
    mount = f'mount --bind {place} {place} && mount -o remount,bind,ro {place} && exec "$@"'
    prefix = ["unshare", "--mount", "sh", "-c", mount, "sh"]
    if subprocess.run([*prefix, "true"], capture_output=True).returncode:
        pytest.skip("root may write everywhere, and mounts nothing here")
    return prefix


@pytest.fixture(scope="module")
def image_settings(tmp_path_factory) -> dict[str, str]:
    """The environment of a worker in the image: its own kernels, another home."""
    cache = tmp_path_factory.mktemp("image") / "cache"
    temporary = tmp_path_factory.mktemp("temporary")
    (cpu,) = {line.removeprefix("CPU=") for line in instructions("ARG") if line.startswith("CPU=")}
    processor = {
        "NUMBA_CPU_NAME": cpu if os.uname().machine == "x86_64" else "generic",
        "NUMBA_CPU_FEATURES": "",
    }
    kept = {name: value for name, value in os.environ.items() if name not in ("NUMBA_CACHE_DIR", "HOME")}
    settings = {
        **kept,
        **processor,
        "ASSAY_CACHE": str(cache),
        "TMPDIR": str(temporary),
        "HOME": "/nonexistent",
    }
    subprocess.run(command("warm"), env=settings, cwd=ROOT, check=True, capture_output=True)
    return settings


def not_in_the_image() -> list[str]:
    """The modules that are installed here, for the tests or by chance, and are not in the image."""
    image = {*locked(FOLDER / "requirements.lock"), "assay"}
    owners = importlib.metadata.packages_distributions()
    return [
        module
        for module, names in owners.items()
        if not {re.sub(r"[-_.]+", "-", name).lower() for name in names} & image and "/" not in module
    ]


def test_a_worker_of_the_image_s_packages_that_can_write_nothing_runs_and_compiles_nothing(
    image_settings, web, tmp_path
):
    prefix = read_only(Path(image_settings["ASSAY_CACHE"]))
    missing = not_in_the_image()
    assert "pandas" in missing and "pyarrow" not in missing
    code = (
        "import sys\n"
        "from importlib.machinery import PathFinder\n"
        "class OfTheImage(PathFinder):\n"
        "    @classmethod\n"
        "    def find_spec(cls, name, *more):\n"
        f"        absent = name.partition('.')[0] in {missing!r}\n"
        "        return None if absent else super().find_spec(name, *more)\n"
        "sys.meta_path[sys.meta_path.index(PathFinder)] = OfTheImage\n"
        "from pipeline.cli import main; main()\n"
    )
    arguments = command("run", RECIPE, web / "*.warc*", "--out", tmp_path / "run", "--workers", 1)[3:]
    done = subprocess.run(
        [*prefix, sys.executable, "-c", code, *arguments],
        env={**image_settings, "NUMBA_DEBUG_CACHE": "1", "HF_HUB_OFFLINE": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "[cache] data loaded from" in done.stdout
    assert [line for line in done.stdout.splitlines() if "[cache] data saved" in line] == []


def test_a_kernel_that_was_not_warmed_is_compiled_for_this_process_only(image_settings):
    cache = Path(image_settings["ASSAY_CACHE"])
    before = sorted(cache.rglob("*"))
    code = (
        "import numpy as np; from filters.kernels.unionfind import components as f; "
        "row = np.zeros(1, np.int32); print(f(row, row, 1), len(f.stats.cache_misses))"
    )
    done = subprocess.run(
        [*read_only(cache), sys.executable, "-c", code],
        env=image_settings, cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout.split() == ["[0]", "1"], done.stderr
    assert sorted(cache.rglob("*")) == before
    assert len(list(Path(image_settings["TMPDIR"]).iterdir())) == 1  # all processes share one copy


def test_kernels_of_another_user_are_not_run(image_settings, tmp_path):
    if os.getuid():
        pytest.skip("only root can give a folder away")
    cache = Path(image_settings["ASSAY_CACHE"])
    (folder,) = (cache / "kernels").iterdir()
    planted = tmp_path / f"assay-kernels-{folder.name}-0"
    planted.mkdir()
    os.chown(planted, 65534, 65534)
    done = subprocess.run(
        [*read_only(cache), sys.executable, "-c", "import filters.kernels.jit"],
        env={**image_settings, "TMPDIR": str(tmp_path)}, cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert "belongs to another user" in done.stderr
