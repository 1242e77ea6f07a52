"""A recipe: what to read, which stages in which order, which tokenizer, what shards. Typed, and strict about names."""

from __future__ import annotations

import difflib
import functools
import operator
import re
import types
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from filters.c4 import C4Lines, C4Pages
from filters.detoxify import Detoxify
from filters.fineweb import FineWeb
from filters.gopher_quality import GopherQuality
from filters.gopher_repetition import GopherRepetition
from filters.harmful_words import HarmfulWords
from filters.language import Language
from filters.language_filter import LanguageFilter
from filters.mask_pii import MaskPii
from filters.stage import Stage
from filters.url_filter import UrlFilter
from pipeline import files
from pipeline.dedup.stages import DedupExact, DedupMinhash, DedupUrl
from pipeline.errors import UserError
from pipeline.sources.config import Source
from pipeline.tokens.config import Shards, TokenizerFile, TokenizerTrained

STAGES: tuple[type[Stage], ...] = (
    UrlFilter, Language, LanguageFilter, GopherQuality, GopherRepetition, C4Lines, C4Pages, FineWeb,
    HarmfulWords, Detoxify, MaskPii, DedupUrl, DedupExact, DedupMinhash,
)  # fmt: skip

if TYPE_CHECKING:
    AnyStage = Stage
else:
    AnyStage = Annotated[functools.reduce(operator.or_, STAGES), Field(discriminator="stage")]

RESERVED_LABELS = ("read", "tokenize")


class Dropped(BaseModel):
    """What is kept of the documents that go."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: bool = Field(
        default=False, description="Keep the text of dropped documents too, not only why they went."
    )


class Recipe(BaseModel):
    """Everything that decides what a run gives. Two runs of one recipe on one input give the same bytes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="Names the run in its report.")
    description: str = ""
    dialect: Literal["assay"] = Field(
        default="assay", description="Whose reading of the published rules: see docs/recipes.md."
    )
    inputs: tuple[str, ...] = Field(
        default=(), description="Files, folders, globs or URLs, if none are given to `assay run`."
    )
    source: Source = Field(default_factory=Source, description="How the input is read.")
    stages: tuple[AnyStage, ...] = Field(description="The stages, in the order in which documents meet them.")
    tokenizer: TokenizerFile | TokenizerTrained = Field(
        default_factory=TokenizerTrained, description="Counts tokens at every stage and encodes what is left."
    )
    shards: Shards = Field(default_factory=Shards, description="What the token shards look like.")
    dropped: Dropped = Field(default_factory=Dropped, description="What is kept of the documents that go.")
    audit: bool = Field(
        default=True,
        description="Compare what is kept of documents about groups of people, and in dialects, with the rest.",
    )

    @model_validator(mode="before")
    @classmethod
    def _spread_dialect(cls, given: Any) -> Any:
        """The recipe names its dialect once; a stage that has one takes it from there."""
        if (
            not isinstance(given, dict)
            or "dialect" not in given
            or not isinstance(given.get("stages"), list | tuple)
        ):
            return given
        stages = []
        for stage in given["stages"]:
            model = _stage_model(stage.get("stage")) if isinstance(stage, dict) else None
            if model is not None and "dialect" in model.model_fields and "dialect" not in stage:
                stage = {**stage, "dialect": given["dialect"]}
            stages.append(stage)
        return {**given, "stages": stages}

    @model_validator(mode="after")
    def _check_order(self) -> Recipe:
        seen: set[str] = set()
        provided: set[str] = set()
        for place, stage in enumerate(self.stages):
            where = f"stages[{place}] ({stage.stage})"
            if stage.label in seen or stage.label in RESERVED_LABELS:
                raise ValueError(
                    f"{where}: the name `{stage.label}` is taken; give this stage a `name` of its own"
                )
            if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", stage.label):
                raise ValueError(f"{where}: `{stage.label}` names files; use letters, digits, `_` and `-`")
            missing = set(stage.requires) - provided
            if missing:
                names = ", ".join(sorted(missing))
                raise ValueError(
                    f"{where}: needs {names} from an earlier stage; put a stage that adds it before this one"
                )
            seen.add(stage.label)
            provided |= set(stage.provides)
        return self


def _stage_model(name: object) -> type[Stage] | None:
    return next((model for model in STAGES if model.model_fields["stage"].default == name), None)


def stage_names() -> list[str]:
    return sorted(str(model.model_fields["stage"].default) for model in STAGES)


def load_recipe(path: str) -> Recipe:
    """Read a recipe from a YAML file (any fsspec URL).

    Raises:
        UserError: no such file, not YAML, or not a recipe; the message names the field's path and what was found.
    """
    if not files.exists(path):
        raise UserError(f"{path}: there is no such recipe. `ls configs/` shows those that come with Assay.")
    return parse_recipe(files.read_bytes(path).decode("utf-8", "replace"), path)


def parse_recipe(text: str, name: str) -> Recipe:
    """As `load_recipe`, from the YAML itself; `name` stands in messages."""
    try:
        given = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UserError(f"{name}: not YAML: {error}") from None
    if not isinstance(given, dict):
        raise UserError(
            f"{name}: a recipe is a mapping with `name` and `stages`, but this is a {type(given).__name__}"
        )
    try:
        return Recipe.model_validate(given)
    except ValidationError as error:
        lines = [f"{name}: {_problem(entry)}" for entry in error.errors(include_url=False)]
        raise UserError("\n".join(dict.fromkeys(lines))) from None


def dump_recipe(recipe: Recipe) -> str:
    """The recipe as YAML with every default written out; `parse_recipe` reads it back the same."""
    return yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=100)


def _problem(entry: Any) -> str:
    """One pydantic error as a line: where, what was found, what was expected."""
    location = list(entry["loc"])
    path = _path(location)
    found = entry.get("input")
    if entry["type"] == "extra_forbidden":
        known = _fields_at(location[:-1])
        near = difflib.get_close_matches(str(location[-1]), known, 1)
        hint = f"did you mean `{near[0]}`?" if near else f"there are: {', '.join(known)}" if known else ""
        return f"{path}: there is no such setting. {hint}".rstrip()
    if entry["type"] in ("union_tag_invalid", "union_tag_not_found"):
        tag = found.get("stage") if isinstance(found, dict) else found
        near = difflib.get_close_matches(str(tag), stage_names(), 1)
        hint = f" Did you mean `{near[0]}`?" if near else ""
        return f"{path}.stage: `{tag}` is not a stage.{hint} There are: {', '.join(stage_names())}"
    message = str(entry["msg"]).removeprefix("Value error, ")
    if entry["type"] == "missing":
        return f"{path}: must be given"
    if not path:
        return message
    shown = repr(found)
    return f"{path}: {message} (found {shown if len(shown) <= 60 else shown[:57] + '...'})"


def _path(location: list[Any]) -> str:
    """`stages[2] (gopher_quality).min_words`, from pydantic's location."""
    path = ""
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        elif path.endswith("]") and path.startswith("stages[") and step in stage_names() and "(" not in path:
            path += f" ({step})"
        elif step not in ("TokenizerFile", "TokenizerTrained"):
            path += f".{step}" if path else str(step)
    return path


def _fields_at(location: list[Any]) -> list[str]:
    """The settings that exist at this place, for the hint after an unknown one."""
    model: type[BaseModel] | None = Recipe
    for step in location:
        named = _stage_model(step)
        if named is not None:
            model = named
            continue
        if isinstance(step, int) or model is None:
            continue
        candidates = (
            _models_in(model.model_fields[step].annotation) if step in model.model_fields else [model]
        )
        model = candidates[0] if candidates else None
        for candidate in candidates:
            if candidate.__name__ == step:
                model = candidate
    return list(model.model_fields) if model is not None else []


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (Union, types.UnionType, Annotated):
        return [model for part in get_args(annotation) for model in _models_in(part)]
    return []


def recipe_schema() -> dict[str, Any]:
    """The JSON schema of a recipe, for editors (`# yaml-language-server: $schema=...`)."""
    schema = Recipe.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Assay recipe"
    return schema
