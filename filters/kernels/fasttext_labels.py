"""The most probable label for a hidden vector, as fastText's loss functions have it (loss.cc of fastText 0.9.2).

fastText compares logarithms, of x + 1e-5 for a probability x, and returns their exponentials; here the numbers
themselves are multiplied and compared, which differs in the last digits only. Of equal labels the one that
comes last is taken, and so it is here. A NaN is never the most probable.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from filters.kernels.jit import inline

HIERARCHICAL, NEGATIVE_SAMPLING, SOFTMAX, ONE_VS_ALL = 1, 2, 3, 4  # as a model file numbers them

_EPSILON = 1e-5
_ONE = np.float32(1)
_MOST = 8  # the bound of the table of sigmoids
_CELLS = 512
_X = (np.arange(_CELLS + 1, dtype=np.float32) * np.float32(2 * _MOST)) / np.float32(_CELLS) - np.float32(
    _MOST
)
_SIGMOIDS = (1.0 / (1.0 + np.exp(-_X).astype(np.float64))).astype(np.float32)


class Output(NamedTuple):
    """What turns a hidden vector into a label.

    weights: float32 (labels, size of the hidden vector); for a hierarchical softmax row i is of the inner node
        labels + i.
    left, right: int32 (2 * labels - 1,), the children of each node of the tree, whose last node is its root;
        -1 for a label. Empty for every other loss.
    """

    weights: NDArray[np.float32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    loss: int


@inline
def _dot(weights: NDArray[np.float32], row: int, hidden: NDArray[np.float32]) -> np.float32:
    total = np.float32(0)
    for d in range(len(hidden)):
        total += weights[row, d] * hidden[d]
    return total


@inline
def _descend(
    output: Output, hidden: NDArray[np.float32], nodes: NDArray[np.int32], scores: NDArray[np.float64]
) -> tuple[int, float]:
    """The leaf with the highest product of probabilities on the way to it: depth first, left before right,
    passing over what is below the best so far. `nodes` and `scores` are stacks with room for every label."""
    labels = len(output.weights)
    best, best_score = -1, _EPSILON
    nodes[0], scores[0] = len(output.left) - 1, 1.0
    height = 1
    while height > 0:
        height -= 1
        node, score = int(nodes[height]), scores[height]
        if not score >= best_score:  # so it is where the score is NaN
            continue
        if output.left[node] < 0:
            best, best_score = node, score
            continue
        x = _dot(output.weights, node - labels, hidden)
        right = np.float32(1.0 / float(_ONE + np.float32(math.exp(-x))))
        nodes[height], scores[height] = output.right[node], score * (float(right) + _EPSILON)
        left = float(np.float32(1.0 - float(right)))
        nodes[height + 1], scores[height + 1] = output.left[node], score * (left + _EPSILON)
        height += 2
    return best, best_score


@inline
def _sigmoid(x: np.float32) -> np.float32:
    if x < -_MOST:
        return np.float32(0)
    if x > _MOST:
        return _ONE
    if x != x:
        return x
    return np.float32(
        _SIGMOIDS[int((x + np.float32(_MOST)) * np.float32(_CELLS) / np.float32(_MOST) / np.float32(2))]
    )


@inline
def _fill_sigmoids(output: Output, hidden: NDArray[np.float32], values: NDArray[np.float32]) -> None:
    for label in range(len(values)):
        values[label] = _sigmoid(_dot(output.weights, label, hidden))


@inline
def _fill_softmax(output: Output, hidden: NDArray[np.float32], values: NDArray[np.float32]) -> None:
    for label in range(len(values)):
        values[label] = _dot(output.weights, label, hidden)
    most = values[0]
    for label in range(len(values)):
        most = max(most, values[label])
    total = np.float32(0)
    for label in range(len(values)):
        values[label] = np.float32(math.exp(values[label] - most))
        total += values[label]
    for label in range(len(values)):
        values[label] /= total


@inline
def best_label(
    output: Output,
    hidden: NDArray[np.float32],
    nodes: NDArray[np.int32],
    scores: NDArray[np.float64],
    values: NDArray[np.float32],
) -> tuple[int, float]:
    """The most probable label, -1 if none is, and its probability, which can pass 1 by 1e-5.

    `nodes` and `scores` have room for one more than there are labels, `values` for the labels.
    """
    if output.loss == HIERARCHICAL:
        return _descend(output, hidden, nodes, scores)
    if output.loss == SOFTMAX:
        _fill_softmax(output, hidden, values)
    else:
        _fill_sigmoids(output, hidden, values)
    best, best_value = -1, np.float32(-1)
    for label in range(len(values)):
        if values[label] >= best_value:
            best, best_value = label, values[label]
    return best, float(best_value) + _EPSILON
