"""Small fastText classifiers, written in fastText's own format with numbers drawn at random."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

MAGIC = 793712314
HIERARCHICAL, NEGATIVE_SAMPLING, SOFTMAX, ONE_VS_ALL = 1, 2, 3, 4


@dataclass(frozen=True)
class Recipe:
    """What a model is like. `pruned` is how many buckets keep their row; None: all, without an index."""

    words: Sequence[str] = ("</s>", "the", "der", "harbour", "été", "夕方", "a", "__label__no")
    labels: Sequence[str] = ("__label__en", "__label__de", "__label__fr", "__label__ja", "__label__xx")
    loss: int = SOFTMAX
    dim: int = 5
    minn: int = 2
    maxn: int = 4
    bucket: int = 40
    word_ngrams: int = 1
    quantized: bool = False
    norms: bool = False
    output_quantized: bool = False
    pruned: int | None = None
    part: int = 2  # columns that share a code
    version: int = 12
    model: int = 3
    seed: int = 0

    def write(self, path: Path) -> Path:
        random = np.random.default_rng(self.seed)
        rows = len(self.words) + (self.bucket if self.pruned is None else self.pruned)
        content = struct.pack("<2i", MAGIC, self.version) + self._arguments() + self._entries()
        if self.pruned is not None:
            buckets = random.choice(self.bucket, self.pruned, replace=False)
            content += np.stack([buckets, random.permutation(self.pruned)], 1).astype("<i4").tobytes()
        content += self._matrix(random, rows, self.quantized)
        content += self._matrix(random, len(self.labels), self.output_quantized)
        path.write_bytes(content)
        return path

    def _arguments(self) -> bytes:
        ngrams = (self.word_ngrams, self.loss, self.model, self.bucket, self.minn, self.maxn)
        return struct.pack("<12id", self.dim, 5, 1, 1, 5, *ngrams, 100, 1e-4)

    def _entries(self) -> bytes:
        count = len(self.words) + len(self.labels)
        head = struct.pack(
            "<3i2q",
            count,
            len(self.words),
            len(self.labels),
            9 * count,
            -1 if self.pruned is None else self.pruned,
        )
        kinds = [(name, 0) for name in self.words] + [(name, 1) for name in self.labels]
        return head + b"".join(
            name.encode() + b"\0" + struct.pack("<qb", 9 * count - place, kind)
            for place, (name, kind) in enumerate(kinds)
        )

    def _matrix(self, random: np.random.Generator, rows: int, quantized: bool) -> bytes:
        if not quantized:
            values = random.normal(0, 2, (rows, self.dim)).astype("<f4")
            return struct.pack("<?2q", False, rows, self.dim) + values.tobytes()
        parts = -(-self.dim // self.part)
        codes = random.integers(0, 256, rows * parts, np.uint8)
        head = struct.pack("<??2qi", True, self.norms, rows, self.dim, len(codes))
        found = head + codes.tobytes() + self._quantizer(random, self.dim, self.part)
        if self.norms:
            found += random.integers(0, 256, rows, np.uint8).tobytes() + self._quantizer(random, 1, 1)
        return found

    @staticmethod
    def _quantizer(random: np.random.Generator, columns: int, part: int) -> bytes:
        head = struct.pack("<4i", columns, -(-columns // part), part, columns % part or part)
        return head + random.normal(0, 2, 256 * columns).astype("<f4").tobytes()
