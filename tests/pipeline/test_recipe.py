"""A recipe says what it means, or is refused with the place and the remedy."""

from pathlib import Path

import jsonschema
import pytest
import yaml
from commandline import ROOT

from pipeline.compile import compile_passes, stage_entries
from pipeline.errors import UserError
from pipeline.recipe import STAGES, dump_recipe, load_recipe, parse_recipe, recipe_schema, stage_names

RECIPES = sorted((ROOT / "configs").glob("*.yaml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_what_is_written_out_reads_back_the_same(path: Path):
    recipe = load_recipe(str(path))
    assert recipe.name == path.stem
    assert parse_recipe(dump_recipe(recipe), "again") == recipe


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_the_schema_takes_the_recipes(path: Path):
    jsonschema.validate(yaml.safe_load(path.read_text()), recipe_schema())


def test_the_schema_refuses_what_the_recipe_refuses():
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(
            {"name": "x", "stages": [{"stage": "gopher_quality", "min_word": 3}]}, recipe_schema()
        )


@pytest.mark.parametrize("name", stage_names())
def test_every_setting_of_every_stage_is_described(name):
    model = next(model for model in STAGES if model.model_fields["stage"].default == name)
    undescribed = [
        field
        for field, info in model.model_fields.items()
        if field not in ("stage", "dialect") and not info.description
    ]
    assert undescribed == []


def test_a_zero_is_a_bound_and_null_is_none():
    def rules(bound: str) -> list[str]:
        text = f"name: x\nstages: [{{stage: gopher_quality, min_words: {bound}}}]"
        return [rule.reason for rule in parse_recipe(text, "x").stages[0].rules()]

    assert "too_few_words" in rules("0")
    assert "too_few_words" not in rules("null")


def test_deduplicators_cut_the_list_into_passes():
    recipe = parse_recipe(
        "name: x\nstages:\n- {stage: dedup_url}\n- {stage: gopher_quality}\n- {stage: dedup_exact}\n- {stage: dedup_minhash}\n",
        "x",
    )
    passes = compile_passes(recipe)
    labels = [[[s.label for s in group] for group in (p.decided, p.stages, p.keyed)] for p in passes]
    assert labels == [
        [[], [], ["dedup_url"]],
        [["dedup_url"], ["gopher_quality"], ["dedup_exact", "dedup_minhash"]],
        [["dedup_exact", "dedup_minhash"], [], []],
    ]
    assert [p.last for p in passes] == [False, False, True]
    assert [entry.label for entry in stage_entries(recipe)] == [
        "read", "dedup_url", "gopher_quality", "dedup_exact", "dedup_minhash", "tokenize",
    ]  # fmt: skip


def test_no_stages_are_one_pass():
    (only,) = compile_passes(parse_recipe("name: x\nstages: []", "x"))
    assert only.last


def test_a_reserved_name_is_refused():
    with pytest.raises(UserError, match="taken"):
        parse_recipe("name: x\nstages: [{stage: gopher_quality, name: read}]", "x")
