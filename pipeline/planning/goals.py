"""What a plan is for: so many tokens, of which languages, read how often."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from pipeline.errors import UserError
from pipeline.planning import laws

_SUFFIXES = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}
_AMOUNT = re.compile(r"(\d+(?:_\d+)*(?:\.\d+)?(?:e[+-]?\d+)?)\s*([kmbt]?)(?:\s*tokens)?", re.IGNORECASE)
_MOST_EPOCHS = 1000


def parse_amount(text: str, of: str = "tokens") -> int:
    """A number from `300B` (billion), `4T`, `1.5e12`, `250 M`, `10k` or a plain number.

    Raises:
        UserError: it is none of these, or not above zero.
    """
    match = _AMOUNT.fullmatch(text.strip())
    value = float(match[1].replace("_", "")) * _SUFFIXES[match[2].lower()] if match else 0.0
    if not 1 <= value < 1e30:
        raise UserError(
            f"{text!r} is not an amount of {of}. Write 300B (billion), 4T (trillion), 250M, 10k, 1.5e12 "
            "or a whole number above zero."
        )
    return round(value)


def parse_mix(text: str) -> dict[str, float]:
    """Shares of languages from `de=0.3,en=0.7`.

    Raises:
        UserError: it is not written so, a share is not above zero, or they do not add up to 1.
    """
    mix: dict[str, float] = {}
    for piece in text.split(","):
        language, _, share = piece.partition("=")
        try:
            mix[language.strip()] = float(share)
        except ValueError:
            raise UserError(
                f"--mix: {piece.strip()!r} is not a language and its share, such as de=0.3"
            ) from None
    if len(mix) != text.count(",") + 1 or "" in mix:
        raise UserError(f"--mix {text}: name each language once, such as de=0.3,en=0.7")
    if min(mix.values()) <= 0 or not math.isclose(sum(mix.values()), 1, abs_tol=0.005):
        raise UserError(
            f"--mix {text}: the shares are of the final tokens. Each must be above 0, and all together 1 "
            f"(these are {sum(mix.values()):g})."
        )
    return mix


@dataclass(frozen=True)
class Goal:
    """Tokens to train on, in fresh tokens' worth."""

    tokens: float
    mix: dict[str, float] | None = None  # share of the tokens by language; None: of any
    epochs: float = 1.0
    training: laws.Training | None = None  # of which model, where the tokens follow from one

    @property
    def unique(self) -> float:
        """Distinct tokens that are worth `tokens` when they are read `epochs` times."""
        return self.tokens / laws.effective(1, self.epochs)

    def as_json(self) -> dict[str, Any]:
        return {
            "tokens": self.tokens,
            "epochs": self.epochs,
            "unique_tokens": self.unique,
            "read_tokens": self.unique * self.epochs,
            "mix": self.mix,
            "training": self.training.as_json() if self.training else None,
        }


def goal(
    tokens: str | None = None,
    params: str | None = None,
    flops: str | None = None,
    tokens_per_param: float | None = None,
    language: str | None = None,
    mix: str | None = None,
    epochs: float = 1.0,
) -> Goal:
    """A goal from what a user wrote.

    Raises:
        UserError: it says too little, or two things at once, or a value is out of range.
    """
    if (tokens is None) == (params is None and flops is None):
        raise UserError("say what the plan is for: --tokens 300B, or --params 7B, or --flops 1e23")
    if language is not None and mix is not None:
        raise UserError("--language is one language, --mix several: give one of the two")
    if not 1 <= epochs <= _MOST_EPOCHS:
        raise UserError(f"--epochs {epochs:g}: how often each token is read, from 1 to {_MOST_EPOCHS:,}")
    if tokens_per_param is not None and not 0 < tokens_per_param < 1e9:
        raise UserError(f"--tokens-per-param {tokens_per_param:g} must be above 0, such as 200")
    if tokens_per_param is not None and (params is None) == (flops is None):
        raise UserError("--tokens-per-param goes with one of --params and --flops")
    shares = {language: 1.0} if language is not None else parse_mix(mix) if mix is not None else None
    if tokens is not None:
        return Goal(parse_amount(tokens), shares, epochs)
    wanted = laws.training(
        None if params is None else parse_amount(params, "parameters"),
        None if flops is None else parse_amount(flops, "FLOPs"),
        tokens_per_param,
    )
    return Goal(wanted.tokens, shares, epochs, wanted)
