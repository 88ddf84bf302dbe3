"""Columns from cells of text, as in CSV: numbers and times only where every cell is one, so that nothing is lost.

``007`` and whole numbers that float64 cannot tell apart stay text.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deepwright.data.table import Column
from deepwright.data.tabular.columns import LARGEST_WHOLE, TIME, Array, Mask, Naming, Typed, words_column
from deepwright.messages import _

#: Cells that stand for a missing number.
_MISSING_NUMBERS = ("NA", "N/A", "n/a", "nan", "NaN", "NAN", "null", "NULL", "None", "#N/A", "-")
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_WHOLE = r"^[+-]?\d+$"
_LEADING_ZERO = r"^[+-]?0\d"
_DAY = r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})([T ].*)?$"
_ZONE = r"[T ].*(Z|[+-]\d{2}:?\d{2})$"
_SHOWN = 40


def from_cells(name: str, cells: pa.ChunkedArray, named: Naming) -> Typed:
    """The column that cells of text [N] spell out; an empty cell is a missing value.

    Args:
        name: of the column.
        cells: texts without nulls.
        named: what a row is called.
    """
    missing = _array(pc.equal(cells, ""))
    if (times := _times(cells.filter(pa.array(~missing)))) is not None:
        values = np.full(len(cells), np.datetime64("NaT"), TIME)
        values[~missing] = times
        return Typed(Column("time", values), missing, written=partial(_array, cells))
    trimmed = pc.utf8_trim_whitespace(cells)
    unknown = missing | _array(pc.is_in(trimmed, value_set=pa.array(_MISSING_NUMBERS)))
    numeric = _array(pc.match_substring_regex(trimmed, _NUMBER))
    if numeric.any() and (numeric | unknown).all():
        spelt = trimmed.filter(pa.array(numeric))
        numbers = np.full(len(cells), np.nan)
        numbers[numeric] = _array(pc.cast(spelt, pa.float64()))
        if _keep_their_values(spelt, numbers[numeric]):
            return Typed(Column("number", numbers), unknown, written=partial(_array, cells))
    words = words_column(_array(cells))
    return Typed(words, missing, _almost_numbers(name, words, numeric, ~numeric & ~unknown, named))


def _keep_their_values(cells: pa.ChunkedArray, numbers: Array) -> bool:
    """Whether float64 tells all numbers apart: no code such as ``007``, no identifier of many digits, no infinity."""
    codes = pc.any(pc.match_substring_regex(cells, _LEADING_ZERO)).as_py()
    whole = pc.all(pc.match_substring_regex(cells, _WHOLE)).as_py()
    return not codes and bool(np.isfinite(numbers).all()) and not (whole and (abs(numbers) > LARGEST_WHOLE).any())


def _almost_numbers(name: str, words: Column, numeric: Mask, other: Mask, named: Naming) -> tuple[str, ...]:
    """What to say of a column in which most values, but not all, are numbers."""
    if not other.any() or numeric.sum() <= other.sum():
        return ()
    row = int(np.argmax(other))
    return (
        _(
            "{column} is read as {kind}, not as numbers: {row} has {value!r}.",
            column=name,
            kind=words.kind,
            row=named(row),
            value=str(words.values[row])[:_SHOWN],
        ),
    )


def _times(cells: pa.ChunkedArray) -> Array | None:
    """Dates and times in the order year, month, day; None if a cell is none. Those with a zone are brought to UTC."""
    if not len(cells) or not pc.all(pc.match_substring_regex(cells, _DAY)).as_py():
        return None
    zoned = pc.match_substring_regex(cells, _ZONE)
    padded = pc.replace_substring_regex(cells, _DAY, r"\1-0\2-0\3\4")
    padded = pc.replace_substring_regex(padded, r"^(\d{4})-0?(\d{2})-0?(\d{2})([T ].*)?$", r"\1-\2-\3\4")
    try:
        times = pc.cast(padded, pa.timestamp("us", "UTC" if pc.any(zoned).as_py() else None))
    except pa.ArrowInvalid:
        return None
    return _array(times).astype(TIME)


def _array(values: pa.ChunkedArray) -> Array:
    array: Array = values.to_numpy()
    return array
