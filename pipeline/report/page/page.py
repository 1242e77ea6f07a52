"""report.html: the sections in their order, under what matters most."""

from __future__ import annotations

from importlib.resources import files
from types import ModuleType

from pipeline.report.build import Report
from pipeline.report.dominance import dominance_notices
from pipeline.report.numbers import count, counted, percent, size
from pipeline.report.page import duplicates, examples, funnel, scale, whatif, who, why
from pipeline.report.page.document import Part, document
from pipeline.report.page.html import NONE, Html, join, paragraph, table, tag

# Each has ANCHOR, HEADING, SHORT (its name in the list of sections) and section(report) -> Html.
SECTIONS: tuple[ModuleType, ...] = (funnel, why, whatif, who, duplicates, examples, scale)

MOST_BYTES = 1_000_000
_AROUND = 80_000  # of them for the style, the scripts and what stands above and below the sections
_AMOUNTS = {"documents": count, "bytes": size, "words": count, "tokens": count}


def report_page(report: Report) -> str:
    """The whole of report.html, from what `build_report` gives. Sections that have nothing to show are left out."""
    found = {module: module.section(report) for module in SECTIONS if module is not examples}
    room = MOST_BYTES - _AROUND - sum(len(content.encode()) for content in found.values())
    found[examples] = examples.section(report, min(room, examples.ROOM))
    shown = [(module, content) for module in SECTIONS if (content := found[module])]
    parts = [Part(module.ANCHOR, module.HEADING, module.SHORT, content) for module, content in shown]
    scripts = [name for module, _ in shown if _has_script(name := module.__name__.rpartition(".")[2])]
    name = report["recipe"]["name"]
    return document(f"{name}: what is left", _head(report), parts, scripts, _foot(report))


def _has_script(name: str) -> bool:
    return files("pipeline.report.page").joinpath(f"{name}.js").is_file()


def _head(report: Report) -> Html:
    raw, final, left = report["totals"]["raw"], report["totals"]["final"], report["retention"]
    title = tag("h1", "What the run of ", tag("em", report["recipe"]["name"]), " kept")
    if not raw["documents"]:
        lead = paragraph("Nothing was read: there are no documents in the input.", class_="lead")
        return join([title, lead, *_notices(report)])
    so_far = "" if report["complete"] else " so far"
    lead = paragraph(
        tag("strong", f"{percent(left['tokens'])} of the tokens are left{so_far}: "),
        f"{count(final['tokens'])} of {count(raw['tokens'])}, in {counted(final['documents'], 'document')} of "
        f"{count(raw['documents'])} ({percent(left['documents'])}).",
        class_="lead",
    )
    rows = [
        [name, write(raw[name]), write(final[name]), percent(left[name])] for name, write in _AMOUNTS.items()
    ]
    return join([title, lead, *_notices(report), table(["", "raw", "final", "left"], rows, class_="totals")])


def _notices(report: Report) -> list[Html]:
    """What the reader must know before any number: that these are not all, or not right."""
    notices = []
    units, unread = report["units"], report["unreadable_records"]["unreadable"]
    if not report["complete"]:
        notices.append(
            f"The run is not finished: {units['finished']} of {units['count']} units have been through all "
            "passes. Run the same command again and it goes on; until then all figures are those of a part."
        )
    if not report["balanced"]:
        notices += ["The ledger does not balance, so this run has failed:", *report["imbalances"]]
    if unread:
        notices.append(f"{counted(unread, 'record')} could not be read; unreadable/ lists each.")
    notices += dominance_notices(report.get("dominance"))
    notices += [alarm for entry in report["duplicates"] for alarm in entry.get("alarms") or ()]
    if not notices:
        return []
    return [tag("div", *(paragraph(notice) for notice in notices), class_="notice", role="note")]


def _foot(report: Report) -> Html:
    balance = "The ledger balances. " if report["balanced"] else NONE
    return paragraph(
        balance,
        f"Made by Assay {report['assay']} from the run directory alone. Every number here is in report.json, "
        "unrounded, but for what the run cost, which is in costs.json. Nothing is loaded from the network.",
    )
