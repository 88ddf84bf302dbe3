"""Which classes are taken for which: a heat map of few classes, the most confused pairs of many."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepwright.contracts import IntArray
from deepwright.messages import _
from deepwright.metrics._classes import decisions
from deepwright.reporting.charts import Caption, Figures
from deepwright.reporting.contents import Contents

#: Of more classes than this the most confused pairs are listed instead of a matrix.
MATRIX = 20
_PAIRS = 20
_SIDE, _LEAST_CELL, _MOST_CELL = 310.0, 30.0, 60.0
_LETTER, _LONGEST = 7.0, 14


@dataclass(frozen=True)
class Cell:
    """Rows of one class that were taken for one class; ``shade`` is from 0 to 1."""

    x: float
    y: float
    count: int
    right: bool
    shade: float
    truth: str
    taken: str


@dataclass(frozen=True)
class HeatMap:
    """The confusion matrix; rows are classes, columns what they were taken for."""

    caption: Caption
    cells: Sequence[Cell]
    names: Sequence[str]
    figures: Figures
    margin: float
    cell: float

    @property
    def side(self) -> float:
        """Width and height of the drawing."""
        return self.margin + self.cell * len(self.names) + 4

    def centre(self, index: int) -> float:
        """The middle of a row or column."""
        return self.margin + self.cell * (index + 0.5)

    @property
    def turned(self) -> bool:
        """Whether the names are too long to stand above their columns."""
        return max(map(_width, self.names)) > self.cell - 4


@dataclass(frozen=True)
class Pair:
    """Rows of one class that were taken for another one: how many, and what share of the class."""

    truth: str
    taken: str
    count: int
    share: float


def confusion(contents: Contents) -> IntArray:
    """Test rows [C, C] by true class and by the class they were taken for."""
    size = len(contents.classes)
    flat = np.bincount(contents.test.targets * size + decisions(contents.test), minlength=size * size)
    return flat.reshape(size, size)


def matrix(contents: Contents) -> HeatMap | None:
    """The confusion matrix as a heat map; None where there are too many classes to draw."""
    names, counts = contents.classes, confusion(contents)
    if len(names) > MATRIX:
        return None
    shown = [name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…" for name in names]
    margin = max(map(_width, shown)) + 34
    cell = min(max(_SIDE / len(names), _LEAST_CELL), _MOST_CELL)
    totals = np.maximum(counts.sum(1), 1)
    cells = [
        Cell(
            x=margin + column * cell,
            y=margin + row * cell,
            count=int(counts[row, column]),
            right=row == column,
            shade=_shade(counts[row, column] / totals[row]),
            truth=names[row],
            taken=names[column],
        )
        for row, column in np.ndindex(counts.shape)
    ]
    return HeatMap(
        Caption(
            "confusion",
            _("Confusion matrix"),
            _("Rows are the true classes, columns what they were taken for; each cell counts test rows."),
        ),
        cells,
        shown,
        Figures([_("true class"), *names], [(name, *map(str, row)) for name, row in zip(names, counts, strict=True)]),
        margin,
        cell,
    )


def most_confused(contents: Contents) -> list[Pair]:
    """The pairs of classes that were confused most often, the most frequent first."""
    names, counts = contents.classes, confusion(contents)
    totals = np.maximum(counts.sum(1), 1)
    wrong = counts - np.diag(np.diag(counts))
    order = np.argsort(-wrong.reshape(-1), kind="stable")[:_PAIRS]
    places = [divmod(int(place), len(names)) for place in order]
    return [
        Pair(names[row], names[column], int(wrong[row, column]), float(wrong[row, column] / totals[row]))
        for row, column in places
        if wrong[row, column]
    ]


def _shade(share: float) -> float:
    """From the share of a class to the strength of its colour; few rows are still seen."""
    return 0.0 if not share else 0.1 + 0.9 * math.sqrt(share)


def _width(text: str) -> float:
    """About how wide a text is; Chinese characters are twice as wide as letters."""
    return sum(_LETTER * (2 if ord(character) > 0x2E7F else 1) for character in text)
