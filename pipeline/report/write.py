"""Writes the four files of a report into the run directory."""

from __future__ import annotations

from pipeline import files
from pipeline.planning.load import with_costs
from pipeline.report.build import Report, build_report
from pipeline.report.card import dataset_card
from pipeline.report.markdown import report_markdown
from pipeline.report.page.page import report_page
from pipeline.rundir import RunDirectory


def write_report(run: RunDirectory, examples: int = 0) -> Report:
    """Write report.json, report.html, report.md and README.md (the dataset card); returns what report.json holds.

    Args:
        examples: documents to show of each rule (`pipeline.report.examples`); with 0 there are none.

    Raises:
        UserError: not a run directory.
    """
    report = build_report(run)
    if examples:
        from pipeline.report.examples import example_figures

        report["examples"] = example_figures(run, examples, report["reasons"])
    run.write_json("report.json", report)
    write_page(run, report)
    files.write_bytes(run.path("report.md"), report_markdown(report).encode())
    files.write_bytes(run.path("README.md"), dataset_card(report).encode())
    return report


def write_page(run: RunDirectory, report: Report) -> None:
    """Write report.html.

    It alone knows what the run cost (costs.json), so that its form can say what a larger one would. In that two
    runs of one recipe on one input differ, and in nothing else.
    """
    page = report_page({**report, "planning": with_costs(run, report)})
    files.write_bytes(run.path("report.html"), page.encode())
