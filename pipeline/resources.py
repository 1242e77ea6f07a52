"""The models and word lists of a run: part of its directory, and on every worker's machine when they are needed."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from filters.resources import fetch, is_local, sha256
from filters.stage import Resource, Stage
from pipeline import files
from pipeline.errors import AssayError, UserError
from pipeline.recipe import Recipe
from pipeline.rundir import RunDirectory

FOLDER = "resources"


@dataclass(frozen=True)
class FetchedResource:
    """A file that a run needs, as the run uses it.

    `location` is where it came from, `file` its name in the run directory.
    """

    label: str
    setting: str
    location: str
    file: str
    sha256: str


def fetch_resources(
    recipe: Recipe, run: RunDirectory, earlier: Sequence[FetchedResource] = ()
) -> list[FetchedResource]:
    """Bring every stage's models and word lists into the run directory.

    What an earlier attempt downloaded is not downloaded again; local files are read again, since they may have changed.

    Raises:
        UserError: one is not to be had or has another hash than the recipe says; the message names the setting.
    """
    known = {(entry.label, entry.setting, entry.location): entry for entry in earlier}
    fetched = []
    for place, stage in enumerate(recipe.stages):
        for setting, resource in stage.resources().items():
            entry = known.get((stage.label, setting, resource.location))
            if entry is None or is_local(resource):
                entry = _bring(
                    stage.label, setting, resource, run, f"stages[{place}] ({stage.stage}).{setting}"
                )
            fetched.append(entry)
    return fetched


def _bring(label: str, setting: str, resource: Resource, run: RunDirectory, where: str) -> FetchedResource:
    with tempfile.TemporaryDirectory(prefix="assay-") as scratch:
        path = fetch_to(resource, Path(scratch), where)
        digest = sha256(path)
        name = resource.location.rstrip("/").rpartition("/")[2].partition("?")[0]
        file = f"{FOLDER}/{digest[:16]}-{name}"
        if not files.exists(run.path(file)):
            with path.open("rb") as source, files.commit(run.path(file)) as target:
                shutil.copyfileobj(source, target, 1 << 20)
    return FetchedResource(label, setting, resource.location, file, digest)


def fetch_to(resource: Resource, scratch: Path, where: str) -> Path:
    """The local path of a resource; what is on no disk of this machine is downloaded into `scratch`.

    Raises:
        UserError: as `fetch_resources`; `where` names the setting.
    """
    try:
        return fetch(resource, scratch, files.open_read)
    except (OSError, ValueError, AssayError) as error:
        raise UserError(f"{where}: {error}") from error


def resource_path(run: RunDirectory, entry: FetchedResource) -> Path:
    """Where a worker reads the file: in the run directory where that is local, else in this machine's cache, into
    which it is fetched once and checked against its hash.

    Raises:
        AssayError: the file in the run directory is not the one that the run began with.
    """
    url = run.path(entry.file)
    place = files.local_path(url)
    if place is not None:
        return place
    cached = _cache() / f"{entry.sha256[:16]}-{entry.file.rpartition('/')[2]}"
    if cached.is_file() and sha256(cached) == entry.sha256:
        return cached
    unfinished = cached.with_name(f"{files.UNFINISHED}{uuid.uuid4().hex}")
    try:
        with files.open_read(url) as source, unfinished.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        found = sha256(unfinished)
        if found != entry.sha256:
            raise AssayError(f"{url}: its sha256 is {found}, and the run began with {entry.sha256}")
        unfinished.replace(cached)
    finally:
        unfinished.unlink(missing_ok=True)
    return cached


def _cache() -> Path:
    """The user's cache folder, or a temporary one where a container's user has no home."""
    root = Path(os.environ.get("ASSAY_CACHE") or platformdirs.user_cache_dir("assay"))
    for folder in (root / FOLDER, Path(tempfile.gettempdir()) / f"assay-{os.getuid()}" / FOLDER):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    raise AssayError(
        f"{root}: no cache folder can be made here. Set ASSAY_CACHE to a folder that can be written"
    )


def load_stages(stages: Iterable[Stage], run: RunDirectory, resources: Sequence[FetchedResource]) -> None:
    """Open the models of these stages, on this machine."""
    for stage in stages:
        stage.load(
            {entry.setting: resource_path(run, entry) for entry in resources if entry.label == stage.label}
        )
