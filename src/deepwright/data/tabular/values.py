"""Columns from values that have a type already: of Arrow (Parquet) and of Python (JSON, data frames).

A value keeps its type: the text ``"7"`` is text. A column of text, numbers and booleans at once is a category, which is
said; what else is mixed is an error.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from PIL import Image

from deepwright.data.table import Column, ColumnKind
from deepwright.data.tabular.columns import (
    LARGEST_WHOLE,
    TIME,
    Array,
    Mask,
    Naming,
    Typed,
    from_numbers,
    objects,
    of_indicators,
    words_column,
)
from deepwright.errors import DataError
from deepwright.messages import _


def from_arrow(name: str, values: pa.ChunkedArray, named: Naming) -> Typed | None:
    """The column of typed values [N]; None if no column can hold them."""
    kind = values.type
    missing = _array(values.is_null())
    if pa.types.is_decimal(kind):
        values, kind = pc.cast(values, pa.float64()), pa.float64()
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return from_numbers(_array(values.fill_null(0)), missing)
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        times = pc.cast(values, pa.timestamp("us", getattr(kind, "tz", None)), safe=False)
        return Typed(Column("time", _array(times).astype(TIME)), missing)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return Typed(words_column(_array(values.fill_null(""))), missing)
    return from_values(name, values.to_pylist(), named)


def from_values(name: str, values: Sequence[Any], named: Naming) -> Typed | None:
    """The column of Python values [N]; None if no column can hold them.

    Raises:
        DataError: the values are of kinds that have nothing to do with one another.
    """
    values = [_file_of(value) for value in values]
    missing = np.array([is_missing(value) for value in values], bool)
    kinds: dict[ColumnKind | None, int] = {}
    for row in np.flatnonzero(~missing).tolist():
        kinds.setdefault(_kind(values[row]), row)
    notes: tuple[str, ...] = ()
    if len(kinds) > 1 and not set(kinds) <= {"category", "number", "text"}:
        (first, one), (second, other) = list(kinds.items())[:2]
        raise DataError(
            _(
                "The column {name!r} mixes values of different kinds: {one} has {first}, {other} has {second}.",
                name=name,
                one=named(one),
                first=first or type(values[one]).__name__,
                other=named(other),
                second=second or type(values[other]).__name__,
            )
        )
    if len(kinds) > 1 and "number" in kinds:
        row = kinds["number"]
        notes = (
            _(
                "{column} is read as text, though {row} has the number {value}.",
                column=name,
                row=named(row),
                value=values[row],
            ),
        )
    kind = next(iter(kinds)) if len(kinds) == 1 else "category"
    if kind is None:
        return None
    column = _BUILDERS[kind](values, missing)
    return None if column is None else Typed(column, missing, notes)


def is_missing(value: Any) -> bool:
    """Whether a value stands for none: None, NaN, NaT or pandas's NA."""
    if value is None or (isinstance(value, float | np.floating) and value != value):
        return True
    return type(value).__name__ in ("NaTType", "NAType") or (isinstance(value, np.datetime64) and np.isnat(value))


def _kind(value: Any) -> ColumnKind | None:
    if isinstance(value, bool | np.bool_):
        return "category"
    if isinstance(value, str | os.PathLike):
        return "text"
    if isinstance(value, int | float | np.integer | np.floating | Decimal):
        return "number"
    if isinstance(value, date | np.datetime64):
        return "time"
    if isinstance(value, np.ndarray):
        return "labels" if value.ndim == 1 else "image" if value.ndim in (2, 3) else None
    if isinstance(value, list | tuple | set | frozenset):
        return "labels"
    if isinstance(value, Image.Image | bytes):
        return "image"
    return None


def _file_of(value: Any) -> Any:
    """The content of a file, else its path, where a value holds both as in data sets of Hugging Face; else itself."""
    if not isinstance(value, dict) or "bytes" not in value:
        return value
    return value.get("path") if value["bytes"] is None else value["bytes"]


def _words(values: Sequence[Any], missing: Mask) -> Column:
    texts = [
        "" if gone else os.fspath(v) if isinstance(v, os.PathLike) else str(v)
        for v, gone in zip(values, missing, strict=True)
    ]
    return words_column(objects(texts))


def _numbers(values: Sequence[Any], missing: Mask) -> Column:
    given = [value for value, gone in zip(values, missing, strict=True) if not gone]
    if any(isinstance(value, int) and abs(value) > LARGEST_WHOLE for value in given):
        return _words(values, missing)
    numbers = np.full(len(values), np.nan)
    numbers[~missing] = [float(value) for value in given]
    return Column("number", numbers)


def _moments(values: Sequence[Any], missing: Mask) -> Column:
    moments = [np.datetime64("NaT") if gone else _in_utc(value) for value, gone in zip(values, missing, strict=True)]
    return Column("time", np.array(moments, TIME))


def _in_utc(value: Any) -> np.datetime64:
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.astimezone(UTC).replace(tzinfo=None)
    return np.datetime64(value, "us")


def _label_sets(values: Sequence[Any], missing: Mask) -> Column | None:
    rows = [
        () if gone else tuple(sorted(v) if isinstance(v, set | frozenset) else v)
        for v, gone in zip(values, missing, strict=True)
    ]
    if any(not isinstance(label, str | int | np.integer | np.bool_) for labels in rows for label in labels):
        return None
    if len({len(labels) for labels in rows}) == 1 and (column := of_indicators(np.array(rows))) is not None:
        return column
    return Column("labels", objects([tuple(str(label) for label in labels) for labels in rows]))


def _pictures(values: Sequence[Any], _missing: Mask) -> Column:
    return Column("image", objects(values))


def _array(values: pa.ChunkedArray) -> Array:
    array: Array = values.to_numpy()
    return array


_BUILDERS: dict[ColumnKind, Callable[[Sequence[Any], Mask], Column | None]] = {
    "category": _words,
    "text": _words,
    "number": _numbers,
    "time": _moments,
    "labels": _label_sets,
    "image": _pictures,
}
