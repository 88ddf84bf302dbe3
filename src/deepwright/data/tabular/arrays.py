"""Arrays in memory or in a file as columns: pictures, classes, labels, numbers and times by shape and type."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from deepwright.data.table import Column, ColumnKind
from deepwright.data.tabular.columns import Naming, Typed, of_indicators, words_column
from deepwright.data.tabular.values import from_values
from deepwright.errors import DataError
from deepwright.messages import _

_KINDS: dict[str, ColumnKind] = {
    "i": "category",
    "u": "category",
    "b": "category",
    "M": "time",
    "f": "number",
}


def from_array(name: str, values: Any, named: Naming) -> Typed:
    """The column that an array [N, …] holds.

    Bytes [N, H, W] or [N, H, W, 3] are pictures, as are floats from 0 to 1; [N, 3, H, W] is turned. Text and whole
    numbers are categories, other numbers are numbers, dates are times. Zeros and ones [N, K] are labels.

    Raises:
        DataError: the array has a shape or type that no column can have.
    """
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.dtype.kind == "S":
        with suppress(UnicodeDecodeError):
            values = np.char.decode(values, "utf-8")
    if is_pictures(values.shape):
        pictures, notes = rows_first(name, values)
        return Typed(Column("image", as_bytes(pictures, name)), np.zeros(len(values), bool), notes)
    if values.ndim == 1 and values.dtype.kind == "O":
        if (typed := from_values(name, values.tolist(), named)) is None:
            raise DataError(
                _("The values of the column {name!r} differ in shape, or are of no kind that is read.", name=name)
            )
        return typed
    if (column := of_indicators(values)) is not None:
        return Typed(column, np.zeros(len(values), bool), _of_labels(name, column, values.shape[1]))
    if values.ndim == 1 and values.dtype.kind == "U":
        return Typed(words_column(values.astype(object)), np.zeros(len(values), bool))
    if values.ndim == 1 and (kind := _KINDS.get(values.dtype.kind)):
        return Typed(Column(kind, values.astype(str) if kind == "category" else values), values != values)
    raise DataError(
        _(
            "The column {name!r} has the shape {shape} and the type {dtype}; pictures are [N, H, W] or [N, H, W, 3], "
            "labels are zeros and ones [N, K], everything else is [N].",
            name=name,
            shape=list(values.shape),
            dtype=values.dtype,
        )
    )


def without_torch(values: Any) -> Any:
    """A tensor, wherever it lives and whatever wants gradients of it, as an array; all else as it is.

    Raises:
        DataError: it holds what an array cannot hold.
    """
    if not hasattr(values, "detach"):
        return values
    tensor = values.detach().cpu()
    try:
        return tensor.numpy()
    except (TypeError, RuntimeError):  # NumPy has no such type: bfloat16, float8
        pass
    try:
        return tensor.float().numpy()
    except (TypeError, RuntimeError):
        raise DataError(
            _(
                "A tensor of the type {dtype} and the layout {layout} cannot be read; give a dense one of numbers.",
                dtype=tensor.dtype,
                layout=tensor.layout,
            )
        ) from None


def is_pictures(shape: Sequence[int]) -> bool:
    """Whether an array of this shape is [N, H, W], [N, H, W, C] or [N, C, H, W], grey or with three colours."""
    if 0 in shape[1:] or len(shape) not in (3, 4):
        return False
    return len(shape) == 3 or shape[3] in (1, 3) or shape[1] in (1, 3)


def as_bytes(pictures: Any, name: str) -> Any:
    """Pictures as bytes: floats from 0 to 1 are multiplied by 255.

    Raises:
        DataError: the values are neither bytes nor from 0 to 1, so that their scale cannot be known.
    """
    if pictures.dtype == np.uint8:
        return pictures
    if pictures.dtype.kind not in "fiub":
        raise DataError(
            _(
                "The pictures in {name!r} are of the type {dtype}; "
                "bytes from 0 to 255 or numbers from 0 to 1 are read.",
                name=name,
                dtype=pictures.dtype,
            )
        )
    low, high = (float(pictures.min()), float(pictures.max())) if pictures.size else (0.0, 0.0)
    if pictures.dtype.kind in "fb" and low >= 0 and high <= 1:
        return np.rint(pictures * 255.0).astype(np.uint8)
    if pictures.dtype.kind in "iu" and low >= 0 and high <= 255:
        return pictures.astype(np.uint8)
    raise DataError(
        _(
            "The pictures in {name!r} range from {low:g} to {high:g} ({dtype}); "
            "bytes from 0 to 255 or numbers from 0 to 1 are read.",
            name=name,
            low=low,
            high=high,
            dtype=pictures.dtype,
        )
    )


def rows_first(name: str, values: Any) -> tuple[Any, tuple[str, ...]]:
    """Pictures [N, H, W] or [N, H, W, 3], and what was said if they were [N, C, H, W]."""
    notes: tuple[str, ...] = ()
    if values.ndim == 4 and values.shape[-1] not in (1, 3):
        notes = (_("{name} is read as [N, C, H, W]: its shape is {shape}.", name=name, shape=list(values.shape)),)
        values = np.moveaxis(values, 1, 3)
    return (values[..., 0] if values.ndim == 4 and values.shape[-1] == 1 else values), notes


def _of_labels(name: str, column: Column, count: int) -> tuple[str, ...]:
    if column.kind == "labels":
        return ()
    return (_("{name} has a single 1 in each row of {count}; it is read as classes.", name=name, count=count),)
