"""Pieces of HTML. Text is escaped unless it is `Html` already, so nothing from the data becomes markup."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from html import escape
from itertools import product
from typing import Any

_VOID = frozenset(("br", "hr", "input", "meta"))
_SHAPES = frozenset(("circle", "line", "path", "polygon", "polyline", "rect"))  # of SVG, without content


class Html(str):
    """A string that is markup already."""

    __slots__ = ()


NONE = Html("")


def text(value: object) -> Html:
    """Text, made harmless: nothing in it is markup, and nothing of it can move the rest of the line."""
    if isinstance(value, Html):
        return value
    flat = "".join(char if char.isprintable() or char == "\n" else " " for char in str(value))
    return Html(escape(flat))


def shortened(words: str, most: int = 200) -> str:
    """The beginning of what may be long without end, such as an address: at most so many characters."""
    return words if len(words) <= most + 1 else f"{words[:most].rstrip()}…"


def names(name: str) -> Html:
    """The name of a stage, a rule or a measure, which may be broken after each of its words."""
    return Html(text(name).replace("_", "_<wbr>"))


def join(pieces: Iterable[str], between: str = "") -> Html:
    """One after the other; plain strings are escaped."""
    return Html(text(between).join(text(piece) for piece in pieces))


def tag(name: str, /, *content: str, **attributes: str | float | bool | None) -> Html:
    """An element. `class_` is the attribute `class`, `aria_label` is `aria-label`; None and False are left out."""
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{written}>")
    if name in _SHAPES and not content:
        return Html(f"<{name}{written}/>")
    return Html(f"<{name}{written}>{join(content)}</{name}>")


def _attribute(key: str, value: str | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    # SVG writes some of its names with capitals (viewBox); those pass as they are.
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{text(value)}"'


def paragraph(*content: str, class_: str | None = None) -> Html:
    return tag("p", *content, class_=class_)


def table(
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    left: int = 1,
    caption: str | None = None,
    class_: str | None = None,
) -> Html:
    """A table whose first `left` columns are text, the others numbers and set to the right.

    It scrolls within its own box where it is too wide. End tags that HTML does not ask for are left out: in long
    tables they are a third of all bytes.
    """
    head = "".join(f"<th>{text(name)}" for name in header)
    body = "".join(
        "<tr>"
        + "".join(
            (f"<th>{text(value)}" if at == 0 else f"<td class=t>{text(value)}")
            if at < left
            else f"<td>{text(value)}"
            for at, value in enumerate(row)
        )
        for row in rows
    )
    name = tag("caption", caption) if caption else ""
    label = caption or "Table: " + ", ".join(str(column) for column in header if column)
    return tag(
        "div",
        Html(f"<table class=left{left}>{name}<thead><tr>{head}<tbody>{body}</table>"),
        class_=f"scroll {class_}" if class_ else "scroll",
        tabindex="0",
        role="region",
        aria_label=label,
    )


def details(summary: str, *content: str) -> Html:
    """What is folded away until it is asked for; in print it is open."""
    return tag("details", tag("summary", summary), *content)


def figure(*content: str, caption: str | None = None, class_: str | None = None) -> Html:
    """A picture and its table, under a line that says what it shows."""
    head = tag("figcaption", caption) if caption else NONE
    return tag("figure", head, *content, class_=class_)


def pick(identity: str, axes: Sequence[tuple[str, Sequence[str]]], option: Callable[..., Html]) -> Html:
    """Groups of radio buttons, and one block for each combination of them, of which one is visible.

    The style sheet does the choosing, so this works without a script. `axes` are at most two groups, each a
    legend and its labels (up to six; the first is chosen at first); `option` gives the block for the places of
    the chosen labels. `identity` tells this choice from all others of the page.
    """
    groups = [
        radios(f"{identity}-{axis}", legend, labels, [f"{axis}{at}" for at in range(1, len(labels) + 1)])
        for axis, (legend, labels) in zip("ab", axes, strict=False)
    ]
    blocks = [
        tag(
            "div",
            option(*places),
            class_=" ".join(["option", *(f"{axis}{at + 1}" for axis, at in zip("ab", places, strict=False))]),
        )
        for places in product(*(range(len(labels)) for _, labels in axes))
    ]
    return tag("div", tag("div", *groups, class_="choices"), *blocks, class_="pick")


def radios(group: str, legend: str, labels: Sequence[str], values: Sequence[str]) -> Html:
    """A group of radio buttons, the first of them chosen. `group` tells it from all others of the page."""
    buttons = [
        tag(
            "label",
            tag("input", type="radio", name=group, value=value, checked=at == 0),
            tag("span", label),
        )
        for at, (label, value) in enumerate(zip(labels, values, strict=True))
    ]
    return tag("fieldset", tag("legend", legend), *buttons, class_="choice")


def data(identity: str, value: Any) -> Html:
    """JSON for a script of the page, which reads it with `JSON.parse`; nothing in it can end the element."""
    dumped = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for char in "<>&\u2028\u2029":
        dumped = dumped.replace(char, f"\\u{ord(char):04x}")
    return Html(f'<script type="application/json" id="{text(identity)}">{dumped}</script>')


def row(name: str, drawn: Html, value: str, note: str | None = None) -> Html:
    """A line of a picture that is a list: a name, what is drawn for it, its number, and small print below."""
    return tag(
        "div",
        tag("div", name, class_="name"),
        tag("div", drawn, class_="drawn"),
        tag("div", value, class_="value"),
        tag("div", note, class_="note") if note else NONE,
        class_="row",
    )


def rows(*lines: Html, class_: str | None = None) -> Html:
    """Lines made by `row`, in columns that stand under each other; on narrow screens drawn below their names."""
    return tag("div", *lines, class_=f"rows {class_}" if class_ else "rows")


def key(*entries: tuple[str, str]) -> Html:
    """What the colours of a picture mean: (class of the shape, words)."""
    swatches = [
        tag(
            "li",
            tag(
                "svg", tag("rect", class_=look, width=14, height=10), width=14, height=10, aria_hidden="true"
            ),
            words,
        )
        for look, words in entries
    ]
    return tag("ul", *swatches, class_="key")
