"""From a recipe's list of stages to passes: deduplicators are barriers, and cut the list."""

from __future__ import annotations

from dataclasses import dataclass

from filters.stage import Filter, Stage
from pipeline.dedup.stages import Deduplicator
from pipeline.recipe import Recipe
from pipeline.rundir import StageEntry


@dataclass(frozen=True)
class Pass:
    """One Beam pipeline over the units: read, judge, write parts.

    `decided` are the deduplicators whose barrier stands before this pass: their drops are applied first. `stages`
    are the annotators, editors and filters, in order. `keyed` are the deduplicators whose keys are computed at the
    end, for the barrier after this pass. Deduplicators that follow each other share one barrier, so that no text is
    written again between them.
    """

    number: int
    decided: tuple[Deduplicator, ...]
    stages: tuple[Stage, ...]
    keyed: tuple[Deduplicator, ...]

    @property
    def last(self) -> bool:
        """Whether tokens are written: nothing more can be dropped after this pass."""
        return not self.keyed


def compile_passes(recipe: Recipe) -> list[Pass]:
    """The passes of a recipe, in order; there is always at least one."""
    passes: list[Pass] = []
    decided: list[Deduplicator] = []
    stages: list[Stage] = []
    keyed: list[Deduplicator] = []

    def close() -> None:
        passes.append(Pass(len(passes), tuple(decided), tuple(stages), tuple(keyed)))

    for stage in recipe.stages:
        if isinstance(stage, Deduplicator):
            keyed.append(stage)
            continue
        if keyed:
            close()
            decided, stages, keyed = keyed, [], []
        stages.append(stage)
    close()
    if keyed:
        decided, stages, keyed = keyed, [], []
        close()
    return passes


def stage_entries(recipe: Recipe) -> list[StageEntry]:
    """The stages as the ledger names them: reading first, then the recipe's, tokenizing last."""
    passes = compile_passes(recipe)
    entries = [StageEntry("read", "read", "source", 0)]
    for step in passes:
        entries += [StageEntry(stage.label, stage.stage, stage.kind, step.number) for stage in step.decided]
        entries += [_entry(stage, step.number) for stage in step.stages]
    return [*entries, StageEntry("tokenize", "tokenize", "tokenizer", passes[-1].number)]


def _entry(stage: Stage, number: int) -> StageEntry:
    rules = stage.rules() if isinstance(stage, Filter) else ()
    return StageEntry(stage.label, stage.stage, stage.kind, number, rules)
