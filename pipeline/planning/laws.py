"""How many tokens a model wants: compute-optimal training, over-training, and tokens that are read again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

# Besiroglu, Erdil, Barnett and You 2024, "Chinchilla Scaling: A replication attempt": the parametric law
# L = E + A / N^alpha + B / D^beta of Hoffmann et al. 2022, fitted anew to their runs. The constants that were
# printed in 2022 are not to be used: rounded as they are they ask for 67 tokens a parameter at 7 B parameters.
LAW = "Besiroglu et al. 2024 (the Chinchilla law, fitted anew)"
A, ALPHA = 482.01, 0.3478
B, BETA = 2085.43, 0.3658
RULE_OF_THUMB = 20.0  # tokens a parameter, Hoffmann et al. 2022
RATIOS = (20, 100, 200, 1000, 2000)  # tokens a parameter that the page offers

# Muennighoff et al. 2023, "Scaling Data-Constrained Language Models": the half-life of repeated tokens.
R_STAR = 15.387756


@dataclass(frozen=True)
class Training:
    """A model and the tokens it is trained on, with how they were come by."""

    parameters: float
    tokens: float
    law: str

    @property
    def flops(self) -> float:
        """6 N D: two for the forward pass and four for the backward pass, per parameter and token."""
        return 6 * self.parameters * self.tokens

    def as_json(self) -> dict[str, Any]:
        return {
            "parameters": self.parameters,
            "tokens": self.tokens,
            "flops": self.flops,
            "tokens_per_parameter": self.tokens / self.parameters,
            "law": self.law,
            "rule_of_thumb_tokens": RULE_OF_THUMB * self.parameters,
        }


def optimal_tokens(parameters: float) -> float:
    """Tokens with which a model of this size is compute-optimal.

    At the optimum of the law under C = 6 N D both of its terms fall equally fast, alpha A / N^alpha =
    beta B / D^beta, so D = (beta B / (alpha A))^(1/beta) N^(alpha/beta).
    """
    return float((BETA * B / (ALPHA * A)) ** (1 / BETA) * parameters ** (ALPHA / BETA))


def optimal_parameters(flops: float) -> float:
    """The parameters of the compute-optimal model for so many FLOPs: G (C/6)^(beta/(alpha+beta)) (Hoffmann et al.
    2022, equation 4)."""
    g = (ALPHA * A / (BETA * B)) ** (1 / (ALPHA + BETA))
    return float(g * (flops / 6) ** (BETA / (ALPHA + BETA)))


def training(
    parameters: float | None = None, flops: float | None = None, tokens_per_parameter: float | None = None
) -> Training:
    """The training that some of these ask for; at least one of `parameters` and `flops` is given.

    Both fix the tokens, D = C / (6 N). One alone is completed by the ratio, or where there is none by the
    compute-optimal law. `tokens_per_parameter` is not given together with both.
    """
    if parameters is not None and flops is not None:
        return Training(parameters, flops / (6 * parameters), "tokens = FLOPs / (6 parameters)")
    if tokens_per_parameter is not None:
        size = parameters if parameters is not None else math.sqrt((flops or 0) / (6 * tokens_per_parameter))
        return Training(size, tokens_per_parameter * size, "the ratio that was given")
    size = parameters if parameters is not None else optimal_parameters(flops or 0)
    return Training(size, optimal_tokens(size), LAW)


def effective(unique: float, epochs: float) -> float:
    """What `epochs` >= 1 passes over `unique` tokens are worth, in fresh tokens.

    D' = U (1 + R* (1 - exp(-(epochs - 1) / R*))) (Muennighoff et al. 2023, equation 5). Four passes are worth
    3.73; no number of passes is worth more than 16.4. The law was fitted to models trained with dropout and
    weight decay.
    """
    return unique * (1 + R_STAR * (1 - math.exp(-(epochs - 1) / R_STAR)))


def epochs_for(unique: float, wanted: float) -> float | None:
    """Passes over `unique` tokens that are worth `wanted` fresh ones: the inverse of `effective`.

    At least 1; None where no number of passes is worth so much, or there is nothing to read.
    """
    if unique <= 0:
        return None
    worth = (wanted / unique - 1) / R_STAR
    if worth <= 0:
        return 1.0
    return 1 - R_STAR * math.log(1 - worth) if worth < 1 else None


def figures() -> dict[str, Any]:
    """The constants that the page's form computes with."""
    return {
        "law": LAW,
        "A": A,
        "alpha": ALPHA,
        "B": B,
        "beta": BETA,
        "rule_of_thumb": RULE_OF_THUMB,
        "ratios": list(RATIOS),
        "r_star": R_STAR,
        "epochs_law": "Muennighoff et al. 2023",
    }
