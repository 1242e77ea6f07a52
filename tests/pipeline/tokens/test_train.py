import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.tokens.config import TokenizerTrained, Training
from pipeline.tokens.tokenizer import Tokenizer
from pipeline.tokens.train import train

SCRIPT = """
import random, sys
from pipeline.tokens.config import TokenizerTrained, Training
from pipeline.tokens.train import train
rng = random.Random(1)
texts = ["".join(rng.choices("abcde  \\u00e9\\u4e00", k=50)) for _ in range(3000)]
sys.stdout.buffer.write(train(texts, TokenizerTrained(train=Training(vocab_size=900))))
"""


def test_training_gives_the_same_bytes_in_any_process_on_any_number_of_threads() -> None:
    def trained(**environment: str) -> bytes:
        command = [sys.executable, "-c", SCRIPT]
        return subprocess.run(
            command, env={**os.environ, **environment}, check=True, stdout=subprocess.PIPE
        ).stdout

    first = trained(RAYON_NUM_THREADS="1")
    assert len(first) > 10_000
    assert trained(RAYON_NUM_THREADS="4") == first


@pytest.mark.parametrize("texts", [[], [""], ["a"], ["gold " * 500]])
def test_tiny_samples_give_small_vocabularies(tmp_path: Path, texts: list[str]) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(train(texts, TokenizerTrained(end_of_text="[end]")))
    tokenizer = Tokenizer.open(str(path), end_of_text="[end]")
    assert 257 <= tokenizer.vocabulary_size < 270
    documents = pa.array(["gold, Größe, 金, \0 [end]"], pa.large_string())
    assert "the same ids" in tokenizer.check(documents)
    if texts in ([], [""]):
        assert tokenizer.count(documents).tolist() == [len(documents[0].as_py().encode())]


def test_reading_stops_when_the_sample_is_full() -> None:
    read = 0

    def endless() -> Iterator[str]:
        nonlocal read
        while True:
            read += 1
            yield "gold é"  # seven bytes

    train(endless(), TokenizerTrained(train=Training(sample_bytes=70)))
    assert read <= 11


def test_the_vocabulary_is_no_larger_than_asked() -> None:
    import tokenizers

    content = train(
        (f"w{n % 977} v{n % 613}" for n in range(5000)), TokenizerTrained(train=Training(vocab_size=300))
    )
    assert tokenizers.Tokenizer.from_str(content.decode()).get_vocab_size() == 300
