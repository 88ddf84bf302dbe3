"""Charts as geometry: places and marks in the units of an SVG, which ``templates/charts.jinja`` draws.

A chart carries its figures as a table as well, which is its equivalent for those who do not see it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from deepwright.reporting.scales import Scale, can_be_shown, padded, spread

Point = tuple[float, float]
Ends = tuple[float, float]
Item = TypeVar("Item")

#: Size of a chart in its own units, which are about pixels: narrow enough to be read on a telephone.
WIDTH, HEIGHT = 400.0, 232.0
#: A range beyond this ratio is shown on a logarithmic scale where that is possible.
WIDE = 20.0
_LETTER = 6.4


@dataclass(frozen=True)
class Line:
    """One series.

    Attributes:
        label: what it is called.
        points: (x, y); a NaN interrupts the line.
        style: number of its colour and dash, from 0.
        marked: show each point.
        mix: from 0 to 1, how far its colour is from the first to the last of an ordered set; None for none.
        sizes: radius of each point's mark; one for all where empty.
        scattered: show each point, and no line between them.
    """

    label: str
    points: Sequence[Point]
    style: int = 0
    marked: bool = False
    mix: float | None = None
    sizes: Sequence[float] = ()
    scattered: bool = False

    @property
    def path(self) -> str:
        """The line as SVG path data; empty where points are not joined."""
        if self.scattered:
            return ""
        parts, pen = [], "M"
        for x, y in self.points:
            if math.isnan(x + y):
                pen = "M"
                continue
            parts.append(f"{pen}{x:.1f} {y:.1f}")
            pen = "L"
        return "".join(parts)

    @property
    def look(self) -> str:
        """Its classes in the style sheet."""
        return f"line line-{self.style}" if self.mix is None else "line mixed"

    @property
    def tint(self) -> str:
        """How much of the last colour of an ordered set is in its own; empty for none."""
        return "" if self.mix is None else f"{self.mix:.0%}"

    @property
    def marks(self) -> list[tuple[float, float, float]]:
        """Place and radius of each point that has a place."""
        sizes = self.sizes or [2.5 if self.scattered else 3.0] * len(self.points)
        return [(x, y, radius) for (x, y), radius in zip(self.points, sizes, strict=True) if not math.isnan(x + y)]


@dataclass(frozen=True)
class Figures:
    """The table behind a chart: headings and rows of text; the first cell of a row is its heading."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Caption:
    """What a chart shows: its name within the report, its title, and a description for those who do not see it."""

    name: str
    title: str
    description: str


@dataclass(frozen=True)
class LineChart:
    """Lines between two axes.

    Attributes:
        caption: what is shown.
        labels: meaning and unit of the horizontal and of the vertical axis.
        x: horizontal scale.
        y: vertical scale.
        lines: the series, in places.
        figures: the table.
        height: of the drawing.
        diagonal: show where y equals x.
    """

    caption: Caption
    labels: tuple[str, str]
    x: Scale
    y: Scale
    lines: Sequence[Line]
    figures: Figures
    height: float = HEIGHT
    diagonal: bool = False


@dataclass(frozen=True)
class Whisker:
    """A value with its interval, on a row of its own.

    Attributes:
        label: what it is the value of.
        shown: the value as text.
        y: place of the row.
        at: place of the value.
        low: place of the lower end.
        high: place of the upper end.
        strong: whether it is the one that the others are compared with.
    """

    label: str
    shown: str
    y: float
    at: float
    low: float
    high: float
    strong: bool = False


@dataclass(frozen=True)
class WhiskerChart:
    """Values with their intervals on one scale.

    Attributes:
        caption: what is shown.
        label: meaning and unit of the axis.
        x: the scale.
        whiskers: the values, one below the other.
        figures: the table.
        height: of the drawing.
        zero: place of a line to compare with, if any.
    """

    caption: Caption
    label: str
    x: Scale
    whiskers: Sequence[Whisker]
    figures: Figures
    height: float
    zero: float | None = None


def line_chart(
    caption: Caption,
    labels: tuple[str, str],
    series: Sequence[Line],
    figures: Figures,
    *,
    log: bool | None = None,
    x_ends: Ends | None = None,
    y_ends: Ends | None = None,
    height: float = HEIGHT,
) -> LineChart | None:
    """Lay out lines whose points are still values; None where there is nothing to show.

    Args:
        caption: what is shown.
        labels: of both axes.
        series: lines in values.
        figures: the table.
        log: a logarithmic vertical scale; None decides by the range.
        x_ends: both ends of the horizontal scale; None takes them from the values, and marks whole numbers.
        y_ends: both ends of the vertical scale; None takes them from the values.
        height: of the drawing.
    """
    points = [point for line in series for point in line.points if all(map(can_be_shown, point))]
    heights = [y for _x, y in points]
    if log is None:
        log = min(heights, default=0) > 0 and max(heights) / min(heights) > WIDE
    heights = [value for value in heights if can_be_shown(value, log)]
    if not heights:
        return None
    y = Scale(*(y_ends or padded(heights, log)), height - 42, 12, log)
    margin = 14 + _LETTER * max(len(tick.label) for tick in y.ticks)
    x = Scale(*(x_ends or spread([x for x, _y in points])), margin, WIDTH - 12, whole=x_ends is None)
    placed = [replace(line, points=[(x(at), y(value)) for at, value in line.points]) for line in series]
    return LineChart(caption, labels, x, y, placed, figures, height)


def spaced(items: Sequence[Item], count: int) -> list[Item]:
    """At most ``count`` items, evenly spaced, the first and the last among them."""
    if len(items) <= count:
        return list(items)
    return [items[round(i * (len(items) - 1) / (count - 1))] for i in range(count)]
