"""A plan on a terminal: what to collect, the most important line first. Fits 80 columns."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.report.numbers import NOTHING, count, percent, quantity, size

Made = dict[str, Any]  # what `plan` returns
_ROWS = {
    "tokens": "raw tokens",
    "documents": "raw documents",
    "bytes": "raw text (UTF-8)",
    "stored bytes": "files as stored",
}

_GROUPS = {"documents": "groups of its documents", "units": "groups of its files", "probes": "probes"}


def print_plan(made: Made, console: Console) -> None:
    """Print what `pipeline.planning.plan.plan` returns."""
    console.print()
    console.print(Text(_headline(made), style="bold" if made["feasible"] else "bold red"))
    for sentence in _goal(made["goal"]):
        console.print(Text(sentence, style="dim"))
    if made["feasible"]:
        console.print()
        console.print(_table(made))
        console.print()
        for sentence in _basis(made):
            console.print(Text(sentence))
    for sentence in _pool(made) or _beyond(made) or _gap(made):
        console.print(Text(sentence))
    console.print()
    for warning in made["warnings"]:
        console.print(Text(f"! {warning}", style="yellow"))


def _headline(made: Made) -> str:
    what = _what(made["goal"])
    source = made["basis"]["source"]
    if not made["feasible"] and made["read"]["final"]["tokens"] and not made["goal"]["mix"]:
        return (
            f"Nothing can be said of {what}: {source} is too small, or all of one piece. Take a larger pilot."
        )
    if not made["feasible"]:
        return f"Not possible: {source} kept nothing of the kind, so no amount of such data gives {what}."
    name = next(iter(made["needs"]))
    sure = made["certain"] or (made["gap"] is None and not made["beyond"])
    unsure = "" if sure else ", and no amount is sure to be enough"
    return f"Collect {_range(made['needs'][name], f'raw {name}')} for {what}{unsure}."


def _range(need: dict[str, float | None], noun: str) -> str:
    low, value, high = need["low"], need["value"], need["high"]
    ends = f"{count(low)} to {count(high)}" if low is not None and high is not None else None
    if value is not None:
        return f"{count(value)} {noun}" + (f" ({ends})" if ends else "")
    if ends:
        return f"{ends} {noun}"
    return f"at least {count(low or 0)} {noun}"


def _what(goal: Made) -> str:
    of = ""
    if goal["mix"]:
        names = [
            f"`{language}`" if share == 1 else f"{percent(share)} `{language}`"
            for language, share in goal["mix"].items()
        ]
        of = f" of {', '.join(names)}"
    return f"{count(goal['tokens'])} tokens{of}"


def _goal(goal: Made) -> list[str]:
    """Where the tokens come from, and how often each is read."""
    lines = []
    training = goal["training"]
    if training:
        lines.append(
            f"A model of {count(training['parameters'])} parameters and {training['flops']:.3g} FLOPs: "
            f"{training['tokens_per_parameter']:,.1f} tokens a parameter, by {training['law']}. The rule of thumb, "
            f"20 a parameter, would be {count(training['rule_of_thumb_tokens'])}."
        )
    if goal["epochs"] > 1:
        lines.append(
            f"Read {goal['epochs']:g} times, {count(goal['unique_tokens'])} distinct tokens are worth so many: "
            f"{count(goal['read_tokens'])} are read (Muennighoff et al. 2023)."
        )
    return lines


def _table(made: Made) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("to collect", overflow="fold")
    for header in ("about", "from", "to"):
        table.add_column(header, justify="right", no_wrap=True)

    def row(name: str, need: dict[str, float | None], write: Any, dim: bool = False) -> None:
        cells = [NOTHING if need[end] is None else write(need[end]) for end in ("value", "low", "high")]
        table.add_row(Text(name), Text(cells[0], style="bold"), *cells[1:], style="dim" if dim else None)

    for name, need in made["needs"].items():
        row(_ROWS[name], need, lambda value, name=name: quantity(name, value).removesuffix(f" {name}"))
    for language, found in made["languages"].items():
        for name, need in found["raw"].items():
            label = f"  {_ROWS[name]} in `{language}`"
            row(label, need, lambda value, name=name: quantity(name, value).removesuffix(f" {name}"), True)
    row("Common Crawl's crawls", made["crawls"]["crawls"], _crawls)
    for language, found in made["crawls"]["by_language"].items():
        row(f"  by their {percent(found['share'])} of `{language}`", found["crawls"], _crawls, True)
    if made["costs"]:
        row("core-hours", made["costs"]["core_hours"], _hours)
        row("disk for the run", made["costs"]["disk_bytes"], size)
    return table


def _crawls(value: float) -> str:
    if value < 0.01:
        return "<0.01"
    return f"{value:.2g}" if value < 9.95 else f"{value:,.0f}"


def _hours(value: float) -> str:
    return f"{value:.2g}" if value < 9.95 else count(value)


def _basis(made: Made) -> list[str]:
    """What the numbers rest on."""
    read, times, basis = made["read"], made["times"], made["basis"]
    raw, final = read["raw"].get("tokens"), read["final"]["tokens"]
    kept = f"{percent(final / raw)} of its {count(raw)} raw tokens" if raw else f"{count(final)} tokens"
    reach = times["value"] if times["value"] is not None else times["low"]
    to = f" to {_times(times['high'])}" if times["high"] and times["value"] is None else ""
    far = f"; this is {_times(reach)}{to} times as much" if reach else ""
    lines = [f"{basis['source'][:1].upper()}{basis['source'][1:]} kept {kept}{far}."]
    if basis["basis"]:
        groups = f"{count(basis['groups'])} {_GROUPS[basis['basis']]}"
        lines.append(
            f"From and to: 19 times of 20 the amount lies between, judging by how {groups} differ"
            + (" and by the copies that deduplication found." if basis["bracket_by"] else ".")
        )
    if made["scenarios"] and (made["times"]["value"] is None or basis["basis"] is None):
        each = ", ".join(
            f"{count(scenario['raw_tokens'])} ({scenario['source']})"
            for scenario in made["scenarios"]
            if scenario["raw_tokens"]
        )
        if each:
            lines.append(
                f"If retention fell with size as it did elsewhere, which nothing says it does: {each} raw tokens."
            )
    years = {entry["year"]: entry for entry in made["crawls"]["by_year"]}
    first, last = years[2015]["pages_per_crawl"], years[2024]["pages_per_crawl"]
    lines.append(f"A crawl of 2024 holds {count(last)} pages, one of 2015 {count(first)}.")
    return lines


def _times(value: float) -> str:
    return f"{value:.2g}" if value < 99.5 else count(value)


def _pool(made: Made) -> list[str]:
    pool = made["pool"]
    if pool is None:
        return []
    gives = "; ".join(
        _range(one["final"], "tokens" + (f" of `{one['language']}`" if one["language"] else ""))
        for one in pool["gives"]
        if one["final"]["high"] is not None
    )
    verdict = (
        "That is enough."
        if pool["enough"]
        else "That may be enough or not."
        if pool["possible"]
        else "That is not enough."
    )
    lines = [
        f"The data the sample was drawn from ({count(pool['documents'])} documents) gives {gives or 'nothing'}. {verdict}"
    ]
    if not pool["enough"]:
        lines.append(_closing(pool["epochs"]))
    return lines


def _beyond(made: Made) -> list[str]:
    """Where even the least amount is further than the curves go."""
    if not made["beyond"]:
        return []
    return [
        f"The curve goes to {count(made['beyond'])} times what was read. Beyond it only the least amount is known: nothing "
        "bounds it from above. A larger pilot sees further."
    ]


def _gap(made: Made) -> list[str]:
    gap = made["gap"]
    if gap is None:
        return []
    least = "; ".join(
        f"{count(one['most']['low'])}" + (f" of `{one['language']}`" if one["language"] else "")
        for one in gap["languages"]
    )
    return [
        f"Of {count(gap['times'])} times this data as little as {least} distinct tokens may be left.",
        _closing(gap["epochs"]),
    ]


def _closing(epochs: dict[str, float | None]) -> str:
    """Whether reading again makes up for what is missing."""
    least, most = epochs["low"], epochs["high"]
    if least is None and most is None:
        least = most = epochs["value"]
    at_worst = "even reading it many times does not make up for that"
    if least is None:
        words = f"{at_worst[0].upper()}{at_worst[1:]}: tokens are worth less each time."
    elif most is None and least > 1:
        words = f"Reading it {_times(least)} times may make up for that; at worst even many times do not."
    elif most is None:
        words = f"At best nothing is missing; at worst {at_worst}."
    elif least > 1 and most > least:
        words = f"Reading it {_times(least)} to {_times(most)} times makes up for that."
    elif least > 1:
        words = f"Reading it {_times(least)} times makes up for that."
    else:
        words = f"At best nothing is missing; at worst reading it {_times(most)} times makes up for that."
    return f"{words} (Muennighoff et al. 2023)"
