"""A small tokenizer, trained here, as a file."""

import random
from pathlib import Path

import pytest

from pipeline.tokens.config import TokenizerTrained, Training
from pipeline.tokens.train import train

WORDS = [
    "the",
    "gold",
    "of",
    "a",
    "river",
    "mine",
    "assay",
    "says",
    "how",
    "much",
    "is",
    "left;",
    "it's",
    "weighed,",
    "don't",
    "guess!",
    "12",
    "ounces",
    "à",
    "côté",
    "für",
    "größer",
    "金",
]


def sample_texts(count: int = 400) -> list[str]:
    rng = random.Random(5)
    return [
        " ".join(rng.choices(WORDS, k=rng.randrange(1, 40))) + rng.choice(["\n", ".", ""])
        for _ in range(count)
    ]


@pytest.fixture(scope="session")
def tokenizer_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    path.write_bytes(train(sample_texts(), TokenizerTrained(train=Training(vocab_size=500))))
    return path
