import logging
from pathlib import Path

import fsspec
import pytest
from samples import read_all, texts

from pipeline.errors import UserError
from pipeline.sources.config import Source
from pipeline.sources.inputs import describe_inputs, find_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.jsonl", "a.jsonl", "sub/c.warc.gz", "sub/notes.doc"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text('{"text": "' + name + '"}\n')
    return tmp_path


def found(*inputs: object, **settings: str) -> list[str]:
    return [
        Path(file.path).name
        for file in find_files([str(entry) for entry in inputs], Source.model_validate(settings))
    ]


def test_files_folders_and_globs_are_sorted_and_come_once(folder: Path) -> None:
    assert found(folder / "b.jsonl", folder, folder / "*.jsonl", folder / "sub/../a.jsonl") == [
        "a.jsonl",
        "b.jsonl",
        "c.warc.gz",
    ]
    assert found(folder / "**/*.warc.gz") == ["c.warc.gz"]
    assert found(folder / "s*") == ["c.warc.gz"]


def test_files_of_unknown_format_are_named_once(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found(folder)
    assert [("notes.doc" in record.getMessage()) for record in caplog.records] == [True]
    assert found(folder / "sub" / "notes.doc", format="text") == ["notes.doc"]


def test_a_name_with_glob_characters_is_a_name(tmp_path: Path) -> None:
    (tmp_path / "a[1].jsonl").touch()
    assert found(tmp_path / "a[1].jsonl") == ["a[1].jsonl"]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("missing.jsonl", r"missing\.jsonl: no such file or folder"),
        ("*.parquet", r"\*\.parquet: the glob matches no file"),
        ("sub/notes.doc", r"notes\.doc: the name does not say.*source\.format"),
        ("sub/*.doc", r"no file to read here, only files of unknown format"),
        ("empty", r"empty: no file to read here"),
        ("memory://nothing/a.jsonl", r"memory://nothing/a\.jsonl: no such file"),
        ("memory://nothing/*.jsonl", r"memory://nothing/\*\.jsonl: the glob matches no file"),
        ("nosuch://a.jsonl", r"nosuch://a\.jsonl: "),
    ],
)
def test_mistakes_are_named_with_their_input(folder: Path, entry: str, message: str) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(UserError, match=message):
        found(entry if "://" in entry else folder / entry)
    with pytest.raises(UserError, match="no input"):
        found()


def test_the_fingerprint_follows_the_content(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    seen = set()
    for content in (b"", b"a", b"b", bytes(5 << 20), bytes(4 << 20) + b"x" + bytes((1 << 20) - 1)):
        path.write_bytes(content)
        (described,) = describe_inputs(find_files([str(path)], Source()))
        assert (described.path, described.bytes) == (str(path), len(content))
        seen.add(described.fingerprint)
        assert describe_inputs(find_files([str(path)], Source())) == [described]
    assert len(seen) == 5


def test_any_store_is_read(tmp_path: Path) -> None:
    store = fsspec.filesystem("memory")
    lines = b"".join(b'{"text": "%d"}\n' % number for number in range(50))
    store.pipe("/assay/sub/a.jsonl", lines)
    for entry in ("memory://assay", "memory://assay/sub/*.jsonl", "memory://assay/sub/a.jsonl"):
        assert texts(read_all(entry, unit_bytes=100)[0]) == [str(number) for number in range(50)]
    store.rm("/assay", recursive=True)
