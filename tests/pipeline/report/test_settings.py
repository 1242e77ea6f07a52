"""What differs between recipes."""

from __future__ import annotations

import copy

import pytest

from pipeline.recipe import dump_recipe, parse_recipe
from pipeline.report.settings import settings_that_differ

QUALITY = {"stage": "gopher_quality", "name": None, "min_words": 50, "stop_words": ["the", "of"]}
LANGUAGE = {"stage": "language", "name": None, "second_opinion": {"detector": "langdetect", "below": 0.65}}
RECIPE = {
    "name": "a",
    "description": "",
    "inputs": [],
    "source": {"format": "auto"},
    "stages": [LANGUAGE, QUALITY],
}


def changed(**changes: object) -> dict:
    recipe = copy.deepcopy(RECIPE)
    recipe.update(changes)
    return recipe


def test_a_bound_is_named_by_its_stage():
    other = changed(stages=[LANGUAGE, {**QUALITY, "min_words": 20}])
    assert settings_that_differ([RECIPE, other, RECIPE]) == [
        {"setting": "gopher_quality.min_words", "values": [50, 20, 50]}
    ]


def test_names_and_inputs_do_not_count():
    assert settings_that_differ([RECIPE, changed(name="b", description="c", inputs=["x"])]) == []


def test_a_stage_that_one_lacks_is_one_entry():
    assert settings_that_differ([RECIPE, changed(stages=[QUALITY])]) == [
        {"setting": "stage language", "values": ["yes", "no"]}
    ]


def test_another_order():
    (entry,) = settings_that_differ([RECIPE, changed(stages=[QUALITY, LANGUAGE])])
    assert entry["setting"] == "order of stages"
    assert entry["values"] == ["language, gopher_quality", "gopher_quality, language"]


def test_what_is_an_object_in_one_and_null_in_another_is_one_entry():
    other = changed(stages=[{**LANGUAGE, "second_opinion": None}, QUALITY])
    (entry,) = settings_that_differ([RECIPE, other])
    assert entry["setting"] == "language.second_opinion"
    assert entry["values"][1] is None


@pytest.mark.parametrize("name", ["c4", "fineweb", "gopher", "quickstart"])
def test_recipes_that_come_with_assay(name):
    """Each differs from a copy of itself in what was changed, and in nothing else."""
    import yaml
    from commandline import ROOT

    text = (ROOT / "configs" / f"{name}.yaml").read_text()
    full = yaml.safe_load(dump_recipe(parse_recipe(text, name)))
    other = copy.deepcopy(full)
    other["shards"]["context_length"] += 1
    assert settings_that_differ([full, full]) == []
    assert [entry["setting"] for entry in settings_that_differ([full, other])] == ["shards.context_length"]
