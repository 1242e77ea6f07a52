"""What a recipe comes to: its passes, stages and rules, as `assay check` prints them."""

from __future__ import annotations

from rich.console import Console

from filters.stage import Filter, Stage
from pipeline.compile import compile_passes
from pipeline.recipe import Recipe


def print_recipe(recipe: Recipe, console: Console) -> None:
    """One line a stage with every setting, one a rule, pass by pass."""

    def line(text: str) -> None:
        console.print(text, markup=False, soft_wrap=True)

    line(f"{recipe.name} (dialect {recipe.dialect}) is a sound recipe")
    line(f"source: {_settings(recipe.source.model_dump(mode='json'))}")
    for step in compile_passes(recipe):
        line(f"\npass {step.number + 1}")
        for decided in step.decided:
            line(f"  {decided.label}: drop what the comparison of keys found")
        for stage in step.stages:
            _print_stage(stage, line)
        for keyed in step.keyed:
            line(f"  {keyed.label} (deduplicator): keys for the barrier; {_settings(_of(keyed))}")
    line(f"\ntokenizer: {_settings(recipe.tokenizer.model_dump(mode='json'))}")
    line(f"shards: {_settings(recipe.shards.model_dump(mode='json'))}")


def _print_stage(stage: Stage, line: object) -> None:
    assert callable(line)
    line(f"  {stage.label} ({stage.kind}): {_settings(_of(stage))}")
    if isinstance(stage, Filter):
        for rule in stage.rules():
            line(f"    {rule.measure} {rule.comparison} {rule.bound:g} -> {rule.reason}")


def _of(stage: Stage) -> dict[str, object]:
    return {
        key: value for key, value in stage.model_dump(mode="json").items() if key not in ("stage", "name")
    }


def _settings(values: dict[str, object]) -> str:
    return ", ".join(f"{key}: {_short(value)}" for key, value in values.items()) or "no settings"


def _short(value: object) -> str:
    if isinstance(value, dict):
        return "{" + _settings(value) + "}"
    shown = "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."
