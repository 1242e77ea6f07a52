"""MinHash signatures of 256 values from texts: shingles of five words, which the peers' users make in Python.

The texts are folded already (lower case, no punctuation). Assay folds them again, the others split them at their spaces.
"""

from __future__ import annotations

from functools import partial
from typing import AnyStr

from benchmarks.contestants import Inputs, Work, rows, size

VALUES, SEED, WORDS = 256, 1, 5


def assay(inputs: Inputs) -> Work:
    from benchmarks.contestants import assay

    batches, megabytes = assay.batches(inputs.folded, inputs.megabytes)
    (stage,) = assay.stages("dedup_minhash")
    if (stage.permutations, stage.seed, stage.shingle, stage.hash) != (VALUES, SEED, WORDS, "xxh32"):
        raise AssertionError("the recipe has other settings than this comparison")
    return Work(
        megabytes,
        lambda: [stage.signatures(batch["text"]) for batch in batches],
        lambda found: [
            "" if none else _digest(signature.astype("<u4").tobytes())
            for signatures, wordless in found
            for signature, none in zip(signatures, wordless, strict=True)
        ],
    )


def datasketch(inputs: Inputs) -> Work:
    """`MinHash.bulk`, with the hash function that Assay uses and that is faster than its own."""
    import xxhash
    from datasketch import MinHash

    texts = rows(inputs.folded, "text", inputs.megabytes)
    bulk = partial(MinHash.bulk, num_perm=VALUES, seed=SEED, hashfunc=xxhash.xxh32_intdigest)
    return Work(
        size(texts),
        lambda: bulk([_shingles(text.encode().split(b" "), b" ") if text else [] for text in texts]),
        lambda found: [
            _digest(made.digest().astype("<u4").tobytes()) if text else ""
            for made, text in zip(found, texts, strict=True)
        ],
    )


def rensa(inputs: Inputs) -> Work:
    """R-MinHash over whole sets: other values than datasketch's, by an algorithm of its own."""
    from rensa import RMinHash

    texts = rows(inputs.folded, "text", inputs.megabytes)
    return Work(
        size(texts),
        lambda: RMinHash.digest_matrix_from_token_sets(
            [_shingles(text.split(" "), " ") for text in texts], VALUES, SEED
        ),
        lambda _: [],
    )


def rensa_of_shingles(inputs: Inputs) -> Work:
    """The same, with the shingles made beforehand."""
    from rensa import RMinHash

    texts = rows(inputs.folded, "text", inputs.megabytes)
    shingles = [_shingles(text.split(" "), " ") for text in texts]
    return Work(
        size(texts), lambda: RMinHash.digest_matrix_from_token_sets(shingles, VALUES, SEED), lambda _: []
    )


def _shingles(words: list[AnyStr], space: AnyStr) -> list[AnyStr]:
    return [space.join(words[at : at + WORDS]) for at in range(max(len(words) - WORDS, 0) + 1)]


def _digest(signature: bytes) -> str:
    import hashlib

    return hashlib.sha256(signature).hexdigest()[:16]
