"""How much to collect for a goal: raw data, crawls, core-hours and disk, from what a run, a probe or a published
funnel says. The numbers of a plan are those of the form in report.html: both compute from report.json's `planning`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.errors import UserError
from pipeline.planning import crawls, laws
from pipeline.planning.curve import SCENARIOS, final_tokens, times_for, tokens_at
from pipeline.planning.funnels import Funnel
from pipeline.planning.goals import Goal
from pipeline.report.numbers import count, percent

Planning = dict[str, Any]  # report.json's `planning`
Range = dict[str, float | None]  # low, value, high
ENDS = ("low", "value", "high")
NO_RANGE: Range = dict.fromkeys(ENDS)
ANYTHING = None  # the key of a goal that does not ask for languages
_SHORT = 60.0  # core-seconds, of which much is starting the engine, pass by pass
FAR = 100.0  # times this run, from where a sample alone says little


def plan(planning: Planning, goal: Goal) -> dict[str, Any]:
    """A plan, as plain data for `json.dumps`; docs/report.md has its keys.

    Raises:
        UserError: nothing was read, or there is nothing in a language that the goal asks for.
    """
    if not planning["raw"]["tokens"] and not planning["raw"]["documents"]:
        raise UserError("nothing was read: there are no documents to plan by")
    wants = [_Want(planning, language, goal.unique * share) for language, share in _shares(planning, goal)]
    scarcest = max(wants, key=lambda want: want.rank)
    needs = {name: _largest([want.needed(name) for want in wants]) for name in scarcest.measured_in}
    main = scarcest.measured_in[0]
    times = _largest([want.times(main) for want in wants])
    made = {
        "goal": goal.as_json(),
        "basis": {key: planning[key] for key in ("source", "basis", "groups", "bracket_by")},
        "read": {
            "raw": planning["raw"],
            "final": planning["final"],
            "stored_bytes": planning["stored_bytes"],
        },
        "feasible": times["low"] is not None or times["value"] is not None,
        "certain": times["high"] is not None,
        "beyond": _beyond(planning, times["low"]),
        "times": times,
        "needs": needs,
        "scarcest": scarcest.language if goal.mix else None,
        "languages": {
            want.language: {"tokens": want.target, "times": want.times(main), "raw": want.of_it(needs)}
            for want in wants
            if want.language is not None
        },
        "scenarios": _scenarios(planning, wants),
        "crawls": _crawls(planning, needs, wants),
        "costs": _costs(planning.get("costs"), needs),
        "pool": _pool(planning, wants, goal),
        "gap": _gap(wants, goal),
    }
    return {**made, "warnings": [*planning["warnings"], *_warnings(planning, made)]}


def _shares(planning: Planning, goal: Goal) -> list[tuple[str | None, float]]:
    """The languages to ask for, each with its share of the goal.

    Raises:
        UserError: one of them is not there.
    """
    if goal.mix is None:
        return [(ANYTHING, 1.0)]
    for language in goal.mix:
        if language not in planning["languages"]:
            there = ", ".join(sorted(planning["languages"])) or "no languages"
            raise UserError(
                f"{planning['source']} holds nothing in the language `{language}`. It has: {there}."
            )
    return list(goal.mix.items())


@dataclass(frozen=True)
class _Want:
    """So many final tokens of a language, or of any."""

    planning: Planning
    language: str | None
    target: float

    @property
    def of(self) -> dict[str, Any]:
        return self.planning if self.language is None else self.planning["languages"][self.language]

    @property
    def measured_in(self) -> list[str]:
        """The quantities in which size can be measured, raw tokens first where they are known."""
        return list(self.of["yield"])

    @property
    def rank(self) -> float:
        """The scarcer it is, the more of the whole it takes."""
        return self.target / (self.of["yield"][self.measured_in[0]][1] or 1e-300)

    def curves(self, name: str) -> dict[str, list[float | None]]:
        """Final tokens at each point of the grid, where size is measured in `name`."""
        return final_tokens(self.of["yield"][name], self.planning["distinct"])

    def times(self, name: str) -> Range:
        """How many times the run: least on the high curve, most on the low one."""
        curves, grid = self.curves(name), self.planning["distinct"]["times"]
        low, value = (times_for(self.target, grid, curves[end]) for end in ("high", "point"))
        if low is None and value is None:
            low = self._at_least(name)
        return {"low": low, "value": value, "high": times_for(self.target, grid, curves["low"])}

    def _at_least(self, name: str) -> float | None:
        """Where the curves do not get there: a larger corpus keeps no larger share, so at least so much in proportion."""
        most = self.curves(name)["high"][-1]
        if most:
            return float(self.planning["distinct"]["times"][-1] * self.target / most)
        value = self.of["yield"][name][1]
        return self.target / value if value else None

    @property
    def lowest(self) -> float | None:
        """Final tokens of the largest corpus that is spoken of, at least; None where nothing says."""
        return self.curves(self.measured_in[0])["low"][-1]

    def needed(self, name: str) -> Range:
        """So much of the whole scrape."""
        held = self.planning["stored_bytes"] if name == "stored bytes" else self.planning["raw"].get(name)
        return _scaled(self.times(name), held)

    def of_it(self, needs: dict[str, Range]) -> dict[str, Range]:
        """What of that is in this language, by its share of what was read."""
        whole, here = self.planning["raw"], self.of["raw"]
        return {
            name: _scaled(needs[name], here[name] / whole[name])
            for name in ("tokens", "documents", "bytes")
            if name in needs and whole.get(name) and here.get(name)
        }


def _beyond(planning: Planning, least: float | None) -> float | None:
    """Where the curves end, in times the run, if even the least amount lies beyond; else None."""
    end = float(planning["distinct"]["times"][-1])
    return end if least is not None and least > end else None


def _scaled(times: Range, by: float | None) -> Range:
    def scaled(value: float | None) -> float | None:
        return None if value is None or by is None else value * by

    return {end: scaled(times[end]) for end in ENDS}


def _largest(ranges: Sequence[Range]) -> Range:
    """What is enough for all. An end that one of them does not have, all together do not have."""
    return {
        end: None if any(one[end] is None for one in ranges) else max(one[end] or 0 for one in ranges)
        for end in ENDS
    }


def _scenarios(planning: Planning, wants: Sequence[_Want]) -> list[dict[str, Any]]:
    """What it would take if retention fell with size as it did elsewhere: times = (target/yield)^(1/(1-g))."""
    found = []
    for scenario in planning["scenarios"]:
        ratio = max(want.rank for want in wants)
        times = ratio ** (1 / (1 - scenario["exponent"])) if ratio < 1e200 else None
        tokens = planning["raw"].get("tokens")
        raw = times * tokens if times and tokens else None
        found.append({**scenario, "times": times, "raw_tokens": raw})
    return found


def _crawls(planning: Planning, needs: dict[str, Range], wants: Sequence[_Want]) -> dict[str, Any]:
    """Common Crawl's crawls that hold so much: of a year's size, and by the share of a language's pages in them.

    Pages are the run's documents where its input is a crawl's; else so many tokens are taken to make a page.
    """
    web = planning["web"]
    pages = needs["documents"] if web else _scaled(needs["tokens"], 1 / crawls.TOKENS_PER_PAGE)
    by_language = {}
    for want in wants:
        share = crawls.LANGUAGES.get(want.language or "")
        of_it = want.of_it(needs)
        if share and of_it:
            mine = of_it["documents"] if web else _scaled(of_it["tokens"], 1 / crawls.TOKENS_PER_PAGE)
            by_language[want.language] = {
                "share": share,
                "crawls": _scaled(mine, 1 / share / crawls.PAGES_PER_CRAWL),
            }
    return {
        "pages": pages,
        "pages_from": "documents" if web else f"{crawls.TOKENS_PER_PAGE} tokens a page",
        "crawls": _scaled(pages, 1 / crawls.PAGES_PER_CRAWL),
        "by_language": by_language,
        "by_year": [
            {
                "year": year,
                "pages_per_crawl": 1e9 * held / number,
                "crawls": _scaled(pages, number / (1e9 * held)),
            }
            for year, (number, held) in crawls.BY_YEAR.items()
        ],
        "source": crawls.SOURCE,
    }


def _costs(costs: dict[str, Any] | None, needs: dict[str, Range]) -> dict[str, Range] | None:
    """Core-hours and disk at the run's own rates a byte of raw text."""
    if costs is None or "bytes" not in needs:
        return None
    rate, fixed = costs["core_seconds_per_byte"], costs["fixed_core_seconds"] / 3600
    hours = _scaled(needs["bytes"], None if rate is None else rate / 3600)
    return {
        "core_hours": {end: None if value is None else value + fixed for end, value in hours.items()},
        "disk_bytes": _scaled(needs["bytes"], costs["disk_per_byte"]),
    }


def _pool(planning: Planning, wants: Sequence[_Want], goal: Goal) -> dict[str, Any] | None:
    """Whether what the run's input was drawn from is enough, and the epochs that would make it so.

    It is known by its bytes: how many tokens these are differs less than how many tokens its documents have.
    """
    pool = planning["pool"]
    if pool is None:
        return None
    final: list[dict[str, Any]] = []
    epochs = []
    for want in wants:
        curves, grid = want.curves("bytes"), planning["distinct"]["times"]
        ends = {
            "low": tokens_at(pool["times"], grid, curves["low"]),
            "value": tokens_at(pool["times"], grid, curves["point"]),
            "high": tokens_at(pool["times"], grid, curves["high"]),
        }
        final.append({"language": want.language, "target": want.target, "final": ends})
        epochs.append(_epochs(ends, want.target, goal))
    return {
        "documents": pool["documents"],
        "bytes": pool["bytes"],
        "stored_bytes": pool["stored_bytes"],
        "times": pool["times"],
        "gives": final,
        "enough": all((one["final"]["low"] or 0) >= one["target"] for one in final),
        "possible": all((one["final"]["high"] or 0) >= one["target"] for one in final),
        "epochs": _largest(epochs),
    }


def _gap(wants: Sequence[_Want], goal: Goal) -> dict[str, Any] | None:
    """Where no amount of such data may be enough: what there is at most, and the epochs that would close the gap."""
    short = [want for want in wants if want.lowest and want.lowest < want.target]
    if not short:
        return None
    most: list[dict[str, Any]] = []
    for want in short:
        curves = want.curves("tokens")
        ends = {"low": want.lowest, "value": None, "high": curves["high"][-1]}
        most.append({"language": want.language, "target": want.target, "most": ends})
    return {
        "times": wants[0].planning["distinct"]["times"][-1],
        "languages": most,
        "epochs": _largest([_epochs(one["most"], one["target"], goal) for one in most]),
    }


def _epochs(available: Range, target: float, goal: Goal) -> Range:
    """Epochs that make what is there worth what is wanted: few on its high end, many on its low one."""
    wanted = (
        target * goal.tokens / goal.unique
    )  # in fresh tokens' worth, whatever epochs the goal allows already

    def needed(tokens: float | None) -> float | None:
        return None if tokens is None else laws.epochs_for(tokens, wanted)

    return {
        "low": needed(available["high"]),
        "value": needed(available["value"]),
        "high": needed(available["low"]),
    }


def _warnings(planning: Planning, made: dict[str, Any]) -> list[str]:
    warnings = []
    reach = made["times"]["high"] or made["times"]["low"] or 0
    if planning["bracket_by"] and reach > FAR:
        warnings.append(
            f"This plan is for up to {count(reach)} times what was read. From so far a sample says only between which "
            "ends deduplication can leave the corpus, not where; a larger sample or `assay probe` does."
        )
    least = made["crawls"]["crawls"]["low"] or made["crawls"]["crawls"]["value"] or 0
    if least > crawls.CRAWLS:
        warnings.append(
            f"That is more than the {crawls.CRAWLS} crawls of 2013 to 2024 together. And of their pages only "
            f"{percent(crawls.DISTINCT_URLS)} have a URL that no other has."
        )
    return [*warnings, *cost_warnings(planning.get("costs"))]


def cost_warnings(costs: dict[str, Any] | None) -> list[str]:
    """What to beware of in any plan's core-hours by these costs."""
    if costs is None:
        return []
    warnings = []
    if costs["scaling_core_seconds"] is not None and costs["scaling_core_seconds"] < _SHORT:
        warnings.append(
            f"The work of this run took {count(costs['scaling_core_seconds'])} core-seconds, some of which a larger run "
            "does not take again: the core-hours are rather too many."
        )
    if costs["lost"]:
        warnings.append(
            "An attempt at this run was killed, and what it had worked is not known: read the core-hours as the least."
        )
    if costs["core_seconds_per_byte"] is None:
        warnings.append(
            "This run's workers were those of a cluster, which does not say what they worked: no core-hours. A run "
            "with --profile measures them."
        )
    return warnings


def of_funnel(funnel: Funnel) -> Planning:
    """What a published funnel says, in the form of a run's `planning`: one corpus, so nothing says how it varies."""
    final = funnel.final_tokens
    grid = [10 ** (k / 8) for k in range(-48, 9)]
    stored = funnel.amounts.get("stored bytes")
    raw = {name: funnel.amounts.get(name) for name in ("tokens", "documents", "bytes")}
    measured = {name: [None, final, None] for name, held in raw.items() if held}
    if stored:
        measured["stored bytes"] = [None, final, None]
    nothing: list[None] = [None] * len(grid)
    return {
        "source": f"the published funnel of {funnel.title} ({funnel.source})",
        "raw": raw,
        "final": {"tokens": final},
        "stored_bytes": stored,
        "web": raw["documents"] is not None,
        "basis": None,
        "groups": 1,
        "yield": measured,
        "distinct": {"times": grid, "low": nothing, "point": [1.0] * len(grid), "high": nothing},
        "bracket_by": None,
        "scenarios": list(SCENARIOS),
        "languages": {},
        "pool": None,
        "costs": None,
        "warnings": [
            f"This is what {funnel.title} kept of its data with its rules. A pilot of your own data says what you will."
        ],
    }
