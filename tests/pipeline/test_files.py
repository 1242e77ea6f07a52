"""A file is there whole or not at all."""

import pytest

from pipeline import files


@pytest.fixture(params=["local", "memory"])
def folder(request, tmp_path):
    return str(tmp_path) if request.param == "local" else f"memory://{tmp_path.name}"


def test_what_is_committed_is_read_back(folder):
    url = files.join(folder, "deep", "file.bin")
    assert not files.exists(url)
    files.write_bytes(url, b"content")
    assert files.exists(url)
    assert files.read_bytes(url) == b"content"
    assert files.list_files(files.join(folder, "deep")) == [url]
    files.remove(folder)
    assert not files.exists(url)


def test_a_writer_that_fails_leaves_nothing(tmp_path):
    url = str(tmp_path / "file.bin")
    with pytest.raises(RuntimeError), files.commit(url) as file:
        file.write(b"half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_writer_that_fails_leaves_what_was_there(tmp_path):
    url = str(tmp_path / "file.bin")
    files.write_bytes(url, b"old")
    with pytest.raises(RuntimeError), files.commit(url) as file:
        file.write(b"half")
        raise RuntimeError
    assert files.read_bytes(url) == b"old"


def test_what_a_killed_writer_left_is_not_listed_and_is_removed(tmp_path):
    left = tmp_path / "parts" / f"{files.UNFINISHED}0-file.bin"
    left.parent.mkdir()
    left.write_bytes(b"half")
    assert files.list_files(str(left.parent)) == []
    files.remove_unfinished(str(tmp_path))
    assert not left.exists()


def test_a_folder_that_is_not_there_has_no_files(folder):
    assert files.list_files(files.join(folder, "nowhere")) == []
