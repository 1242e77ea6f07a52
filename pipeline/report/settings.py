"""What differs between recipes: setting by setting, stage by stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def settings_that_differ(recipes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The settings in which resolved recipes are not all the same, in the order of the recipe.

    Stages are matched by their label, wherever they stand. A stage that some recipes lack is one entry, not one for
    each of its settings; and where the stages that all have come in another order, `order of stages` says so.
    Name and description do not count, nor `inputs`: the files that were read are in the manifest.

    Args:
        recipes: what recipe.yaml holds of each run, every default written out.

    Returns:
        `{setting, values}`: the path of the setting (`gopher_quality.min_words`), and its value in each recipe; null
        both where it is null and where there is no such setting. For a stage that is not in all of them the values
        are `yes` and `no`.
    """
    stages = [{_label(stage): stage for stage in recipe["stages"]} for recipe in recipes]
    labels = list(dict.fromkeys(label for own in stages for label in own))
    partial = [label for label in labels if not all(label in own for own in stages)]
    found = [
        {"setting": f"stage {label}", "values": ["yes" if label in own else "no" for own in stages]}
        for label in partial
    ]
    orders = [[label for label in own if label not in partial] for own in stages]
    if any(order != orders[0] for order in orders):
        found.append({"setting": "order of stages", "values": [", ".join(order) for order in orders]})
    for label in orders[0]:
        found += _differing(label, [_without(own[label], _NAMES) for own in stages])
    return found + _differing("", [_without(recipe, (*_NAMES, "inputs", "stages")) for recipe in recipes])


_NAMES = ("name", "description")


def _differing(path: str, values: Sequence[Any]) -> list[dict[str, Any]]:
    """Leaf by leaf as long as all are objects; otherwise as a whole."""
    if all(value == values[0] for value in values):
        return []
    if not all(isinstance(value, Mapping) for value in values):
        return [{"setting": path, "values": list(values)}]
    keys = dict.fromkeys(key for value in values for key in value)
    return [
        entry
        for key in keys
        for entry in _differing(f"{path}.{key}" if path else str(key), [value.get(key) for value in values])
    ]


def _without(settings: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if key not in names}


def _label(stage: Mapping[str, Any]) -> str:
    return str(stage.get("name") or stage["stage"])
