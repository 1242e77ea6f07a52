"""The stages are held to the truth about the embedded sample."""

import json
from collections import Counter, defaultdict
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from commandline import assay

# Every stage family that the sample has pages for. Editors stand last: truth judges a page as it was extracted.
RECIPE = """
name: everything
stages:
  - {{stage: url_filter, domains: {{files: [{{location: "{blocked}"}}]}}}}
  - {{stage: language}}
  - {{stage: language_filter, keep: [en], min_score: 0.65}}
  - {{stage: gopher_quality}}
  - {{stage: gopher_repetition}}
  - {{stage: c4_pages}}
  - {{stage: fineweb}}
  - {{stage: harmful_words}}
  - {{stage: dedup_url}}
  - {{stage: dedup_exact}}
  - {{stage: dedup_minhash}}
  - {{stage: c4_lines, terminal_punctuation: false}}
  - {{stage: mask_pii}}
tokenizer: {{train: {{vocab_size: 2000, sample_bytes: 200000}}}}
"""


@pytest.fixture(scope="module")
def run(web, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("truth")
    recipe = folder / "everything.yaml"
    recipe.write_text(RECIPE.format(blocked=web / "blocked_domains.txt"))
    done = assay("run", recipe, web / "*.warc*", "--out", folder / "run", "--workers", 1)
    assert done.returncode == 0, done.stderr
    return folder / "run"


@pytest.fixture(scope="module")
def truth(web) -> dict[str, dict]:
    """By document id."""
    rows = [json.loads(line) for line in (web / "truth.jsonl").read_text().splitlines()]
    return {row["record"].removeprefix("urn:uuid:"): row for row in rows}


def rows_of(run: Path, pattern: str, columns: list[str]) -> dict[str, dict]:
    rows = [
        row for file in sorted(run.glob(pattern)) for row in pq.read_table(file, columns=columns).to_pylist()
    ]
    return {row["id"]: row for row in rows}


@pytest.fixture(scope="module")
def kept(run) -> dict[str, dict]:
    return rows_of(run, "parts/*/*.parquet", ["id", "text", "language"])


@pytest.fixture(scope="module")
def dropped(run) -> dict[str, dict]:
    return rows_of(run, "dropped/*/*.parquet", ["id", "stage", "reason", "fired"])


def test_every_page_is_a_document_or_reported(run, truth, kept, dropped):
    assert not set(kept) & set(dropped)
    documents = {id for id, page in truth.items() if page["outcome"] in ("kept", "edited", "dropped")}
    assert documents <= set(kept) | set(dropped)
    report = json.loads((run / "report.json").read_text())
    causes = Counter({(entry["kind"], entry["cause"]): entry["records"] for entry in report["unreadable"]})
    pages = Counter(page["kind"] for page in truth.values() if page["outcome"] in ("skipped", "unreadable"))
    unreadable = sum(count for (kind, _), count in causes.items() if kind == "unreadable")
    assert unreadable == sum(1 for page in truth.values() if page["outcome"] == "unreadable")
    assert causes[("skipped", "http_status")] == pages["not_found"] + pages["redirect"]
    assert causes[("skipped", "content_type")] == pages["image"]


def test_bad_pages_go(truth, kept):
    bad = {id: page for id, page in truth.items() if page["outcome"] == "dropped" and not page["duplicate"]}
    stayed = Counter(page["kind"] for id, page in bad.items() if id in kept)
    assert stayed == Counter()


def test_good_english_pages_stay(truth, kept, dropped):
    good = [
        id for id, page in truth.items()
        if page["outcome"] in ("kept", "edited") and page["language"] == "en" and page["cluster"] is None
    ]  # fmt: skip
    went = {id: dropped[id]["reason"] for id in good if id not in kept}
    assert len(good) > 150
    assert went == {}


def test_other_languages_go(truth, kept, dropped):
    others = [
        id for id, page in truth.items() if page["outcome"] == "kept" and page["language"] not in ("en", None)
    ]
    assert len(others) > 100
    assert [id for id in others if id in kept] == []
    assert {dropped[id]["stage"] for id in others} == {"language_filter"}


def test_one_page_of_a_cluster_stays(truth, kept):
    clusters = defaultdict(list)
    for id, page in truth.items():
        if page["cluster"] is not None and page["language"] == "en":
            clusters[page["cluster"]].append(id)
    assert len(clusters) > 20
    assert {
        cluster: n for cluster, ids in clusters.items() if (n := sum(id in kept for id in ids)) != 1
    } == {}


def test_duplicates_name_their_keeper(run, truth, kept):
    duplicates = rows_of(run, "duplicates/*/*.parquet", ["id", "keeper_id", "similarity"])
    assert len(duplicates) > 30
    for id, row in duplicates.items():
        assert truth[id]["cluster"] == truth[row["keeper_id"]]["cluster"] is not None
        assert 0.8 <= row["similarity"] <= 1
        assert id not in kept


def test_personal_data_is_masked(truth, kept):
    pages = [
        (kept[id]["text"], page) for id, page in truth.items() if page["kind"] == "contacts" and id in kept
    ]
    assert len(pages) > 5
    for text, page in pages:
        assert not [planted for planted in (*page["emails"], *page["public_ips"]) if planted in text]
        assert all(address in text for address in page["private_ips"])


def test_notices_are_cut_out(truth, kept):
    pages = [
        (kept[id]["text"], page) for id, page in truth.items() if page["kind"] == "notices" and id in kept
    ]
    assert len(pages) > 5
    for text, page in pages:
        assert page["trimmed"]
        assert not [line for line in page["trimmed"] if line in text]
        assert all(sentence in text for sentence in page["contains"])
