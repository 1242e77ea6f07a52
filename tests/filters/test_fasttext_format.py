"""A fastText model file is read whole, or named as what it is."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from fasttext_models import HIERARCHICAL, NEGATIVE_SAMPLING, ONE_VS_ALL, SOFTMAX, Recipe
from hypothesis import given
from hypothesis import strategies as st

from filters.fasttext import FastText
from filters.fasttext_format import read_model
from filters.language import Language

TEXTS = pa.array(["the harbour", "été 夕方", "a </s> der", "x"], pa.large_string())
SMALL = Recipe(
    words=["the", "</s>"], labels=["__label__en", "__label__de"], dim=2, bucket=3, loss=HIERARCHICAL
)
PRUNED = Recipe(words=["the"], dim=2, bucket=9, quantized=True, norms=True, pruned=3)


def damaged(path: Path) -> None:
    with pytest.raises(ValueError, match=r"damaged or cut short|not a fastText model"):
        read_model(path)


def test_what_a_file_says(tmp_path: Path) -> None:
    file = read_model(SMALL.write(tmp_path / "model.bin"))
    assert file.labels() == ["__label__en", "__label__de"]
    assert (file.words, file.arguments.bucket, file.pruned) == (2, 3, None)
    assert (file.inputs.shape, file.outputs.shape) == ((5, 2), (2, 2))
    assert file.label_counts.tolist() == [34, 33]
    assert [file.content[start:stop].tobytes() for start, stop in file.edges[:2].tolist()] == [
        b"the",
        b"</s>",
    ]


def test_a_quantized_row_is_its_vectors_times_its_norm(tmp_path: Path) -> None:
    plain = read_model(Recipe(quantized=True, dim=5, part=2, seed=3).write(tmp_path / "plain.ftz")).inputs
    with_norms = read_model(
        Recipe(quantized=True, dim=5, part=2, seed=3, norms=True).write(tmp_path / "x.ftz")
    ).inputs
    ratios = with_norms / plain
    np.testing.assert_allclose(ratios, np.broadcast_to(ratios[:, :1], ratios.shape), rtol=1e-5)
    for first, stop in ((0, 2), (2, 4), (4, 5)):
        assert len(np.unique(plain[:, first:stop], axis=0)) <= 256


@pytest.mark.parametrize("recipe", [SMALL, PRUNED], ids=["plain", "pruned"])
def test_a_file_cut_short_anywhere(tmp_path: Path, recipe: Recipe) -> None:
    whole = recipe.write(tmp_path / "whole").read_bytes()
    path = tmp_path / "part"
    for size in [*range(0, min(len(whole), 400)), *range(400, len(whole), 97), len(whole) - 1]:
        path.write_bytes(whole[:size])
        damaged(path)


@pytest.mark.parametrize("recipe", [SMALL, PRUNED], ids=["plain", "pruned"])
@given(data=st.data())
def test_damaged_bytes_end_in_an_answer_or_a_message(
    tmp_path_factory: pytest.TempPathFactory, recipe: Recipe, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("model") / "model"
    content = bytearray(recipe.write(path).read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, min(len(content), 400) - 1))
        content[place] = data.draw(st.sampled_from([0, 1, 127, 128, 255]) | st.integers(0, 255))
    path.write_bytes(content)
    try:
        model = FastText(path)
    except ValueError:
        return
    labels, probabilities = model.predict(TEXTS)
    assert labels.max() < len(model.labels) and not np.isnan(probabilities).any()


@pytest.mark.parametrize("loss", [HIERARCHICAL, NEGATIVE_SAMPLING, SOFTMAX, ONE_VS_ALL])
def test_weights_that_are_no_numbers_have_no_label(tmp_path: Path, loss: int) -> None:
    path = Recipe(loss=loss).write(tmp_path / "model.bin")
    weights = np.full((len(Recipe.labels), Recipe.dim), np.nan, "<f4").tobytes()
    path.write_bytes(path.read_bytes()[: -len(weights)] + weights)
    labels, probabilities = FastText(path).predict(TEXTS)
    assert labels.tolist() == [-1] * 4 and probabilities.tolist() == [0] * 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": 1}, "does not classify"),
        ({"version": 13}, "version 13"),
        ({"quantized": False, "pruned": 3}, "not quantized"),
        ({"labels": []}, "damaged"),
        ({"maxn": 1000}, "damaged"),
        ({"word_ngrams": 100_000}, "damaged"),
        ({"loss": 5}, "damaged"),
        ({"bucket": 0, "maxn": 3}, "damaged"),
    ],
)
def test_a_model_that_cannot_be_used_is_named(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    path = Recipe(**change).write(tmp_path / "model.bin")
    stage = Language.model_validate({"model": {"location": str(path)}})
    with pytest.raises(ValueError, match=rf"model\.bin: .*{message}"):
        stage.load({"model": path})


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    damaged(tmp_path / "empty")
