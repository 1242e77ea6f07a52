import pytest

from pipeline.sources import names


@pytest.mark.parametrize(
    ("path", "format", "stem", "collection"),
    [
        ("ota-dating-00003.warc.gz", "warc", "ota-dating-00003", "ota-dating"),
        (
            "a/CC-MAIN-20241201162023-20241201192023-00000.warc.wet.gz",
            "wet",
            "CC-MAIN-20241201162023-20241201192023-00000",
            "CC-MAIN",
        ),
        ("s3://bucket/news/0001.jsonl.zst", "jsonl", "0001", "news"),
        ("0001.jsonl", "jsonl", "0001", "0001"),
        ("posts.JSON", "jsonl", "posts", "posts"),
        ("reddit2.parquet", "parquet", "reddit2", "reddit2"),
        ("v1.2.csv", "csv", "v1.2", "v1"),
        ("old.arc.gz", "arc", "old", "old"),
        ("index.cdx", None, "index.cdx", "index.cdx"),
        (".gz", None, ".gz", ".gz"),
        ("README", None, "README", "README"),
    ],
)
def test_what_a_name_says(path: str, format: str | None, stem: str, collection: str) -> None:
    assert (names.format_of(path), names.stem(path), names.collection(path)) == (format, stem, collection)
