"""An explanation holds the verdict of the run, and the same measures and bounds."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from written_run import Page, Written, write_run

from filters.language_filter import LanguageFilter
from pipeline import files
from pipeline.compile import stage_entries
from pipeline.errors import UserError
from pipeline.explain import explain_document, explain_text
from pipeline.explanation import ExplainedDocument, Explanation, checks, print_explanation
from pipeline.recipe import Recipe, dump_recipe, parse_recipe
from pipeline.rundir import RunDirectory

RECIPE = """
name: try
stages:
  - stage: language
  - {stage: language_filter, name: sure, keep: [en, de], min_score: 0.5}
  - stage: mask_pii
  - stage: dedup_exact
  - {stage: language_filter, name: german, keep: [de], min_score: null}
"""
SENTENCE = "The old ferry crosses the river every morning before the bakery opens its doors. "


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return parse_recipe(RECIPE, "try.yaml")


def sure(kept: float, score: float) -> dict[str, float]:
    return {"sure.language_kept": kept, "sure.language_score": score}


PAGES = [
    [
        Page((9, 3, 3), "a", "https://a.example", measures={**sure(1, 0.875), "german.language_kept": 1}),
        Page((9, 3, 3), "b", "https://b.example", goes=("sure", "language_unsure"), measures=sure(1, 0.25)),
        Page((9, 3, 3), "c", "https://b.example", goes=("dedup_exact", "duplicate"), measures=sure(1, 0.75),
             keeper=(0, "a", "https://a.example")),
    ],
    [
        Page((9, 3, 3), "d", goes=("sure", "language_not_kept"), measures=sure(0, 0.75)),
        Page((9, 3, 3), "e", "https://e.example", goes=("dedup_exact", "duplicate"), measures=sure(1, 0.75),
             keeper=(0, "wrong", None)),
        Page((9, 3, 3), "f", "https://f.example", goes=("dedup_exact", "duplicate"), measures=sure(1, 0.75),
             keeper=(0, "a", "https://a.example")),
        Page((9, 3, 3), "g", None, goes=("german", "language_not_kept"),
             measures={**sure(1, float("nan")), "german.language_kept": 0}),
    ],
]  # fmt: skip


@pytest.fixture
def run(tmp_path: Path, recipe: Recipe) -> RunDirectory:
    broken = [("in/1", 7, "unreadable", "truncated_gzip", "cut")]
    units = [Written(PAGES[0]), Written(PAGES[1], broken)]
    run = write_run(tmp_path / "run", units, stage_entries(recipe), batch=2)
    files.write_bytes(run.path("recipe.yaml"), dump_recipe(recipe).encode())
    return run


def only(explanation: Explanation) -> ExplainedDocument:
    (document,) = explanation.documents
    return document


def printed(explanation: Explanation, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width)
    print_explanation(explanation, console)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    return " ".join(text.split())


def test_every_document_of_the_run_is_found_with_its_fate(run: RunDirectory) -> None:
    for page in (page for unit in PAGES for page in unit):
        document = only(explain_document(run, id=page.id))
        assert (document.id, document.url, document.kept) == (page.id, page.url, page.goes is None)
        assert (document.stage, document.reason) == (page.goes or (None, None))
        fired = {check.reason for stage in document.stages for check in stage.checks if check.fired}
        assert fired == ({page.goes[1]} if page.goes and page.goes[0] in ("sure", "german") else set())


def test_measures_stand_beside_their_bounds(run: RunDirectory) -> None:
    document = only(explain_document(run, id="b"))
    outcomes = {stage.label: stage.outcome for stage in document.stages}
    assert outcomes == {
        "language": "passed",
        "sure": "dropped",
        "mask_pii": "not reached",
        "dedup_exact": "not reached",
        "german": "not reached",
    }
    rows = [(c.measure, c.value, c.comparison, c.bound, c.fired) for c in document.stages[1].checks]
    assert rows == [("language_kept", 1, "<", 1, False), ("language_score", 0.25, "<=", 0.5, True)]
    text = printed(explain_document(run, id="b"))
    assert "Dropped by sure: language_unsure." in text
    assert "language_score 0.25 <= 0.5 fires: language_unsure" in text


@pytest.mark.parametrize("width", [56, 60, 70, 80, 120])
def test_nothing_is_cut_off(run: RunDirectory, width: int) -> None:
    text = printed(explain_document(run, id="b"), width).replace(" ", "")
    for name in ("language_kept", "language_score", "0.25", "<=0.5", "fires:language_unsure"):
        assert name in text
    assert text.count("notreached") == 3


def test_a_measure_that_is_not_defined_has_no_value(run: RunDirectory) -> None:
    document = only(explain_document(run, id="g"))
    assert [check.value for check in document.stages[1].checks] == [1, None]
    json.dumps(explain_document(run, id="g").as_json(), allow_nan=False)


@pytest.mark.parametrize(("id", "keeper"), [("c", "a"), ("e", "wrong"), ("f", "a")])
def test_a_duplicate_is_told_of_whom(run: RunDirectory, id: str, keeper: str) -> None:
    document = only(explain_document(run, id=id))
    assert document.duplicate_of is not None
    assert (document.duplicate_of.id, document.duplicate_of.similarity) == (keeper, 0.875)
    assert f"A duplicate of {document.duplicate_of.url or keeper}" in printed(explain_document(run, id=id))


def test_all_documents_of_a_url_are_explained(run: RunDirectory) -> None:
    found = explain_document(run, url="https://b.example")
    assert sorted((document.id, document.stage) for document in found.documents) == [
        ("b", "sure"),
        ("c", "dedup_exact"),
    ]
    assert printed(found).startswith("2 documents.")


def test_a_kept_document(run: RunDirectory) -> None:
    document = only(explain_document(run, url="https://a.example"))
    assert document.kept and document.duplicate_of is None
    assert [stage.outcome for stage in document.stages] == ["passed"] * 5
    assert document.tokens == 3
    assert "Kept." in printed(Explanation((document,)))


def test_what_is_not_there_is_said_with_what_was_searched(run: RunDirectory) -> None:
    with pytest.raises(UserError) as error:
        explain_document(run, url="https://A.example")
    assert "among the 7 it dropped or kept" in str(error.value)
    assert "1 records of the input gave no document at all" in str(error.value)
    files.remove(run.path("ledger", "1", "000001.parquet"))
    with pytest.raises(UserError, match="1 units may still hold it"):
        explain_document(run, id="nobody")


@pytest.mark.parametrize("named", [{}, {"url": "u", "id": "i"}])
def test_one_document_is_named_in_one_way(run: RunDirectory, named: dict[str, str]) -> None:
    with pytest.raises(UserError, match="--url or by --id"):
        explain_document(run, **named)


@given(score=st.one_of(st.none(), st.floats(0, 1)), bound=st.floats(0, 1), kept=st.sampled_from([0.0, 1.0]))
def test_a_check_fires_exactly_where_its_rule_does(score: float | None, bound: float, kept: float) -> None:
    stage = LanguageFilter(keep=("en",), min_score=bound)
    values = {"language_kept": kept, "language_score": score}
    found = {check.reason: check.fired for check in checks(stage, {**values, "more": 3.0}) if check.reason}
    assert found == {
        "language_not_kept": kept < 1,
        "language_unsure": score is not None and score <= bound,
    }


def test_a_text_goes_through_every_stage(recipe: Recipe) -> None:
    text = SENTENCE * 3 + "Write to jane.doe@posteo.de about it."
    document = only(explain_text(text, recipe))
    assert (document.kept, document.stage, document.reason) == (False, "german", "language_not_kept")
    outcomes = [stage.outcome for stage in document.stages]
    assert outcomes == ["passed", "passed", "passed", "not judged", "dropped"]
    assert document.language == "en"
    assert document.stages[2].note.startswith("changed, ")
    assert "Dropped by german: language_not_kept." in printed(explain_text(text, recipe))


def test_a_stage_that_would_drop_does_not_end_the_explanation() -> None:
    stages = """
name: try
stages:
  - stage: language
  - {stage: language_filter, name: german, keep: [de], min_score: null}
  - {stage: language_filter, name: sure, keep: null, min_score: 1}
"""
    document = only(explain_text(SENTENCE * 3, parse_recipe(stages, "try.yaml")))
    assert document.stage == "german"
    assert [stage.outcome for stage in document.stages] == ["passed", "dropped", "dropped"]


@settings(max_examples=50)
@given(text=st.text())
def test_any_text_has_an_explanation(recipe: Recipe, text: str) -> None:
    explanation = explain_text(text, recipe)
    json.dumps(explanation.as_json(), allow_nan=False)
    printed(explanation)


def test_a_word_list_that_is_not_there_is_named() -> None:
    stages = "name: try\nstages:\n  - stage: language\n    model: {location: /nowhere/model.ftz}\n"
    with pytest.raises(UserError, match=r"language: .*/nowhere/model\.ftz"):
        explain_text("", parse_recipe(stages, "try.yaml"))
