"""The user's mistakes end with exit code 2 and a remedy; damaged input is counted, located, and passed over."""

import gzip
import json
import os
import subprocess

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from commandline import RECIPE, assay

GOOD = (
    "The harbour office keeps a ledger of every vessel that came in, and the clerk reads it out on Fridays. "
    * 8
)


@pytest.fixture
def recipe(tmp_path):
    """The quickstart without a trained tokenizer's long sample: small and quick."""
    path = tmp_path / "small.yaml"
    path.write_text(
        "name: small\n"
        "source: {unit_bytes: 100000}\n"
        "stages:\n"
        "  - {stage: gopher_quality}\n"
        "tokenizer: {train: {vocab_size: 300}}\n"
    )
    return path


def lines(*records: object) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def report(out) -> dict:
    return json.loads((out / "report.json").read_text())


def causes(out) -> dict[str, int]:
    return {entry["cause"]: entry["records"] for entry in report(out)["unreadable"]}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("nowhere.jsonl", "nowhere.jsonl"), ("*.jsonl.gz", "*.jsonl.gz"), ("letter.docx", "letter.docx")],
)
def test_no_such_input(recipe, tmp_path, name, expected):
    (tmp_path / "letter.docx").write_bytes(b"PK")
    done = assay("run", recipe, tmp_path / name, "--out", tmp_path / "run")
    assert done.returncode == 2
    assert expected in done.stderr


def test_no_input_and_no_out(recipe, tmp_path):
    assert assay("run", recipe, "--out", tmp_path / "run").returncode == 2
    assert assay("run", recipe, "x.jsonl").returncode == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("stages: [{stage: gopher_quality, min_word: 50}]", "(gopher_quality).min_word: there is no such setting. did you"),
        ("stages: [{stage: gopher}]", "stages[0].stage: `gopher` is not a stage"),
        ("stages: [{stage: language_filter}]", "stages[0] (language_filter): needs language from an earlier stage"),
        ("stages: []\nsourc: {}", "sourc: there is no such setting. did you mean `source`?"),
        ("stages: [{stage: gopher_quality, min_words: many}]", "stages[0] (gopher_quality).min_words: "),
        ("stages: [{stage: gopher_quality}, {stage: gopher_quality}]", "give this stage a `name` of its own"),
        ("stages: [", "not YAML"),
        ("[]", "a recipe is a mapping"),
    ],
)  # fmt: skip
def test_a_bad_recipe(tmp_path, text, expected):
    path = tmp_path / "bad.yaml"
    path.write_text(text if text.startswith("[") else f"name: bad\n{text}\n")
    done = assay("check", path)
    assert done.returncode == 2
    assert expected in done.stderr
    assert "Traceback" not in done.stderr


def test_no_such_recipe(tmp_path):
    done = assay("check", tmp_path / "nowhere.yaml")
    assert done.returncode == 2
    assert "nowhere.yaml" in done.stderr


def test_damaged_lines_are_counted_and_the_rest_is_read(recipe, tmp_path):
    posts = tmp_path / "posts.jsonl"
    posts.write_bytes(
        lines({"text": GOOD}) + b'["a list"]\n' + b"{broken\n" + lines({"body": "no text"})
        + b'{"text": "caf\xe9"}\n' + lines({"text": GOOD + "again"})
    )  # fmt: skip
    out = tmp_path / "run"
    done = assay("run", recipe, posts, "--out", out)
    assert done.returncode == 0, done.stderr
    found = report(out)
    records = sum(entry["records"] for entry in found["unreadable"])
    assert found["totals"]["raw"]["documents"] + records == 6
    assert records >= 3
    offsets = [example["offset"] for entry in found["unreadable"] for example in entry["examples"]]
    assert len(lines({"text": GOOD})) in offsets


def test_a_truncated_gzip_gives_what_stands_before_the_damage(recipe, tmp_path):
    whole = gzip.compress(lines(*({"text": f"{GOOD} {os.urandom(300).hex()}"} for _ in range(300))))
    (tmp_path / "posts.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    out = tmp_path / "run"
    done = assay("run", recipe, tmp_path / "posts.jsonl.gz", "--out", out)
    assert done.returncode == 0, done.stderr
    assert 0 < report(out)["totals"]["raw"]["documents"] < 300
    assert sum(causes(out).values()) >= 1


def test_json_lines_without_the_text_field(recipe, tmp_path):
    posts = tmp_path / "posts.jsonl.gz"
    posts.write_bytes(gzip.compress(lines(*({"body": GOOD, "url": "u"} for _ in range(300)))))
    done = assay("run", recipe, posts, "--out", tmp_path / "run")
    assert done.returncode == 2
    assert "posts.jsonl.gz" in done.stderr
    assert "no field 'text'; it has: body, url. Set source.fields.text" in done.stderr
    assert not (tmp_path / "run").exists()


def test_parquet_without_the_text_column(recipe, tmp_path):
    pq.write_table(pa.table({"content": ["a"], "url": ["b"]}), tmp_path / "posts.parquet")
    done = assay("run", recipe, tmp_path / "posts.parquet", "--out", tmp_path / "run")
    assert done.returncode == 2
    assert "posts.parquet" in done.stderr
    assert "content" in done.stderr


def test_an_empty_file_is_an_empty_run(recipe, tmp_path):
    (tmp_path / "posts.jsonl").write_bytes(b"")
    out = tmp_path / "run"
    done = assay("run", recipe, tmp_path / "posts.jsonl", "--out", out)
    assert done.returncode == 0, done.stderr
    assert report(out)["totals"]["raw"]["documents"] == 0
    assert report(out)["balanced"]


def test_a_full_disk_fails_clearly_and_is_gone_on_from(recipe, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", disk], capture_output=True
    ).returncode:
        pytest.skip("a small disk needs the right to mount one")
    try:
        posts = tmp_path / "posts.jsonl"
        posts.write_bytes(lines(*({"text": f"{GOOD} {os.urandom(2000).hex()}"} for _ in range(300))))
        out = disk / "run"
        done = assay("run", recipe, posts, "--out", out)
        assert done.returncode == 1
        assert "No space left on device" in done.stderr
        assert "Traceback" not in done.stderr
        subprocess.run(["mount", "-o", "remount,size=40m", disk], check=True)
        done = assay("run", recipe, posts, "--out", out)
        assert done.returncode == 0, done.stderr
        assert report(out)["totals"]["raw"]["documents"] == 300
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_run_that_is_not_there(tmp_path):
    done = assay("report", tmp_path / "nowhere")
    assert done.returncode == 2
    assert "is not a run directory" in done.stderr


def test_the_recipe_that_comes_with_assay_is_sound():
    assert assay("check", RECIPE).returncode == 0
