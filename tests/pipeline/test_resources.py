"""Models and word lists are part of the run, and reach every worker whole."""

import hashlib

import fsspec
import pytest

from pipeline import files, resources
from pipeline.errors import AssayError, UserError
from pipeline.recipe import parse_recipe
from pipeline.resources import fetch_resources, load_stages, resource_path
from pipeline.rundir import RunDirectory


def recipe(location: object, sha256: str = "null"):
    words = f'{{files: [{{location: "{location}", sha256: {sha256}}}]}}'
    return parse_recipe(
        f"name: r\nstages:\n  - {{stage: harmful_words, words: {words}, max_count: 0}}\n", "r.yaml"
    )


@pytest.fixture(params=["local", "s3"])
def run(request, tmp_path, monkeypatch) -> RunDirectory:
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
    if request.param == "local":
        return RunDirectory(str(tmp_path / "run"))
    return RunDirectory(files.join(request.getfixturevalue("bucket"), "run"))


@pytest.fixture(params=["local", "remote"])
def location(request, tmp_path) -> str:
    content = b"winter\n"
    if request.param == "local":
        (tmp_path / "words.txt").write_bytes(content)
        return str(tmp_path / "words.txt")
    fsspec.filesystem("memory").pipe(f"/{tmp_path.name}/words.txt", content)
    return f"memory://{tmp_path.name}/words.txt"


def test_a_resource_becomes_part_of_the_run(run, location):
    (entry,) = fetch_resources(recipe(location), run)
    digest = hashlib.sha256(b"winter\n").hexdigest()
    assert (entry.location, entry.sha256) == (location, digest)
    assert entry.file == f"resources/{digest[:16]}-words.txt"
    assert files.read_bytes(run.path(entry.file)) == b"winter\n"
    assert resource_path(run, entry).read_bytes() == b"winter\n"
    load_stages(recipe(location).stages, run, [entry])


def test_only_a_local_file_is_looked_at_again(run, location, tmp_path):
    first = fetch_resources(recipe(location), run)
    with fsspec.open(location, "wb") as file:
        file.write(b"summer\n")
    (entry,) = fetch_resources(recipe(location), run, first)
    changed = "://" not in location
    assert (entry != first[0]) == changed
    assert resource_path(run, entry).read_bytes() == (b"summer\n" if changed else b"winter\n")


def test_on_a_machine_it_is_fetched_once_and_checked(bucket, tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
    (tmp_path / "words.txt").write_bytes(b"winter\n")
    run = RunDirectory(files.join(bucket, "run"))
    (entry,) = fetch_resources(recipe(tmp_path / "words.txt"), run)
    path = resource_path(run, entry)
    files.remove(run.path(entry.file))
    assert resource_path(run, entry) == path
    path.write_bytes(b"damaged")
    files.write_bytes(run.path(entry.file), b"another")
    with pytest.raises(AssayError, match=r"s3://.*words.txt: its sha256 is .*, and the run began with"):
        resource_path(run, entry)
    files.write_bytes(run.path(entry.file), b"winter\n")
    assert resource_path(run, entry).read_bytes() == b"winter\n"
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_user_without_a_home_has_a_temporary_cache(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr(resources.tempfile, "tempdir", str(tmp_path / "temporary"))
    assert resources._cache().is_relative_to(tmp_path / "temporary")


@pytest.mark.parametrize(
    ("sha256", "message"), [("null", r"no such file"), ("'" + "0" * 64 + "'", "the recipe wants 0000")]
)
def test_what_is_not_to_be_had_names_the_setting(run, location, sha256, message):
    wrong = location if sha256 != "null" else "no/such/words.txt"
    with pytest.raises(UserError, match=rf"stages\[0\] \(harmful_words\).words.0: .*{message}"):
        fetch_resources(recipe(wrong, sha256), run)
    assert not files.exists(run.path("resources"))
