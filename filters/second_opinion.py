"""A second opinion on the language of a document, where the first is unsure."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

import langdetect
from langdetect.detector_factory import DetectorFactory
from langdetect.lang_detect_exception import LangDetectException
from pydantic import BaseModel, ConfigDict, Field


class SecondOpinion(BaseModel):
    """langdetect can confirm the label, never overrule it.

    Where it names the same language, the score becomes the mean of both; else label and score stay as they
    were. Measured on 1,500 sentences of 75 languages on which lid.176 scored below 0.65: where the two
    agree the label is right in 60 % of cases (31 % over all), where they differ the model is right in 16 %
    and langdetect in 19 %: it knows 55 languages, and for a text of any other it is as sure as ever. So its
    word alone is not worth taking.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    detector: Literal["langdetect"] = Field(
        default="langdetect",
        description="Who is asked. Its labels are ISO 639-1 codes, so the model's must be too.",
    )
    below: float = Field(
        default=0.65,
        gt=0,
        le=1,
        description="Asked where the model's score is below this. It takes about 5 ms a document.",
    )
    characters: int = Field(default=1000, ge=1, description="It reads this many characters, from the start.")

    def score(self, line: str, label: str, score: float) -> float:
        """The score of this label after the second opinion."""
        if score >= self.below:
            return score
        other, confidence = opinion(line[: self.characters])
        return (score + confidence) / 2 if other == label else score


def opinion(text: str) -> tuple[str | None, float]:
    """langdetect's most probable language and its probability; (None, 0) for a text that tells it nothing.

    It draws random numbers, from a generator that every call seeds alike: the answer depends on the text
    only.
    """
    detector = _factory().create()
    detector.append(text)
    try:
        found = detector.get_probabilities()
    except LangDetectException:
        return None, 0.0
    if not found:
        return None, 0.0
    return found[0].lang.partition("-")[0], float(found[0].prob)  # zh-cn and zh-tw are both zh to lid.176


@cache
def _factory() -> Any:
    """The profiles (70 MB, so read when first asked), in an order that no file system decides."""
    profiles = Path(langdetect.__file__).parent / "profiles"
    factory = DetectorFactory()
    factory.set_seed(0)
    files = sorted(file for file in profiles.iterdir() if not file.name.startswith("."))
    factory.load_json_profile([file.read_text(encoding="utf-8") for file in files])
    return factory
