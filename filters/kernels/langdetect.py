"""langdetect's trials (`Detector._detect_block` of langdetect 1.0.9), to the bit on a Python that adds as it comes.

A trial draws n-grams of the text and multiplies the probability of each language with what it makes of the
n-gram, until one language is all but sure. In plain Python, where `random` was seeded for this text:

    for _ in range(7):
        languages = [1 / len(table[0])] * len(table[0])
        weight = (0.5 + random.gauss(0, 1) * 0.05) / 10000
        for draw in range(1001):
            row = table[random.choice(rows)]
            languages = [p * (weight + q) for p, q in zip(languages, row)]
            if draw % 5 == 0:
                languages = [p / sum(languages) for p in languages]
                if max(languages) > 0.99999:
                    break
        mean = [m + p / 7 for m, p in zip(mean, languages)]
"""

from __future__ import annotations

import math
from random import Random

import numpy as np
from numpy.typing import NDArray

from filters.kernels.jit import inline, kernel

_TRIALS = 7
_DRAWS = 1001
_SURE = 0.99999
_BITS = 32

# All that a generator with this seed can be asked for: a trial draws 1,001 times, and draws again in less than half
# of the cases. A power of two, so that going round keeps within it.
_generator = Random(0)
_STREAM = np.array([_generator.getrandbits(_BITS) for _ in range(1 << 15)], np.uint32)


@inline
def _word(place: int) -> int:
    """The next 32 bits."""
    return int(np.int64(_STREAM[place & (len(_STREAM) - 1)]))


@inline
def _uniform(place: int) -> float:
    """`random.random()`, which takes 64 bits."""
    return (float(_word(place) >> 5) * 67108864.0 + float(_word(place + 1) >> 6)) / 9007199254740992.0


@inline
def _below(place: int, bound: int, bits: int) -> tuple[int, int]:
    """`random.randrange(bound)`, for a bound of so many bits, and where the stream goes on."""
    drawn = bound
    while drawn >= bound:
        drawn = _word(place) >> (_BITS - bits)
        place += 1
    return drawn, place


@inline
def _normalize(languages: NDArray[np.float64]) -> float:
    """Divide by the sum; the largest then."""
    total = most = 0.0
    for language in range(len(languages)):
        total += languages[language]
    for language in range(len(languages)):
        languages[language] /= total
        most = max(most, languages[language])
    return most


@kernel
def mean_probabilities(rows: NDArray[np.int32], table: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean probability of each language over the trials, float64 (languages,).

    rows: int32, the row of each n-gram of the text, at least one. table: float64 (n-grams, languages).
    """
    mean = np.zeros(table.shape[1])
    languages = np.empty(table.shape[1])
    bits = 0
    while len(rows) >> bits:
        bits += 1
    place = 0
    angle = radius = 0.0
    for trial in range(_TRIALS):
        if trial % 2 == 0:  # normal numbers come in pairs
            angle = _uniform(place) * 2.0 * math.pi
            radius = math.sqrt(-2.0 * math.log(1.0 - _uniform(place + 2)))
            place += 4
            normal = math.cos(angle) * radius
        else:
            normal = math.sin(angle) * radius
        weight = (0.5 + normal * 0.05) / 10000
        languages[:] = 1.0 / len(languages)
        for draw in range(_DRAWS):
            drawn, place = _below(place, len(rows), bits)
            row = table[rows[drawn]]
            for language in range(len(languages)):
                languages[language] *= weight + row[language]
            if draw % 5 == 0 and _normalize(languages) > _SURE:
                break
        for language in range(len(languages)):
            mean[language] += languages[language] / _TRIALS
    return mean
