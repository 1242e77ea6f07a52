"""Detoxify (Hanu and Unitary team 2020): how toxic a transformer finds a text. An extra: assay[detoxify]."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field, PrivateAttr

from filters.stage import Filter, Resource, Rule
from filters.toxicity_model import ToxicityModel

Label = Literal[
    "toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack", "sexual_explicit"
]


class Detoxify(Filter):
    """Drops documents that a Detoxify model finds toxic.

    Measures: one for each label that has a threshold, 0 to 1. A long document is read in windows of
    `max_tokens`, and has the highest score of any of them; a text of whitespace only has 0. Scores are
    rounded to four decimals, so that what shares a batch with a text, which changes the last bits of a sum,
    does not change its verdict (short of a score within those bits of a rounding edge that is also the
    bound; CPU and GPU may differ in the same way).

    Weights are read from safetensors, or from a checkpoint of Detoxify with torch's restricted reader:
    neither can run code. `model` may be a name on the Hugging Face Hub, which every machine that runs
    workers must then reach, or have in its cache; a folder does without.
    """

    extra: ClassVar[str | None] = "detoxify"
    slow: ClassVar[bool] = True

    stage: Literal["detoxify"] = "detoxify"
    model: str = Field(
        default="unitary/toxic-bert",
        description="A folder with its config, tokenizer and model.safetensors, or its name on the Hub.",
    )
    revision: str | None = Field(
        default=None, description="The commit to take where the model is on the Hub."
    )
    checkpoint: Resource | None = Field(
        default=None,
        description="A checkpoint as Detoxify publishes it (.ckpt), labels and weights; `model` then gives "
        "architecture and tokenizer only (`bert-base-uncased`, `roberta-base`, `xlm-roberta-base`).",
    )
    thresholds: dict[Label, float] = Field(
        default={"toxicity": 0.8}, description="A document goes where the score of a label is above this."
    )
    max_tokens: int = Field(default=512, ge=8, description="Tokens in a window, with the two around it.")
    batch_size: int = Field(default=32, ge=1, description="Windows at a time.")
    device: str = Field(
        default="auto", description="`cpu`, `cuda`, `cuda:1`; `auto` takes a GPU where there is one."
    )

    _model: ToxicityModel | None = PrivateAttr(default=None)

    def resources(self) -> dict[str, Resource]:
        return {} if self.checkpoint is None else {"checkpoint": self.checkpoint}

    def load(self, files: dict[str, Path]) -> None:
        """Raises ValueError where torch is missing, the model cannot be read, or it does not know a label."""
        self._model = ToxicityModel.open(self.model, self.revision, files.get("checkpoint"), self.device)
        for label in self.thresholds:
            if label not in self._model.labels:
                known = ", ".join(self._model.labels)
                raise ValueError(f"thresholds.{label}: {self.model} has no such label; it has {known}")

    def rules(self) -> tuple[Rule, ...]:
        return tuple(
            Rule(measure=label, comparison=">", bound=bound, reason=label)
            for label, bound in self.thresholds.items()
        )

    def measure(self, batch: pa.RecordBatch) -> dict[str, NDArray[np.float64]]:
        model = self._model
        assert model is not None, "load was not called"
        texts = [text or "" for text in batch.column("text").to_pylist()]
        scores = model.score(texts, self.max_tokens, self.batch_size)
        return {label: scores[:, model.labels.index(label)] for label in self.thresholds}
