"""A tokenizer of the run's own: byte-level BPE, trained on a sample."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.tokens.config import TokenizerTrained


def train(texts: Iterable[str], config: TokenizerTrained) -> bytes:
    """Train on the first `sample_bytes` of these texts; the content of a `tokenizer.json`.

    Words are cut as GPT-2 does and merged within themselves (Sennrich et al. 2016, section 3.2, on bytes as
    in Radford et al. 2019, section 2.2). The vocabulary starts with all 256 bytes, so there is no unknown
    text. The same texts in the same order give the same bytes, however many threads count them. A sample of
    a few kilobytes, or none, gives a smaller vocabulary.
    """
    import tokenizers
    from tokenizers import decoders, models, pre_tokenizers, trainers

    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=config.train.vocab_size,
        min_frequency=config.train.min_frequency,
        special_tokens=[config.end_of_text],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_sample(texts, config.train.sample_bytes), trainer)
    return tokenizer.to_str(pretty=False).encode()


def _sample(texts: Iterable[str], size: int) -> Iterator[str]:
    for text in texts:
        if size <= 0:
            return
        yield text
        size -= len(text.encode())
