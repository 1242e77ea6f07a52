"""A transformer that gives a text a probability for each of several labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# What the data set of the first Detoxify model calls the labels that the others and the paper call so.
RENAMED = {"toxic": "toxicity", "severe_toxic": "severe_toxicity", "identity_hate": "identity_attack"}
DECIMALS = 4
_NOT_WEIGHTS = "position_ids"  # older releases of transformers saved this constant among the weights


@dataclass(frozen=True)
class ToxicityModel:
    """The network, its tokenizer and its labels, in the order of its outputs."""

    network: Any
    tokenizer: Any
    labels: tuple[str, ...]
    device: str

    @classmethod
    def open(cls, model: str, revision: str | None, checkpoint: Path | None, device: str) -> ToxicityModel:
        """Raises ValueError, with the remedy, where an extra is not installed or the model cannot be read."""
        try:
            import torch
            import transformers
        except ImportError as error:
            raise ValueError(
                f"the detoxify filter needs {error.name}, which is not installed: pip install assay[detoxify]"
            ) from error
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(model, revision=revision, use_fast=True)
            if checkpoint is None:
                network = transformers.AutoModelForSequenceClassification.from_pretrained(
                    model, revision=revision, use_safetensors=True
                )
                names = [network.config.id2label[place] for place in range(network.config.num_labels)]
            else:
                network, names = _from_checkpoint(model, revision, checkpoint)
        except OSError as error:
            raise ValueError(f"{model}: cannot be read as a model with safetensors ({error})") from error
        device = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
        if device == "cpu":
            torch.set_num_threads(1)  # each worker is a process of its own: together they fill the cores
        labels = tuple(RENAMED.get(name, name) for name in names)
        return cls(network.float().eval().to(device), tokenizer, labels, device)

    def score(self, texts: Sequence[str], max_tokens: int, batch_size: int) -> NDArray[np.float64]:
        """The probabilities (float64, texts x labels), each the highest of all windows of its text."""
        scores = np.zeros((len(texts), len(self.labels)))
        windows, text_of = self._windows(texts, max_tokens)
        for places in by_length([len(window) for window in windows], batch_size):
            found = self._probabilities([windows[place] for place in places])
            np.maximum.at(scores, [text_of[place] for place in places], found)
        return scores

    def _windows(self, texts: Sequence[str], max_tokens: int) -> tuple[list[list[int]], list[int]]:
        """The token ids of every window, and which text it is of. Texts of whitespace have none."""
        rows = [row for row, text in enumerate(texts) if not text.isspace() and text]
        if not rows:
            return [], []
        encoded = self.tokenizer(
            [texts[row] for row in rows],
            truncation=True,
            max_length=min(max_tokens, self.tokenizer.model_max_length),
            return_overflowing_tokens=True,
        )
        return encoded["input_ids"], [rows[place] for place in encoded["overflow_to_sample_mapping"]]

    def _probabilities(self, windows: list[list[int]]) -> NDArray[np.float64]:
        """Of these windows (windows x labels), rounded: the last bits depend on the padding."""
        import torch

        padded = self.tokenizer.pad({"input_ids": windows}, return_tensors="pt").to(self.device)
        with torch.inference_mode():
            logits = self.network(**padded).logits
        probabilities: NDArray[np.float64] = torch.sigmoid(logits.double()).cpu().numpy()
        return probabilities.round(DECIMALS)


def by_length(lengths: Sequence[int], size: int) -> list[list[int]]:
    """Places in groups of at most `size`, of like lengths, so that little is padded; ties as they stand."""
    order = sorted(range(len(lengths)), key=lambda place: (lengths[place], place))
    return [order[start : start + size] for start in range(0, len(order), size)]


def _from_checkpoint(model: str, revision: str | None, checkpoint: Path) -> tuple[Any, list[str]]:
    """The network and the label names of a checkpoint as Detoxify publishes it.

    It is a dictionary with the weights in `state_dict` and the names in `config.dataset.args.classes`.
    """
    import torch
    import transformers

    try:
        content = torch.load(checkpoint, map_location="cpu", weights_only=True)
        weights, names = content["state_dict"], list(content["config"]["dataset"]["args"]["classes"])
    except Exception as error:  # torch has several for a file that it cannot or will not read
        raise ValueError(f"{checkpoint}: not a checkpoint of Detoxify ({error})") from error
    config = transformers.AutoConfig.from_pretrained(model, revision=revision, num_labels=len(names))
    network = transformers.AutoModelForSequenceClassification.from_config(config)
    weights = {name.removeprefix("model."): value for name, value in weights.items()}
    try:
        missing, unexpected = network.load_state_dict(weights, strict=False)
    except RuntimeError as error:
        raise ValueError(f"{checkpoint}: its weights do not fit {model} ({error})") from error
    strangers = [name for name in (*missing, *unexpected) if not name.endswith(_NOT_WEIGHTS)]
    if strangers:
        raise ValueError(f"{checkpoint}: its weights do not fit {model} ({', '.join(strangers[:3])} …)")
    return network, names
