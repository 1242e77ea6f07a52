"""Pictures that are as wide as the page lets them be, with letters that stay as large as they are.

A picture has no view box: x is in per cent of its width, y in pixels from its top, so that shapes stretch and
text does not. Curves, which have no percentages, are drawn in a `plot` inside it. Colours are classes of style.css.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline.report.page.html import NONE, Html, join, tag

Point = tuple[float, float]


class Scale(Protocol):
    """Where a value stands between 0 (left) and 100 (right); `ticks` are values that are worth a line."""

    def __call__(self, value: float) -> float: ...

    def ticks(self) -> list[float]: ...


@dataclass(frozen=True)
class Linear:
    """Equal steps, equal lengths. Values beyond its ends stand at them."""

    low: float
    high: float

    def __call__(self, value: float) -> float:
        return _within((value - self.low) / (self.high - self.low) if self.high > self.low else 0.0)

    def ticks(self, about: int = 5) -> list[float]:
        """Some `about` multiples of 1, 2, 2.5 or 5 times a power of ten."""
        span = self.high - self.low
        if span <= 0:
            return [self.low]
        power = 10.0 ** math.floor(math.log10(span / about))
        step = next(s * power for s in (1, 2, 2.5, 5, 10) if s * power * about >= span * (1 - 1e-9))
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [round(at * step, 12) for at in range(first, last + 1)]


@dataclass(frozen=True)
class Log:
    """Equal factors, equal lengths. Values beyond its ends, and those not above 0, stand at them."""

    low: float  # above 0
    high: float

    def __call__(self, value: float) -> float:
        if value <= self.low or self.high <= self.low:
            return 0.0
        return _within(math.log(value / self.low) / math.log(self.high / self.low))

    def ticks(self, about: int = 7) -> list[float]:
        """Powers of ten, and if these are few 2 and 5 times them; every other if there are many."""
        low, high = math.log10(self.low), math.log10(self.high)
        powers = range(math.floor(low), math.ceil(high) + 1)
        steps = (1, 2, 5) if high - low <= 2.2 else (1,)
        every = max(1, math.ceil((high - low) / about))
        ticks = [step * 10.0**power for power in powers if power % every == 0 for step in steps]
        return [tick for tick in ticks if self.low * (1 - 1e-9) <= tick <= self.high * (1 + 1e-9)]


def _within(fraction: float) -> float:
    return 100 * min(max(fraction, 0.0), 1.0)


def picture(
    title: str, height: float, *shapes: str, description: str | None = None, class_: str | None = None
) -> Html:
    """A picture as wide as the box that it stands in. `title` says what it shows to those who cannot see it."""
    said = tag("title", title)
    if description:
        said = join([said, tag("desc", description)])
    return tag("svg", said, *shapes, role="img", width="100%", height=_short(height), class_=class_)


def bar(start: float, end: float, y: float, height: float, class_: str, title: str | None = None) -> Html:
    """A bar that lies, from `start` to `end` per cent; one that is not empty has at least a hair's breadth."""
    width = max(end - start, 0.15) if end > start else 0.0
    content = (tag("title", title),) if title else ()
    return tag(
        "rect",
        *content,
        class_=class_,
        x=_percent(min(start, 100 - width)),
        y=_short(y),
        width=_percent(width),
        height=_short(height),
    )


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Html:
    return tag("line", class_=class_, x1=_percent(x1), y1=_short(y1), x2=_percent(x2), y2=_short(y2))


def whisker(low: float, high: float, y: float, cap: float = 4, class_: str = "whisker") -> Html:
    """An interval, lying: a line with a stroke at each end, and paper around it where it lies on a bar."""
    return join(
        [
            line(low, y, high, y, "halo"),
            line(low, y, high, y, class_),
            line(low, y - cap, low, y + cap, class_),
            line(high, y - cap, high, y + cap, class_),
        ]
    )


def dot(x: float, y: float, class_: str, radius: float = 5) -> Html:
    return tag("circle", class_=class_, cx=_percent(x), cy=_short(y), r=_short(radius))


def diamond(x: float, y: float, class_: str, radius: float = 6) -> Html:
    """A mark that is told from a dot without its colour."""
    corners = f"0,{-radius} {radius},0 0,{radius} {-radius},0"
    return _at(x, y, tag("polygon", class_=class_, points=corners))


def _at(x: float, y: float, *content: str) -> Html:
    """Shapes around a point: an inner picture of no size, whose content shows beyond it."""
    return tag("svg", *content, x=_percent(x), y=_short(y), width=1, height=1, overflow="visible")


def label(x: float, y: float, words: str, anchor: str = "start", class_: str | None = None) -> Html:
    """Words with their base line at y; `anchor` is start, middle or end of them."""
    return tag(
        "text",
        words,
        x=_percent(x),
        y=_short(y),
        text_anchor=None if anchor == "start" else anchor,
        class_=class_,
    )


def axis(
    scale: Scale,
    y: float,
    write: Callable[[float], str],
    top: float | None = None,
    ticks: Sequence[float] | None = None,
) -> Html:
    """Labels under y, at the scale's ticks, with lines up to `top`. Those at the ends stay inside the picture."""
    pieces = []
    for value in scale.ticks() if ticks is None else ticks:
        x = scale(value)
        anchor = "start" if x < 3 else "end" if x > 97 else "middle"
        if top is not None:
            pieces.append(line(x, top, x, y, "grid"))
        pieces.append(label(x, y + 15, write(value), anchor, "tick"))
    return join(pieces)


def plot(height: float, *curves: str, y: float = 0, tall: int = 1000) -> Html:
    """Where curves are drawn: 1,000 units wide and `tall` high, stretched over the width and `height` pixels."""
    return tag(
        "svg",
        *curves,
        y=_short(y),
        width="100%",
        height=_short(height),
        viewBox=f"0 0 1000 {tall}",
        preserveAspectRatio="none",
    )


def curve(points: Iterable[Point], class_: str) -> Html:
    """A line through points of a `plot`, of even breadth however the square is stretched."""
    return tag(
        "polyline",
        class_=class_,
        fill="none",
        vector_effect="non-scaling-stroke",
        points=" ".join(f"{_short(x)},{_short(y)}" for x, y in points),
    )


def band(lower: Sequence[Point], upper: Sequence[Point], class_: str) -> Html:
    """The surface between two lines of `plot`."""
    around = [*upper, *reversed(lower)]
    if not around:
        return NONE
    return tag("polygon", class_=class_, points=" ".join(f"{_short(x)},{_short(y)}" for x, y in around))


def _percent(value: float) -> str:
    return f"{_short(value)}%"


def _short(value: float) -> str:
    """At most two decimals, and no more characters than these need."""
    written = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if written == "-0" else written
