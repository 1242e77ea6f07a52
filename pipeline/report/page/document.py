"""One HTML file that asks for nothing: its style and scripts are in it, and its policy forbids the network."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import NamedTuple

from pipeline.report.page.html import Html, join, tag, text


class Part(NamedTuple):
    """A section of a page: its anchor, its heading and its short name in the list of sections, what is in it."""

    anchor: str
    heading: str
    short: str
    content: Html


def document(title: str, head: Html, parts: Sequence[Part], scripts: Iterable[str], foot: Html) -> str:
    """A whole page.

    Args:
        title: of the window and, in `head`'s own words, of the page.
        head: what stands above the list of sections.
        scripts: names of files beside this one, without `.js`; each runs once, in this order, after `numbers` and `start`.
    """
    style = _read("style.css")
    script = "".join(f'{{"use strict";\n{_read(f"{name}.js")}}}\n' for name in scripts)
    script = _read("numbers.js") + _read("start.js") + script
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    entries = [tag("li", tag("a", part.short, href=f"#{part.anchor}")) for part in parts]
    sections = [
        tag(
            "section",
            tag("h2", part.heading, id=f"{part.anchor}-title"),
            part.content,
            id=part.anchor,
            aria_labelledby=f"{part.anchor}-title",
        )
        for part in parts
    ]
    body = join(
        [
            tag("a", "To the content", href="#content", class_="skip"),
            tag("header", head),
            tag("nav", tag("ul", *entries), aria_label="Sections") if entries else "",
            tag("main", *sections, id="content", tabindex="-1"),
            tag("footer", foot),
        ]
    )
    return (
        "<!DOCTYPE html>\n"
        '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{text(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{text(title)}</title>\n<style>{style}</style>\n</head>\n"
        f"<body>\n{body}\n<script>{script}</script>\n</body>\n</html>\n"
    )


def _read(name: str) -> str:
    return files("pipeline.report.page").joinpath(name).read_text("utf-8")


def _hash(content: str) -> str:
    """How a policy names the one inline style or script that it lets through."""
    return f"'sha256-{b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
