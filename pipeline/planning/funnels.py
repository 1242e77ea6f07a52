"""Published funnels: what others kept of how much, stage by stage, each chain in one unit.

Documents, tokens and bytes shrink differently (the blocklist of C4 takes 7.6 % of the documents and 21 % of the
tokens), so a chain never mixes them. What a paper gives in another unit, or not at all, is None.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pipeline.errors import UserError


@dataclass(frozen=True)
class Funnel:
    """One published chain. `left` of each stage is the share of the raw amount after it, in `unit`.

    `amounts` are the raw amounts that are known (documents, tokens, bytes, `stored bytes`) and `final_tokens` what
    came of them: only a funnel that has both can be planned by. `derived` says which figures are not the source's own.
    """

    name: str
    title: str
    source: str
    unit: str
    raw: str
    final: str
    stages: tuple[tuple[str, float | None], ...]
    amounts: dict[str, float] = field(default_factory=dict)
    final_tokens: float | None = None
    derived: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "title": self.title,
            "source": self.source + (f"; {self.derived}" if self.derived else ""),
            "unit": self.unit,
            "raw": self.raw,
            "final": self.final,
            "stages": [{"stage": stage, "left": left} for stage, left in self.stages],
        }


_DCLM = {"documents": 200e9, "tokens": 240e12, "stored bytes": 370e12}
_FINEWEB = {"documents": 260.6e9, "tokens": 260.6e9 * 1200}
_FINEWEB_RAW = "about 313 T tokens (96 crawls, 260.6 B pages)"
_FINEWEB_DERIVED = (
    "raw tokens derived at the 1,200 a page of DCLM's pool; what the C4 rules leave, from the 7 % they take"
)
_FINEWEB_STAGES: tuple[tuple[str, float | None], ...] = (
    ("URLs, text, language, Gopher's rules", 36 / 312.7),
    ("MinHash in each crawl", 20 / 312.7),
    ("C4's rules but terminal punctuation", 18.6 / 312.7),
    ("own rules", 15 / 312.7),
)
_C4_SOURCE = "Raffel et al. 2020, counted by Dodge et al. 2021, table 1"

FUNNELS = (
    Funnel(
        "fineweb",
        "FineWeb",
        "Penedo et al. 2024",
        "tokens",
        _FINEWEB_RAW,
        "15 T tokens",
        _FINEWEB_STAGES,
        _FINEWEB,
        15e12,
        _FINEWEB_DERIVED,
    ),
    Funnel(
        "fineweb-edu",
        "FineWeb-Edu",
        "Penedo et al. 2024",
        "tokens",
        _FINEWEB_RAW,
        "1.3 T tokens",
        (*_FINEWEB_STAGES, ("educational score of 3 and more", 1.3 / 312.7)),
        _FINEWEB,
        1.3e12,
        _FINEWEB_DERIVED,
    ),
    Funnel(
        "dclm",
        "DCLM-Baseline",
        "Li et al. 2024, figure 4 (shares of the original documents)",
        "documents",
        "200 B documents, 240 T tokens",
        "1.4 % of the documents, 3.8 T tokens",
        (
            ("URLs", 0.992),
            ("English", 0.484),
            ("page length", 0.405),
            ("repetition", 0.309),
            ("removed words", 0.289),
            ("word length, ellipses, stop words", 0.199),
            ("Bloom-filter deduplication", 0.137),
            ("best tenth by classifier", 0.014),
        ),
        _DCLM,
        3.8e12,
    ),
    Funnel(
        "c4",
        "C4 (English)",
        _C4_SOURCE,
        "tokens",
        "1.4 T tokens in 1.1 B documents",
        "156 B tokens",
        (("all rules but the blocklist", 198 / 1400), ("blocklist", 156 / 1400)),
        {"documents": 1.1e9, "tokens": 1.4e12, "bytes": 6.1e12},
        156e9,
    ),
    Funnel(
        "c4-documents",
        "C4 (English)",
        _C4_SOURCE,
        "documents",
        "1.1 B documents",
        "365 M documents",
        (("all rules but the blocklist", 395 / 1100), ("blocklist", 365 / 1100)),
    ),
    Funnel(
        "dolma",
        "Dolma (web)",
        "Soldaini et al. 2024",
        "bytes",
        "175.1 TB of text (25 crawls)",
        "27.7 TB after paragraph deduplication; later stages are published in other units",
        (
            ("English", 0.383),
            ("paragraph deduplication (CCNet)", 27.7 / 175.1),
            ("URL and document deduplication", None),
            ("Gopher's and C4's rules", None),
            ("harmful content", None),
        ),
    ),
    Funnel(
        "olmo3",
        "OLMo 3 (web)",
        "OLMo team 2025",
        "documents",
        "252.6 B documents (104 crawls)",
        "9.7 B documents, 8 T tokens",
        (
            ("rules and language", 38.8 / 252.6),
            ("exact deduplication", 12.8 / 252.6),
            ("MinHash", 9.8 / 252.6),
            ("repeated substrings", 9.7 / 252.6),
        ),
        {"documents": 252.6e9},
        8e12,
    ),
    Funnel(
        "fineweb2-de",
        "FineWeb-2 (German)",
        "Penedo et al. 2025, and Common Crawl's crawl statistics",
        "documents",
        "German pages of 96 crawls",
        "496 M documents",
        (("language, text, MinHash", 0.079), ("rules", 0.037)),
        derived="shares derived from the number of German pages in the crawls",
    ),
)


def plannable() -> list[str]:
    """The names that `--like` takes."""
    return [funnel.name for funnel in FUNNELS if funnel.final_tokens is not None]


def funnel(name: str) -> Funnel:
    """
    Raises:
        UserError: there is none of this name by which one can plan.
    """
    for one in FUNNELS:
        if one.name == name.lower() and one.final_tokens is not None:
            return one
    raise UserError(
        f"--like {name}: there is no published funnel of this name that goes from raw data to tokens. There are "
        f"{', '.join(plannable())}."
    )


def figures() -> list[dict[str, Any]]:
    """The key `published` of report.json."""
    return [one.as_json() for one in FUNNELS]
