"""Rules, written as a table."""

from __future__ import annotations

from filters.stage import Comparison, Rule


def rule_table(*rows: tuple[str, Comparison, float | None, str]) -> tuple[Rule, ...]:
    """One rule for each (measure, comparison, bound, reason), in order; a bound of None makes no rule."""
    return tuple(
        Rule(measure=measure, comparison=comparison, bound=bound, reason=reason)
        for measure, comparison, bound, reason in rows
        if bound is not None
    )
