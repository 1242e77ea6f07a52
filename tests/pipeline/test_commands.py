"""The commands on a run of JSONL with names of its own, an old tokenizer, and the text of what was dropped."""

import json
from pathlib import Path

import datasets
import pyarrow.parquet as pq
import pytest
from commandline import RECIPE, assay, digest

RECIPE_TEXT = """
name: letters
source: {{fields: {{text: body, url: link.href, date: sent}}}}
stages:
  - {{stage: language}}
  - {{stage: gopher_quality, min_words: 20}}
  - {{stage: dedup_url}}
tokenizer: {{file: {tokenizer}}}
shards: {{pack: false}}
dropped: {{text: true}}
"""
LONG = (
    "The keeper of the lamp wrote to the office that the oil was low and the stairs were wet, and that he would "
    "like to have a boy to help him. "
)
LETTERS = [
    {"id": "short", "body": "Too short.", "link": {"href": "http://letters.example/1"}, "hand": "clerk"},
    {"id": "old", "body": LONG + "He was told to wait.", "link": {"href": "http://letters.example/2"}, "sent": "1901-02-03"},
    {"id": "new", "body": LONG + "A boy was sent.", "link": {"href": "http://letters.example/2"}, "sent": "1902-02-03"},
]  # fmt: skip


@pytest.fixture(scope="module")
def letters(sample_run, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("letters")
    (folder / "letters.jsonl").write_text("".join(json.dumps(letter) + "\n" for letter in LETTERS))
    (folder / "letters.yaml").write_text(RECIPE_TEXT.format(tokenizer=sample_run / "tokenizer.json"))
    done = assay("run", folder / "letters.yaml", folder / "letters.jsonl", "--out", folder / "run")
    assert done.returncode == 0, done.stderr
    return folder


def test_mapped_fields_arrive_and_the_others_travel_along(letters):
    (kept,) = pq.read_table(letters / "run" / "parts" / "1").to_pylist()
    assert (kept["id"], kept["url"], kept["date"]) == ("new", "http://letters.example/2", "1902-02-03")
    (short,) = [
        row for row in pq.read_table(letters / "run" / "dropped" / "0").to_pylist() if row["id"] == "short"
    ]
    assert short["text"] == "Too short."
    assert (short["stage"], short["reason"]) == ("gopher_quality", "too_few_words")


def test_the_tokenizer_is_the_file_s_and_its_tokens_are_in_the_shards(letters, sample_run):
    assert (letters / "run" / "tokenizer.json").read_bytes() == (sample_run / "tokenizer.json").read_bytes()
    rows = datasets.load_from_disk(str(letters / "run" / "shards"))
    assert rows["doc_id"][:] == ["new"]
    report = json.loads((letters / "run" / "report.json").read_text())
    assert report["totals"]["final"]["tokens"] == len(rows[0]["input_ids"])


def test_explain_names_the_copy_that_stayed(letters):
    done = assay("explain", letters / "run", "--id", "old")
    assert done.returncode == 0, done.stderr
    assert "duplicate_url" in done.stdout
    assert "new" in done.stdout
    both = json.loads(assay("explain", letters / "run", "--url", "http://letters.example/2", "--json").stdout)
    assert sorted(document["id"] for document in both) == ["new", "old"]


def test_explain_what_is_not_there(letters):
    done = assay("explain", letters / "run", "--id", "lost")
    assert done.returncode == 2
    assert "lost" in done.stderr


def test_explain_a_text(letters):
    (letters / "page.txt").write_text(LETTERS[0]["body"])
    done = assay("explain", "--text", letters / "page.txt", "--recipe", letters / "letters.yaml")
    assert done.returncode == 0, done.stderr
    assert "too_few_words" in done.stdout


def test_plan_in_tokens_and_its_json(letters):
    done = assay("plan", letters / "run", "--tokens", "20", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads((letters / "run" / "report.json").read_text())
    needs = json.loads(done.stdout)["needs"]["tokens"]
    assert needs["value"] == pytest.approx(20 / report["retention"]["tokens"])
    assert needs["low"] <= needs["value"]
    assert assay("plan", letters / "run", "--tokens", "many").returncode == 2


def test_report_writes_the_same_again(letters):
    before = (letters / "run" / "report.json").read_bytes()
    assert assay("report", letters / "run").returncode == 0
    assert (letters / "run" / "report.json").read_bytes() == before


def test_schema_is_json():
    assert json.loads(assay("schema").stdout)["title"] == "Assay recipe"


def test_help_teaches():
    shown = assay("--help").stdout
    for name in ("run", "report", "plan", "explain", "check", "schema"):
        assert f" {name} " in shown
    assert "kill -9" in assay("run", "--help").stdout


def test_a_runner_given_to_beam_gives_the_same_bytes(sample_run, web, tmp_path):
    out = tmp_path / "run"
    done = assay("run", RECIPE, web / "*.warc*", "--out", out, "--", "--runner=DirectRunner")
    assert done.returncode == 0, done.stderr
    assert digest(out) == digest(sample_run)
