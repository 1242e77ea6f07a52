import gzip
from pathlib import Path

from samples import causes, read_all, texts


def test_every_file_of_a_folder_is_a_document(tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    (folder / "old").mkdir(parents=True)
    (folder / "b-1.txt").write_bytes("grün\r\n\x00".encode("latin-1"))
    (folder / "old" / "a.txt.gz").write_bytes(gzip.compress("grün".encode()))
    (folder / ".hidden.txt").write_text("no")
    (folder / "_temporary.txt").write_text("no")
    (folder / "picture.png").write_bytes(b"no")
    (folder / "empty.txt").touch()
    rows, unreadable = read_all(folder)
    assert [(row["id"], row["source"]) for row in rows] == [("b-1", "b"), ("a", "a")]
    assert texts(rows) == ["grün\r\n\x00", "grün"]
    assert [(entry.kind, entry.cause) for entry in unreadable] == [("skipped", "empty_file")]


def test_a_file_that_is_too_long_or_damaged(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"x" * 5000)
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress(b"x" * 500)[:-4])
    rows, unreadable = read_all(tmp_path, limits={"raw_bytes": 1000})
    assert (rows, causes(unreadable)) == ([], ["record_too_long", "truncated_gzip"])
