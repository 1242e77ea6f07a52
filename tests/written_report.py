"""Reports as `build_report` gives them, small or as large as they get, for the tests of the page."""

from __future__ import annotations

import random
from typing import Any

QUANTITIES = ("documents", "bytes", "words", "tokens")
Report = dict[str, Any]

# stage, kind, share of its documents that it drops, its rules: (measure, comparison, bound, reason, largest value)
STAGES: tuple[Any, ...] = (
    ("read", "source", 0.0, ()),
    ("language", "annotator", 0.0, ()),
    ("language_filter", "filter", 0.4, (("language_score", "<=", 0.65, "language_unsure", 1),)),
    (
        "gopher_quality",
        "filter",
        0.3,
        (
            ("word_count", "<", 50, "too_few_words", 20_000),
            ("word_count", ">", 100_000, "too_many_words", 20_000),
            ("hash_word_ratio", ">", 0.1, "too_many_hash_signs", 3),
            ("letter_word_fraction", "<", 0.8, "too_few_words_with_letters", 1),
        ),
    ),
    ("c4_lines", "editor", 0.02, ()),
    ("near", "deduplicator", 0.5, ()),
    ("fineweb", "filter", 0.1, (("short_line_fraction", ">=", 0.67, "short_lines", 1),)),
    ("tokenize", "tokenizer", 0.0, ()),
)


def amount(documents: int, each: int = 800) -> dict[str, int]:
    return {
        "documents": documents,
        "bytes": documents * each * 4,
        "words": documents * each,
        "tokens": documents * each,
    }


def full_report(documents: int = 100_000, seed: int = 1) -> Report:
    """A report with every key that a section of the page reads."""
    return _report(STAGES, documents, random.Random(seed), sources=6, languages=12, bins=60)


def large_report(seed: int = 1) -> Report:
    """As large as reports get: 200 languages and sources, 40 measures of 200 bins, two rules each."""
    rules = [
        (
            "filters",
            "filter",
            0.02,
            tuple(
                (f"measure_{at}_{rule}", "<>"[rule], 7.5 + at, f"a_rule_of_some_length_{at}_{rule}", 9e5)
                for rule in (0, 1)
                for at in range(4)
            ),
        )
        for _ in range(5)
    ]
    stages = [STAGES[0], *((f"{s[0]}_{at}", *s[1:]) for at, s in enumerate(rules)), STAGES[-1]]
    return _report(
        tuple(stages), 100_000_000, random.Random(seed), sources=200, languages=200, bins=200, each=2
    )


def empty_report() -> Report:
    """A run of nothing, from before there were tallies."""
    report = _report(STAGES, 0, random.Random(1), sources=0, languages=0, bins=0)
    new = (
        "intervals",
        "overlap",
        "measures",
        "lengths",
        "hosts",
        "suffixes",
        "audit",
        "published",
        "planning",
    )
    return {key: value for key, value in report.items() if key not in new}


def _report(
    stages: tuple[Any, ...],
    documents: int,
    chance: random.Random,
    sources: int,
    languages: int,
    bins: int,
    each: int = 1,
) -> Report:
    left, lines, reasons, measures, overlap = documents, [], [], [], []
    for at, (name, kind, share, rules) in enumerate(stages):
        gone = int(left * share) if kind != "editor" else 0
        line = {
            "name": name,
            "stage": name,
            "kind": kind,
            "pass": 0,
            "in": amount(left),
            "out": amount(left - gone),
        }
        trimmed = {**amount(left, 8), "documents": 0} if kind == "editor" else amount(0)
        line |= {"dropped": amount(gone), "trimmed": trimmed}
        lines.append(line)
        if kind == "deduplicator" and gone:
            reasons.append(
                {
                    "stage": name,
                    "reason": "near_duplicate",
                    "dropped": amount(gone),
                    "fired": None,
                    "alone": None,
                }
            )
        elif rules and gone:
            share_each = gone // len(rules)
            for _, _, _, reason, _ in rules:
                alone, fired = amount(share_each // 2), amount(share_each * 3 // 2)
                reasons.append(
                    {
                        "stage": name,
                        "reason": reason,
                        "dropped": amount(share_each),
                        "fired": fired,
                        "alone": alone,
                    }
                )
            overlap += [
                {
                    "stage": name,
                    "reason": a[3],
                    "other": b[3],
                    "documents": share_each // 4,
                    "tokens": share_each,
                }
                for n, a in enumerate(rules)
                for b in rules[n + 1 :]
            ]
            for rule in rules:
                measures += [
                    _measure(name, rule, left, bins, chance, at) for at in range(each if bins else 0)
                ]
        left -= gone
    raw, final = lines[0]["in"], lines[-1]["out"]
    return {
        "recipe": {"name": "try <script>alert(1)</script>"},
        "assay": "0.1.0",
        "complete": True,
        "balanced": True,
        "imbalances": [],
        "totals": {"raw": raw, "final": final},
        "retention": {name: final[name] / raw[name] if raw[name] else None for name in QUANTITIES},
        "stages": lines,
        "reasons": reasons,
        "languages": _groups("language", [f"l{at}" for at in range(languages)], documents, chance),
        "sources": _groups(
            "source", [f"source <{at}>/part & more" for at in range(sources)], documents, chance
        ),
        "unreadable": [],
        "unreadable_records": {"unreadable": 0, "skipped": 0},
        "duplicates": [],
        "units": {"count": 1, "finished": 1, "index": [0]},
        "inputs": {"files": 1, "bytes": 1000},
        "tokenizer": {"vocabulary_size": 1024},
        "shards": None,
        "intervals": {"basis": "documents", "groups": 64, "stages": [_interval(line, raw) for line in lines]},
        "overlap": overlap,
        "measures": measures,
        "lengths": {"raw": _lengths(raw, bins, chance), "final": _lengths(final, bins // 2, chance)},
        "hosts": _hosts(documents, chance) if documents else {"listed": [], "count": 0, "cut": None},
        "suffixes": _groups("suffix", ["com", "org", "co.uk", "de"], documents, chance),
        "audit": _audit(chance),
        "published": PUBLISHED,
    }


def _measure(stage: str, rule: Any, documents: int, bins: int, chance: random.Random, copy: int) -> Any:
    measure, comparison, bound, reason, most = rule
    edges = _edges(bound, most)
    chosen = sorted(chance.sample(range(len(edges) - 1), min(bins, len(edges) - 1)))
    weights = [chance.paretovariate(1.2) for _ in chosen]
    counts = [int(documents * weight / sum(weights)) for weight in weights]
    own = [number // 2 for number in counts]
    return {
        "stage": stage,
        "measure": f"{stage}.{measure}_{copy}" if copy else f"{stage}.{measure}",
        "closed": "left" if comparison in ("<", ">=") else "right",
        "low": [edges[at] for at in chosen],
        "high": [edges[at + 1] for at in chosen],
        "documents": counts,
        "tokens": [number * (at % 7) for at, number in enumerate(counts)],
        "undefined": {"documents": documents // 100, "tokens": documents},
        "rules": [
            {
                "index": 0,
                "reason": reason,
                "comparison": comparison,
                "bound": bound,
                "documents": own,
                "tokens": [number * (at % 7) for at, number in enumerate(own)],
                "undefined": {"documents": documents // 200, "tokens": documents // 3},
            }
        ],
    }


def _edges(bound: float, most: float) -> list[float]:
    """Two significant digits, and the bound."""
    every = {float(f"{digits}e{power}") for power in range(-4, 12) for digits in range(10, 100)}
    return sorted({-1e-6, 0.0, float(bound), *(edge for edge in every if edge <= most)})


def _interval(line: Any, raw: Any) -> Any:
    entry = {"name": line["name"]}
    for name in QUANTITIES:
        share = line["out"][name] / raw[name] if raw[name] else 0.0
        entry[name] = {"value": share, "low": max(share - 0.02, 0.0), "high": min(share + 0.02, 1.0)}
    return entry


def _groups(key: str, names: list[str], documents: int, chance: random.Random) -> Any:
    entries = []
    for at, name in enumerate(names):
        raw = documents // (at + 1) // 4
        final = int(raw * chance.random())
        entries.append(
            {key: name, "raw": amount(raw), "final": amount(final), "retention": _left(raw, final)}
        )
    if len(names) >= 200:
        entries.append(
            {key: None, "others": 17, "raw": amount(900), "final": amount(80), "retention": _left(900, 80)}
        )
    return entries


def _left(raw: int, final: int) -> Any:
    return dict.fromkeys(QUANTITIES, final / raw if raw else None)


def _hosts(documents: int, chance: random.Random) -> Any:
    listed = _groups("host", [f"www.host-{at}.example" for at in range(40)], documents, chance)
    return {"listed": listed, "count": 8123, "cut": {"documents": 900, "tokens": 70_000, "at_most": 12}}


def _lengths(whole: Any, bins: int, chance: random.Random) -> Any:
    edges = [edge for edge in _edges(50, 90_000) if edge >= 10]
    chosen = sorted(chance.sample(range(len(edges) - 1), min(bins, len(edges) - 1)))
    counts = [chance.randrange(1 + whole["documents"] // 10) for _ in chosen]
    return {
        "low": [edges[at] for at in chosen],
        "high": [edges[at + 1] for at in chosen],
        "documents": counts,
        "tokens": [round(number * edges[at]) for number, at in zip(counts, chosen, strict=True)],
    }


def _audit(chance: random.Random) -> Any:
    names = [
        ("women", "identity"),
        ("men", "identity"),
        ("Muslim", "identity"),
        ("trans and non-binary", "identity"),
    ]
    names += [("African American English", "dialect"), ("Scottish English", "dialect")]
    groups = []
    for at, (name, kind) in enumerate(names):
        kept = 0.1 + 0.05 * at + chance.random() / 20
        groups.append(
            {
                "group": name,
                "kind": kind,
                "raw": amount(4000 // (at + 1) // (50 if at == 5 else 1)),
                "kept": {"value": kept, "low": kept - 0.03, "high": kept + 0.03},
                "kept_tokens": {"value": kept, "low": None, "high": None},
                "ratio": {"value": kept / 0.2, "low": kept / 0.2 - 0.1, "high": kept / 0.2 + 0.1},
                "expected": kept + 0.02,
                "matched": {"value": kept / (kept + 0.02), "low": 0.7 * kept / 0.2, "high": 1.4 * kept / 0.2},
                "flagged": at in (0, 4),
                "stages": [{"stage": "gopher_quality", "kept": 0.6, "overall": 0.7}],
                "worst_stage": "gopher_quality",
            }
        )
    overall = {"value": 0.2, "low": 0.19, "high": 0.21}
    return {
        "overall": overall,
        "factor": 0.8,
        "fewest": 100,
        "groups": groups,
        "note": "English documents only.",
    }


PUBLISHED = [
    {
        "name": "dclm",
        "title": "DCLM-Baseline",
        "source": "Li et al. 2024, figure 4",
        "unit": "documents",
        "raw": "200 B documents",
        "final": "1.4 % of them",
        "stages": [
            {"stage": "URLs", "left": 0.992},
            {"stage": "English", "left": 0.484},
            {"stage": "best tenth", "left": 0.014},
        ],
    },
    {
        "name": "dolma",
        "title": "Dolma (web)",
        "source": "Soldaini et al. 2024",
        "unit": "bytes",
        "raw": "175.1 TB",
        "final": "27.7 TB",
        "stages": [{"stage": "English", "left": 0.383}, {"stage": "deduplication", "left": None}],
    },
]
