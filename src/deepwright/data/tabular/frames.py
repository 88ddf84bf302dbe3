"""Data frames as typed columns, recognised by what they can do: neither pandas nor polars is imported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from deepwright.data.table import Column
from deepwright.data.tabular.columns import TIME, Typed, by_row, from_numbers
from deepwright.data.tabular.values import from_values, is_missing
from deepwright.errors import DataError
from deepwright.messages import _

#: How the types of columns begin that hold categories, whatever these are made of.
_CATEGORIES = ("category", "categorical", "enum")


def is_frame(data: Any) -> bool:
    """Whether an object has named columns that become arrays."""
    return all(hasattr(data, name) for name in ("to_numpy", "__getitem__", "dtypes", "columns"))


def frame_columns(frame: Any) -> Mapping[str, Typed | None]:
    """The columns of a data frame by name; None for one whose values no column can hold.

    Raises:
        DataError: two columns share a name, or the values of a column have nothing to do with one another.
    """
    if twice := [str(name) for name, count in Counter(map(str, frame.columns)).items() if count > 1]:
        raise DataError(_("Several columns are named {name!r}. Each needs a name of its own.", name=twice[0]))
    return {str(name): _column(str(name), frame[name]) for name in frame.columns}


def _column(name: str, series: Any) -> Typed | None:
    if str(series.dtype).casefold().startswith(_CATEGORIES):
        return from_values(name, [None if is_missing(value) else str(value) for value in series.to_list()], by_row)
    values = series.to_numpy()
    if values.ndim == 1 and values.dtype.kind in "iuf":
        return from_numbers(values)
    if values.ndim == 1 and values.dtype.kind == "M":
        return Typed(Column("time", values.astype(TIME)), np.isnat(values))
    return from_values(name, series.to_list(), by_row)
