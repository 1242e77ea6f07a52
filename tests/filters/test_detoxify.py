"""Detoxify: the stage on a tiny network made here, read from a folder and from a checkpoint."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.detoxify import Detoxify
from filters.toxicity_model import by_length

INSTALLED = all(importlib.util.find_spec(name) for name in ("torch", "transformers", "safetensors"))
needs_torch = pytest.mark.skipif(not INSTALLED, reason="needs the extra: pip install assay[detoxify]")

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "harbour", "was", "quiet", "you", "are", "awful", "."]
CLASSES = ["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]
TEXTS = ["the harbour was quiet .", "you are awful", "", " \n", "you " * 100, "awful " * 31 + "the", "白"]


@pytest.fixture(scope="module")
def network() -> Any:
    import torch
    import transformers

    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        initializer_range=1.0,
        id2label=dict(enumerate(CLASSES)),
        label2id={name: place for place, name in enumerate(CLASSES)},
    )
    return transformers.BertForSequenceClassification(config).eval()


@pytest.fixture(scope="module")
def folder(network: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The network as the Hub would hold it."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("model")
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", model_max_length=64
    ).save_pretrained(folder)
    network.save_pretrained(folder, safe_serialization=True)
    return folder


def opened(folder: Path, files: dict[str, Path] | None = None, **settings: Any) -> Detoxify:
    labels = ("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack")
    settings = {"device": "cpu", "thresholds": dict.fromkeys(labels, 0.5)} | settings
    if files:
        settings["checkpoint"] = {"location": str(files["checkpoint"])}
    stage = Detoxify(model=str(folder), **settings)
    stage.load(files or {})
    return stage


def scores(stage: Detoxify, *texts: str) -> list[list[float]]:
    measures = stage.measure(pa.record_batch({"text": pa.array(texts, pa.large_string())}))
    assert list(measures) == list(stage.thresholds)
    return np.array(list(measures.values())).T.tolist()


def expected(network: Any, text: str, window: int) -> list[float]:
    """The definition: every window alone, without padding; the highest of each label."""
    import torch

    ids = [WORDS.index(word) if word in WORDS else 1 for word in text.split()]
    if not ids:
        return [0.0] * len(CLASSES)
    windows = [[2, *ids[i : i + window - 2], 3] for i in range(0, len(ids), window - 2)]
    with torch.inference_mode():
        found = [torch.sigmoid(network(torch.tensor([w])).logits[0].double()).numpy() for w in windows]
    return np.max(found, axis=0).tolist()


@needs_torch
@pytest.mark.parametrize("batch_size", [1, 3, 64])
@pytest.mark.parametrize("max_tokens", [8, 32, 512])
def test_scores_are_the_highest_of_all_windows(
    folder: Path, network: Any, batch_size: int, max_tokens: int
) -> None:
    stage = opened(folder, batch_size=batch_size, max_tokens=max_tokens)
    wanted = [expected(network, text, min(max_tokens, 64)) for text in TEXTS]
    assert np.allclose(scores(stage, *TEXTS), wanted, atol=1.1e-4)


@needs_torch
def test_a_score_does_not_depend_on_the_batch(folder: Path) -> None:
    stage = opened(folder)
    together = scores(stage, *TEXTS)
    assert together == [scores(stage, text)[0] for text in TEXTS]
    assert together[::-1] == scores(stage, *TEXTS[::-1])
    assert len({tuple(row) for row in together}) > 3


@needs_torch
@pytest.mark.parametrize("prefix", ["", "model."])
def test_a_checkpoint_of_detoxify(folder: Path, network: Any, tmp_path: Path, prefix: str) -> None:
    import torch

    weights = {prefix + name: value for name, value in network.state_dict().items()}
    weights[prefix + "bert.embeddings.position_ids"] = torch.arange(64)[None]
    path = tmp_path / "toxic.ckpt"
    torch.save({"config": {"dataset": {"args": {"classes": CLASSES}}}, "state_dict": weights}, path)
    assert scores(opened(folder, {"checkpoint": path}), *TEXTS) == scores(opened(folder), *TEXTS)
    weights.pop(prefix + "classifier.bias")
    torch.save({"config": {"dataset": {"args": {"classes": CLASSES}}}, "state_dict": weights}, path)
    with pytest.raises(ValueError, match="do not fit"):
        opened(folder, {"checkpoint": path})


class RunsCode:
    """What a hostile checkpoint holds: an object that is made by calling a function."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, tuple[Path]]:
        return Path.mkdir, (self.target,)


@needs_torch
def test_a_checkpoint_that_runs_code_is_refused(folder: Path, tmp_path: Path) -> None:
    import torch

    path, target = tmp_path / "bad.ckpt", tmp_path / "made"
    torch.save({"config": RunsCode(target), "state_dict": {}}, path)
    with pytest.raises(ValueError, match="not a checkpoint of Detoxify"):
        opened(folder, {"checkpoint": path})
    assert not target.exists()


@needs_torch
def test_a_folder_without_safetensors_is_refused(folder: Path, network: Any, tmp_path: Path) -> None:
    import torch

    for file in folder.iterdir():
        if file.suffix == ".json":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    torch.save(network.state_dict(), tmp_path / "pytorch_model.bin")
    with pytest.raises(ValueError, match="safetensors"):
        opened(tmp_path)


@needs_torch
def test_a_label_that_the_model_does_not_know_is_named(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"thresholds\.sexual_explicit.*it has toxicity, severe_toxicity"):
        opened(folder, thresholds={"sexual_explicit": 0.5})


@needs_torch
def test_a_gpu_gives_the_same_scores(folder: Path) -> None:
    import torch

    if not torch.cuda.is_available():
        pytest.skip("needs a GPU")
    assert np.allclose(
        scores(opened(folder, device="cuda"), *TEXTS), scores(opened(folder), *TEXTS), atol=2e-4
    )


@pytest.mark.skipif(INSTALLED, reason="the extra is installed")
def test_a_missing_extra_is_named_with_its_remedy() -> None:
    with pytest.raises(ValueError, match=r"not installed: pip install assay\[detoxify\]"):
        Detoxify().load({})


def test_rules_are_the_thresholds() -> None:
    rules = Detoxify(thresholds={"insult": 0.5, "toxicity": 0}).rules()
    assert [(r.measure, r.comparison, r.bound, r.reason) for r in rules] == [
        ("insult", ">", 0.5, "insult"),
        ("toxicity", ">", 0.0, "toxicity"),
    ]
    stage = Detoxify(checkpoint={"location": "a.ckpt"})
    assert list(stage.resources()) == ["checkpoint"]
    assert Detoxify.model_validate(json.loads(stage.model_dump_json())) == stage


@given(st.lists(st.integers(0, 9)), st.integers(1, 5))
def test_batches_are_of_like_lengths_and_hold_each_window_once(lengths: list[int], size: int) -> None:
    batches = by_length(lengths, size)
    flat = [place for batch in batches for place in batch]
    assert sorted(flat) == list(range(len(lengths)))
    assert [lengths[place] for place in flat] == sorted(lengths)
    assert all(0 < len(batch) <= size for batch in batches)
