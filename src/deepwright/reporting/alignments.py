"""The report's part on what each token that was written takes from its source, from ``alignments.json``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from unicodedata import east_asian_width

from deepwright.messages import _
from deepwright.reporting.charts import Caption, Figures
from deepwright.reporting.figures import percent
from deepwright.tokens import UNSPACED

ALIGNMENTS = "alignments.json"
#: In pixels: a cell, what a sign is wide, and what stands between labels and cells.
_CELL, _WIDE, _NARROW, _GAP = 22.0, 12.5, 7.0, 8.0
#: Signs of a label, and pieces beyond which a picture takes its whole line.
_LONGEST, _SMALL = 16, 14
#: Shares below this are not drawn: a drawing of many cells is large.
_FAINT = 0.02
#: The power of a share that its colour has: below 1, so that lesser ones are seen as well.
_CONTRAST = 0.75
#: How blanks that stand for themselves are shown, and where a piece goes on with a word.
_BLANKS = {" ": "␣", "\n": "↵", "\t": "⇥", "\u3000": "□"}
_GOES_ON = "·"


@dataclass(frozen=True)
class Cell:
    """What one piece that was written takes from one of the source; ``shade`` is from 0 to 1."""

    x: float
    y: float
    shade: float
    said: str


@dataclass(frozen=True)
class Alignment:
    """Pieces of a source across, those that were written for it down, and what these took.

    Attributes:
        caption: which pair it is of.
        columns: pieces of the source.
        rows: pieces that were written.
        cells: that are worth drawing.
        left: where the cells begin, beside the labels of the rows.
        top: where they begin, below those of the columns.
        figures: where each piece looked most.
        cut: whether only the beginnings are shown.
    """

    caption: Caption
    columns: Sequence[str]
    rows: Sequence[str]
    cells: Sequence[Cell]
    left: float
    top: float
    figures: Figures
    cut: bool

    cell = _CELL

    @property
    def width(self) -> float:
        """Of the drawing."""
        return self.left + _CELL * len(self.columns) + 4

    @property
    def height(self) -> float:
        """Of the drawing."""
        return self.top + _CELL * len(self.rows) + 4

    @property
    def turned(self) -> bool:
        """Whether the labels of columns are too long to stand upright."""
        return max(map(_width, self.columns)) > _CELL

    @property
    def wide(self) -> bool:
        """Whether the picture is better given a line of its own."""
        return len(self.columns) > _SMALL

    def x(self, place: int) -> float:
        """The middle of a column."""
        return self.left + _CELL * (place + 0.5)

    def y(self, place: int) -> float:
        """The middle of a row."""
        return self.top + _CELL * (place + 0.5)


def alignments(files: Mapping[str, bytes]) -> list[Alignment]:
    """The pictures; none where a run writes no texts or its network attends to none."""
    if ALIGNMENTS not in files:
        return []
    return [_alignment(number, pair) for number, pair in enumerate(json.loads(files[ALIGNMENTS])["pairs"])]


def labels(pieces: Sequence[str]) -> list[str]:
    """Pieces as they can be read: without the blank before a word; blanks that stand alone, as signs.

    A piece that goes on with the word before it has a point before it, unless all pieces are single characters.
    """
    shown, single = [], all(len(piece) <= 1 for piece in pieces)
    for before, piece in zip(["", *pieces], pieces, strict=False):
        label = "".join(_BLANKS.get(sign, sign) for sign in (piece.strip(" ") or piece))
        if not single and _in_word(before[-1:]) and _in_word(piece[:1]):
            label = _GOES_ON + label
        shown.append(label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}…")
    return shown


def _alignment(number: int, pair: Mapping[str, Any]) -> Alignment:
    columns, rows, shares = labels(pair["source"]), labels(pair["written"]), pair["shares"]
    widest = max(map(_width, columns))
    cells = list(_cells(columns, rows, shares))
    left, top = max(map(_width, rows)) + _GAP, (widest if widest > _CELL else _WIDE) + _GAP
    placed = [Cell(left + _CELL * x, top + _CELL * y, shade, said) for x, y, shade, said in cells]
    caption = Caption(
        f"alignment-{number}",
        _hows()[pair["how"]],
        _("Across, the source; down, what was written for it. The stronger a cell, the more was taken from there."),
    )
    most = [max(range(len(columns)), key=of_row.__getitem__) for of_row in shares]
    listed = [
        (label, columns[place], percent(of_row[place], 0))
        for label, place, of_row in zip(rows, most, shares, strict=True)
    ]
    figures = Figures([_("written"), _("took most from"), _("share")], listed)
    return Alignment(caption, columns, rows, placed, left, top, figures, bool(pair["cut"]))


def _cells(
    columns: Sequence[str], rows: Sequence[str], shares: Sequence[Sequence[float]]
) -> Iterator[tuple[int, int, float, str]]:
    for y, (row, of_row) in enumerate(zip(rows, shares, strict=True)):
        for x, (column, share) in enumerate(zip(columns, of_row, strict=True)):
            if share >= _FAINT:
                said = _("{written} took {share} from {source}", written=row, share=percent(share, 0), source=column)
                yield x, y, min(1.0, share) ** _CONTRAST, said


def _hows() -> dict[str, str]:
    return {
        "best": _("The best of all"),
        "better": _("Better than three in four"),
        "median": _("In the middle"),
        "lesser": _("Worse than three in four"),
        "worst": _("The worst of all"),
    }


def _in_word(sign: str) -> bool:
    return sign.isalnum() and not UNSPACED.match(sign)


def _width(text: str) -> float:
    """About how wide a text is."""
    return sum(_WIDE if east_asian_width(sign) in "WF" else _NARROW for sign in text)
