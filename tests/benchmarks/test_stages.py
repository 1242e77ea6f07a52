"""Every comparison runs here on little input, with those contestants that the tests' own environment has."""

import json

import pytest

from benchmarks import rounds, stages
from benchmarks.comparisons import COMPARISONS, Comparison
from benchmarks.contestants import Inputs
from benchmarks.rounds import Contestant, Score


@pytest.fixture(scope="module")
def inputs(tmp_path_factory, web) -> Inputs:
    folder = tmp_path_factory.mktemp("inputs")
    truth = [json.loads(line) for line in (web / "truth.jsonl").read_text().splitlines()]
    documents = folder / "documents.jsonl"
    with documents.open("w") as file:
        for number, page in enumerate(truth):
            words = " ".join(str(value) for value in page.values())
            file.write(json.dumps({"id": number, "text": f"{words}\nÉté, 12 naïve “words” — 漢字."}) + "\n")
    return stages.prepare([documents], sorted(web.glob("*.warc.gz")), 0.1, folder)


@pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda comparison: comparison.name)
def test_every_comparison_runs(comparison, inputs, monkeypatch, tmp_path):
    monkeypatch.setattr(rounds, "ENVIRONMENTS", tmp_path)
    rows = stages.compare(comparison, inputs, 1)
    assert rows[0].who.startswith("Assay ")
    assert rows[0].ratio is None
    assert all(row.value > 0 and row.megabytes for row in rows)
    here = [contestant.name for contestant in comparison.contestants if not contestant.environment]
    assert [name for name in here if not any(row.who.startswith(name) for row in rows)] == []


def test_who_is_not_installed_is_named(inputs, monkeypatch, tmp_path):
    monkeypatch.setattr(rounds, "ENVIRONMENTS", tmp_path)
    strangers = Comparison(
        "language",
        (
            Contestant("Assay", "language:assay", "assay"),
            Contestant("nobody", "language:fasttext", "no-such-package-of-anyone"),
        ),
        "agree",
    )
    (row,) = stages.compare(strangers, inputs, 1)
    assert "left out: nobody (no no-such-package-of-anyone)" in row.note


def test_a_contestant_that_fails_is_named_with_its_story(inputs):
    broken = Inputs(**{**inputs.__dict__, "tokenizer": "/no/such/tokenizer.json"})
    with pytest.raises(SystemExit, match=r"tokens:\w+ ended:(.|\n)*No such file"):
        stages.compare(next(c for c in COMPARISONS if c.name == "tokens"), broken, 1)


def scores(*answers: list[object]) -> list[Score]:
    return [
        Score(Contestant(f"c{number}", ""), "", 1.0, answers=found) for number, found in enumerate(answers)
    ]


def test_answers_are_compared_as_far_as_both_go():
    agree = Comparison("x", (), "agree")
    assert stages._compared(agree, scores(["a", "b", "c", "d"], ["a", "b"], ["a", "x", "c", "d"], [])) == {
        "c1": "the same of 2 answers",
        "c2": "75.00% the same of 4 answers",
    }


def test_another_answer_is_an_error_where_they_must_be_equal():
    equal = Comparison("tokens", (), "equal")
    assert stages._compared(equal, scores([1, 2], [1, 2])) == {"c1": "the same of 2 answers"}
    with pytest.raises(SystemExit, match="tokens: 1 of 2 answers of c1 are not Assay's"):
        stages._compared(equal, scores([1, 2], [1, 3]))


def test_what_is_kept_is_shown_and_not_compared():
    kept = Comparison("x", (), "kept")
    assert stages._compared(kept, scores([True, False], [True, True], [])) == {
        "c0": "keeps 50%",
        "c1": "keeps 100%",
    }


def test_an_aim_is_met_by_the_ratio_of_the_rates():
    comparison = Comparison("x", (), "agree")
    assay, peer = scores([], [])
    assay.cpu, assay.megabytes = [1.0, 3.0, 2.0], 10.0
    peer.cpu, peer.contestant = [1.0], Contestant("peer", "", aim=5)
    row = stages._row(comparison, peer, assay, {})
    assert (row.value, row.ratio, row.aim, row.met) == (1.0, 5.0, ">= 5x", True)
    assert stages._row(comparison, assay, assay, {}).ratio is None


def test_an_unknown_name_is_refused():
    with pytest.raises(SystemExit, match="no comparison nonsense; there are: gopher_repetition"):
        stages.run(["nonsense"], [], [], 0.1, 1)


def test_contestants_take_only_their_share(tmp_path):
    from benchmarks.contestants import assay, rows, size

    path = tmp_path / "documents.jsonl"
    texts = ["a" * 400, "é" * 300, "b" * 500, "c"]
    path.write_text("".join(json.dumps({"id": "1", "text": text}) + "\n" for text in texts))
    for share, wanted in ((1.0, 4), (0.0005, 2), (0.0001, 1), (0.001, 2), (0.0011, 3)):
        taken = rows(str(path), "text", share)
        batches, megabytes = assay.batches(str(path), share)
        found = [text for batch in batches for text in batch["text"].to_pylist()]
        assert taken == found == texts[:wanted]
        assert size(taken) == megabytes


def test_ranks_are_the_bytes_of_the_vocabulary(inputs):
    from benchmarks.contestants.tokens import _ranks

    ranks = _ranks(inputs.tokenizer)
    assert {bytes([byte]) for byte in range(256)} <= set(ranks)
    assert len(set(ranks.values())) == len(ranks)
