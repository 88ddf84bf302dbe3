"""Typed columns while a table is read: what their values are, and which are missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from deepwright.data.table import Column
from deepwright.messages import _
from deepwright.tokens import UNSPACED

Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[Any]
#: What a row is called, by its position.
Naming = Callable[[int], str]

#: The largest number up to which float64 tells all whole numbers apart.
LARGEST_WHOLE = 2**53 - 1
#: How times are held: microseconds, in UTC where a zone was given.
TIME = "datetime64[us]"
#: Longer values, when they hardly repeat, are texts rather than names of classes …
_LONG_TEXT = 60
_LONGEST_NAME = 500
#: … and so are values that hardly repeat and have this many words, or signs of scripts without blanks, on average.
_WORDS, _UNSPACED_SIGNS = 4, 6


class Typed(NamedTuple):
    """A column and what is known about it.

    Attributes:
        column: its values.
        missing: [N] where there was no value; the column then holds NaN, NaT, an empty text or an empty tuple.
        notes: what was decided, as translated sentences.
        written: [N] the values as they are written, where the column holds something else that they stand for.
    """

    column: Column
    missing: Mask
    notes: tuple[str, ...] = ()
    written: Callable[[], Array] | None = None


def by_row(row: int) -> str:
    """What a row is called whose source has no lines."""
    return _("row {row}", row=row + 1)


def by_line(lines: Sequence[int]) -> Naming:
    """What rows are called that begin on these lines."""
    return lambda row: _("line {line}", line=lines[row])


def as_written(typed: Typed) -> Typed:
    """The column as texts, exactly as they are written where that is known; only an empty one is missing."""
    texts = _spelt(typed) if typed.written is None else typed.written()
    return Typed(Column("text", texts), texts == "")


def _spelt(typed: Typed) -> Array:
    """Values as they are usually written: whole numbers without a point, days without a time."""
    kind, values = typed.column.kind, typed.column.values
    if kind == "number":
        return objects(
            ["" if value != value else f"{value:.0f}" if value % 1 == 0 else repr(value) for value in values.tolist()]
        )
    if kind == "time":
        days = bool(np.all((values == values.astype("datetime64[D]")) | typed.missing))
        texts = np.datetime_as_string(values, unit="D" if days else "auto")
        return objects(np.where(typed.missing, "", texts).tolist())
    return objects(values.tolist())


def words_column(values: Array) -> Column:
    """Texts as a category, or as texts if they hardly repeat and are long, have several words or run on in Chinese."""
    lengths = np.array([len(value) for value in values], np.int64)
    longest = int(lengths.max(initial=0))
    if longest > _LONGEST_NAME or (
        _hardly_repeat(values) and (lengths.sum() > _LONG_TEXT * len(values) or _prose(values))
    ):
        return Column("text", values)
    return Column("category", values.astype(f"U{max(longest, 1)}"))


def _hardly_repeat(values: Array) -> bool:
    """Whether more than half of the values that are there are different from all others."""
    given = [value for value in values if value.strip()]
    return len(set(given)) > len(given) / 2


def _prose(values: Array) -> bool:
    """Whether values have several words, or several Chinese or Japanese characters, on average."""
    given = [value for value in values if value.strip()]
    num_words = sum(len(value.split()) for value in given)
    unspaced = sum(len(UNSPACED.findall(value)) for value in given)
    return num_words >= _WORDS * len(given) > 0 or unspaced >= _UNSPACED_SIGNS * len(given) > 0


def from_numbers(values: Array, missing: Mask | None = None) -> Typed:
    """Numbers [N], of which some may be missing; whole ones that float64 cannot tell apart are categories."""
    lost = np.zeros(len(values), bool) if missing is None else missing
    if values.dtype.kind in "iu" and len(values) and max(-int(values.min()), int(values.max())) > LARGEST_WHOLE:
        return Typed(words_column(np.where(lost, "", values.astype(str)).astype(object)), lost)
    numbers = np.where(lost, np.nan, values.astype(np.float64))
    return Typed(Column("number", numbers), np.isnan(numbers))


def of_indicators(values: Array) -> Column | None:
    """Zeros and ones [N, K] as the numbers of the labels that each row has; as categories if it always has one.

    None if the array holds anything else, or no one at all.
    """
    if values.ndim != 2 or values.shape[1] < 2 or values.dtype.kind not in "biuf":
        return None
    present = values == 1
    if not present.any() or not (present | (values == 0)).all():
        return None
    if (present.sum(1) == 1).all():
        return Column("category", present.argmax(1).astype(str))
    return Column("labels", objects([tuple(str(label) for label in np.flatnonzero(row)) for row in present]))


def objects(values: Sequence[Any]) -> Array:
    """An array [N] that holds each value as it is, even if all are sequences of one length."""
    array = np.empty(len(values), object)
    for row, value in enumerate(values):
        array[row] = value
    return array
