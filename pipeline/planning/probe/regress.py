"""A ratio of two means from a random sample of documents, with the help of what is known of all of them.

What is known of every document and resembles the quantity in question is its control: the sample's error in the control,
which can be seen, is taken off in proportion (the regression estimator of two-phase sampling: Sarndal, Swensson and
Wretman, Model Assisted Survey Sampling, 1992, sections 6.4 and 9.7).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.planning.estimate import HEAVY, Estimate, of_share

_DOCUMENTS_A_CONTROL = 20  # below, the coefficients are noise

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Controls:
    """What is known of all documents: its values in the sample (float64[documents, controls]), its means over all of them,
    and the variances of these means, which are not 0 where they are estimates themselves."""

    values: Values
    means: Values
    variances: Values

    def of(self, mask: NDArray[np.bool_]) -> Controls:
        return Controls(self.values[mask], self.means, self.variances)

    def only(self, columns: list[int]) -> Controls:
        return Controls(self.values[:, columns], self.means[columns], self.variances[columns])


@dataclass(frozen=True)
class Ratio:
    """A ratio of at most 1, its standard error, how much of it one document may hold that the sample missed, and how many
    documents it rests on."""

    value: float
    error: float
    heavy: float
    degrees: int

    def estimate(self, low: float = 0.0, high: float = 0.0) -> Estimate:
        """With its 95 % interval, which is widened at its ends by what is not known at all, within 0 and 1."""
        value = min(1.0, max(0.0, self.value))
        made = of_share(value, self.error**2, HEAVY * self.heavy, self.degrees)
        assert made.low is not None and made.high is not None
        return Estimate(value, max(0.0, made.low - low), min(1.0, made.high + high))


def plain(y: Values, x: Values, population: float) -> Ratio:
    """The sum of y over the sum of x, of a sample without replacement from so many documents.

    The error is that of the ratio estimator (Cochran, Sampling Techniques, 3rd ed. 1977, section 6.4).
    """
    return regressed(y, x, Controls(np.zeros((len(y), 0)), np.zeros(0), np.zeros(0)), population)


def regressed(y: Values, x: Values, controls: Controls, population: float) -> Ratio:
    """The same, where both sums are corrected by regression on the controls.

    The corrected sums are sums with weights. The error is that of the residuals times these weights (Sarndal, Swensson
    and Wretman 1992, section 6.6), divided by 1 - leverage, as the jackknife has them, so that a document that draws the
    coefficients to itself does not make the error small. The document that the sample may have missed is that in which a
    random part of the residuals stands (`pipeline.planning.estimate`).

    In simulation (400 samples of sets of Zipf's sizes and documents of log-normal lengths), intervals of 3,000 probes
    covered 91 to 96 %, and 88 to 92 % without the weights and the missed document; of 800 probes 88 % and more.
    """
    n = len(y)
    design, means, variances = _standardised(controls)
    if n < _DOCUMENTS_A_CONTROL * (1 + design.shape[1]):
        design, means, variances = design[:, :0], means[:0], variances[:0]
    orthogonal, triangle = np.linalg.qr(np.column_stack([np.ones(n), design]))
    weights = orthogonal @ np.linalg.solve(triangle.T, np.concatenate([[1.0], means]))  # they sum to 1

    over = float(weights @ x)
    value = float(weights @ y) / over
    difference = y - value * x
    fitted = orthogonal.T @ difference
    leverage = np.minimum((orthogonal**2).sum(axis=1), 0.99)
    residual = weights * (difference - orthogonal @ fitted) / (1 - leverage) / over
    degrees = max(1, n - 1 - design.shape[1])
    slopes = np.linalg.solve(triangle, fitted)[1:] / over
    apart, unseen = float(np.abs(residual).sum()), max(0.0, 1 - n / population)
    squares = float((residual**2).sum())
    variance = squares * n / degrees * unseen + float(slopes**2 @ variances)
    return Ratio(value, math.sqrt(variance), squares / apart * unseen if apart else 0.0, degrees)


def _standardised(controls: Controls) -> tuple[Values, Values, Values]:
    """The controls with mean 0 and deviation 1 in the sample, without those that others say already."""
    columns, means, variances = [], [], []
    basis = np.ones((len(controls.values), 1)) / math.sqrt(max(1, len(controls.values)))
    for at in range(controls.values.shape[1]):
        values = controls.values[:, at]
        centre, deviation = float(values.mean()), float(values.std())
        if not deviation > 0:
            continue
        scaled = (values - centre) / deviation
        new = scaled - basis @ (basis.T @ scaled)
        if float(new @ new) < 1e-6 * len(values):
            continue
        basis = np.column_stack([basis, new / np.linalg.norm(new)])
        columns.append(scaled)
        means.append((float(controls.means[at]) - centre) / deviation)
        variances.append(float(controls.variances[at]) / deviation**2)
    design = np.column_stack(columns) if columns else np.zeros((len(controls.values), 0))
    return design, np.array(means), np.array(variances)
