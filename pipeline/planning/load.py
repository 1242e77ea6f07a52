"""The figures that a plan is made from: a run's, a probe's on top of them, or those of a published funnel."""

from __future__ import annotations

from typing import Any

from pipeline.errors import UserError
from pipeline.planning.costs import cost_figures
from pipeline.planning.funnels import funnel
from pipeline.planning.plan import Planning, of_funnel
from pipeline.planning.probed import read_probe, with_probe
from pipeline.planning.warnings import warnings_of
from pipeline.report.build import build_report
from pipeline.rundir import RunDirectory


def planning_by(run: RunDirectory | None, like: str | None = None, probe: str | None = None) -> Planning:
    """The figures of a run, with its costs; of a published funnel where `like` names one.

    Args:
        probe: the path of probe.json, or of the folder that it is in.

    Raises:
        UserError: not a run directory, no unit of it is finished, no such funnel or probe.
    """
    if run is None:
        if probe is not None:
            raise UserError(
                "--probe goes with a run, whose filters and languages the plan takes; not with --like"
            )
        return of_funnel(funnel(like or ""))
    report = build_report(run)
    if not report["units"]["finished"]:
        raise UserError(
            f"{run.url}: no unit of this run is finished, so there is nothing to plan from. Finish the run first."
        )
    planning = with_costs(run, report)
    if probe is None:
        return planning
    found = read_probe(probe)
    planning = with_probe(planning, found)
    return {**planning, "warnings": [*found["warnings"], *warnings_of(report, planning, None)]}


def with_costs(run: RunDirectory, report: dict[str, Any]) -> Planning:
    """A report's `planning` with `costs`, which are not in report.json: no two attempts at a run cost the same."""
    costs = cost_figures(run, report["totals"]["raw"]["bytes"])
    return {**report["planning"], "costs": costs}
