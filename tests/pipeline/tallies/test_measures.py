"""What the tallies say of another bound is what the rules say when they are asked again."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from filters.stage import Rule
from pipeline.ledger import Quantities
from pipeline.report.measures import measure_figures, overlap_figures
from pipeline.rundir import StageEntry
from pipeline.tallies.bins import common_edges
from pipeline.tallies.measures import FilterTallies
from pipeline.tallies.table import Dense, weights

MEASURES = ("a", "b")
EDGES = [edge for edge in common_edges().tolist() if -2 <= edge <= 2]
values = st.sampled_from([*EDGES, 0.123, -0.3333, 5e-7]) | st.floats(-2, 2) | st.just(float("nan"))


@st.composite
def rule(draw: st.DrawFn) -> Rule:
    return Rule(
        measure=draw(st.sampled_from(MEASURES)),
        comparison=draw(st.sampled_from(["<", "<=", ">", ">=", "=="])),
        bound=draw(values.filter(lambda value: value == value)),
        reason=draw(st.sampled_from(["one", "two", "three"])),
    )


class Judged:
    """Documents and the tallies of a filter of these rules, gathered in batches of up to `size`."""

    def __init__(self, rules: list[Rule], documents: list[Any], size: int) -> None:
        self.rules = rules
        self.measures = {
            name: np.array([document[at] for document in documents], np.float64)
            for at, name in enumerate(MEASURES)
        }
        numbers = np.array([document[2] for document in documents], np.int64).reshape(-1, 3)
        self.amounts = Quantities(*numbers.T.copy())
        into = Dense()
        tallies = FilterTallies("filter", rules, into)
        for start in range(0, len(documents), size):
            rows = np.arange(start, min(start + size, len(documents)))
            of = {name: column[rows] for name, column in self.measures.items()}
            fires = self.fires(rules)[:, rows]
            tallies.add(of, fires, self.reasons(rules, fires), weights(self.amounts[rows]))
        self.stage = StageEntry("filter", "filter", "filter", 0, tuple(rules))
        self.table = into.table()

    def fires(self, rules: list[Rule]) -> Any:
        return np.stack([rule.fires(self.measures[rule.measure]) for rule in rules])

    @staticmethod
    def reasons(rules: list[Rule], fires: Any) -> Any:
        found: dict[str, Any] = {}
        for one, hits in zip(rules, fires, strict=True):
            found[one.reason] = found.get(one.reason, False) | hits
        return found

    def kept(self, rules: list[Rule]) -> tuple[int, int]:
        stay = ~self.fires(rules).any(axis=0)
        return int(stay.sum()), int(self.amounts.tokens[stay].sum())


judged = st.builds(
    Judged,
    st.lists(rule(), min_size=1, max_size=5),
    st.lists(st.tuples(values, values, st.tuples(*[st.integers(0, 1000)] * 3)), max_size=30),
    st.integers(1, 30),
)


def predicted(figure: Any, rule: Any, bound: float) -> tuple[int, int]:
    """Documents and tokens of the filter's output, were the bound of the rule another one."""
    stays = {
        "<": lambda low, high: low is not None and low >= bound,
        "<=": lambda low, high: low is not None and low >= bound,
        ">": lambda low, high: high is not None and high <= bound,
        ">=": lambda low, high: high is not None and high <= bound,
    }[rule["comparison"]]
    good = [stays(low, high) for low, high in zip(figure["low"], figure["high"], strict=True)]
    documents, tokens = (
        rule["undefined"][name] + sum(n for n, stay in zip(rule[name], good, strict=True) if stay)
        for name in ("documents", "tokens")
    )
    return documents, tokens


@given(judged, st.sampled_from(EDGES))
def test_another_bound_keeps_what_a_new_run_keeps(judged: Judged, bound: float) -> None:
    for figure in measure_figures(judged.table, [judged.stage]):
        for entry in figure["rules"]:
            for tried in (bound, entry["bound"]):
                moved = list(judged.rules)
                moved[entry["index"]] = moved[entry["index"]].model_copy(update={"bound": tried})
                assert predicted(figure, entry, tried) == judged.kept(moved)


@given(judged)
def test_every_document_is_in_a_bin_of_every_measure_that_is_bounded(judged: Judged) -> None:
    figures = measure_figures(judged.table, [judged.stage])
    count, tokens = len(judged.amounts), int(judged.amounts.tokens.sum())
    for figure in figures:
        assert sum(figure["documents"]) + figure["undefined"]["documents"] == count
        assert sum(figure["tokens"]) + figure["undefined"]["tokens"] == tokens
        assert all(documents > 0 for documents in figure["documents"])
    bounded = {(one.measure, one.comparison in ("<", ">=")) for one in judged.rules if one.comparison != "=="}
    assert {(figure["measure"], figure["closed"] == "left") for figure in figures} == (
        bounded if count else set()
    )
    binned = [entry["index"] for figure in figures for entry in figure["rules"]]
    every = [at for at, one in enumerate(judged.rules) if one.comparison != "=="]
    assert sorted(binned) == (every if count else [])


@given(judged)
def test_overlaps_are_those_of_plain_python(judged: Judged) -> None:
    reasons = judged.reasons(judged.rules, judged.fires(judged.rules))
    names = list(reasons)
    expected = {}
    for at, first in enumerate(names):
        for second in names[at + 1 :]:
            both = reasons[first] & reasons[second]
            if both.any():
                expected[first, second] = (int(both.sum()), int(judged.amounts.tokens[both].sum()))
    found = overlap_figures(judged.table, [judged.stage])
    assert {(r["reason"], r["other"]): (r["documents"], r["tokens"]) for r in found} == expected
    assert [r["tokens"] for r in found] == sorted((r["tokens"] for r in found), reverse=True)
