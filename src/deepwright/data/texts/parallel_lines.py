"""Lines that belong together, of two files; where they stop doing so, if one file has more lines than the other.

A text and its translation are about as long as each other, up to a factor that is the same everywhere (W. A. Gale and
K. W. Church, "A Program for Aligning Sentences in Bilingual Corpora", Computational Linguistics 19, 1993). Where lines
are lost in one file, the lengths agree again once the other one is moved on by as many.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepwright.data.files.text_files import read_text
from deepwright.errors import DataError
from deepwright.messages import _

Array = npt.NDArray[Any]
#: More lines than these lost are not searched for.
_MOST_LOST = 50
#: Lines agree better by so many of the usual differences, and so many more for each line lost, or it is chance.
_BEYOND_CHANCE, _EACH = 8, 2


class Lines(NamedTuple):
    """The lines of a file, without their ends, and how it was read."""

    lines: list[str]
    notes: tuple[str, ...]


def lines_of(file: Path) -> Lines:
    """The lines of a text file, compressed with gzip or not; signs that divide lines within a text do not count.

    Raises:
        DataError: it is no text, or it is empty.
    """
    found = read_text(file)
    if not found.text.strip():
        raise DataError(_("{file} holds no text: it is empty, or has nothing but blanks.", file=file))
    end = "\n" if "\n" in found.text else "\r"
    lines = found.text.removesuffix(end).split(end)
    return Lines([line.removesuffix("\r") for line in lines], found.notes)


def require_partners(source: Path, target: Path, read: Lines, written: Lines) -> None:
    """Refuse two files that have not as many lines as each other.

    Raises:
        DataError: with the lines that each has, and where they probably part.
    """
    one, other = len(read.lines), len(written.lines)
    if one == other:
        return
    place = parting(read.lines, written.lines)
    counts = {"source": source, "target": target, "one": f"{one:,}", "other": f"{other:,}"}
    if place is not None:
        raise DataError(
            _(
                "{source} and {target} do not belong together line by line: their lines number {one} and {other}; by "
                "the lengths of these, they probably part near line {line}.",
                line=f"{place + 1:,}",
                **counts,
            )
        )
    raise DataError(
        _(
            "{source} and {target} do not belong together line by line: their lines number {one} and {other}; line "
            "{line} of {longer} is the first without a partner.",
            line=f"{min(one, other) + 1:,}",
            longer=source if one > other else target,
            **counts,
        )
    )


def parting(source: Sequence[str], target: Sequence[str]) -> int | None:
    """The line, from 0, near which one of two files lost its first line; None if the lengths of lines do not tell.

    Args:
        source: lines of one file.
        target: of the other, of which there are more or fewer.
    """
    shorter, longer = sorted((source, target), key=len)
    lost = len(longer) - len(shorter)
    if not 0 < lost <= _MOST_LOST:
        return None
    short, long = _log_lengths(shorter), _log_lengths(longer)
    usual = float(np.median(long[: len(short)] - short))
    costs = [np.abs(long[moved : moved + len(short)] - short - usual) for moved in range(lost + 1)]
    place, gain = _first_move(costs)
    return place if gain > (_BEYOND_CHANCE + _EACH * lost) * float(costs[0].mean()) else None


def _first_move(costs: Sequence[Array]) -> tuple[int, float]:
    """Where the cheapest way leaves the first of several rows of costs [n], and what it spares against never doing so.

    A way goes from the first line to the last, and from one row to the next whenever it likes.
    """
    sums = [np.concatenate([[0.0], np.cumsum(cost)]) for cost in costs]
    best, first = sums[0], np.arange(len(sums[0]))
    for moved in range(1, len(costs)):
        ahead = best - sums[moved]
        least = np.minimum.accumulate(ahead)
        left = np.maximum.accumulate(np.where(ahead <= least, np.arange(len(ahead)), 0))
        best, first = least + sums[moved], left if moved == 1 else first[left]
    return int(first[-1]), float(sums[0][-1] - best[-1])


def _log_lengths(lines: Sequence[str]) -> Array:
    return np.log1p([len(line.strip()) for line in lines])
