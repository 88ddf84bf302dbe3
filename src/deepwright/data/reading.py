"""From what the user names to a table: a path first, then an embedded data set, or columns in memory."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepwright import registry
from deepwright.config.settings import DataSettings
from deepwright.data.table import Column, ColumnKind, Table
from deepwright.errors import DataError, nearest
from deepwright.messages import _, listing

_log = logging.getLogger(__name__)


def read_table(source: str, settings: DataSettings | None = None) -> Table:
    """Read a path with the reader that recognises it, or an embedded data set by its name.

    Args:
        source: a path or a name.
        settings: what its columns mean and how pictures are brought to one size; None takes the defaults.

    Raises:
        DataError: there is neither such a path nor such a data set, or no reader recognises it.
    """
    path = _path(source)
    embedded = source.replace("-", "_") in registry.entries("datasets")
    if _exists(path):
        if embedded:
            _log.warning(
                _("{source} is a path here and also the name of an embedded data set; the path is read.", source=source)
            )
        return _read_path(path, settings or DataSettings())
    if embedded:
        table: Table = registry.load("datasets", source)()
        return table
    raise DataError(_missing(source))


def _path(source: str) -> Path:
    try:
        return Path(source).expanduser()
    except RuntimeError:  # ~name of nobody
        return Path(source)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that no file system takes
        return False


def _read_path(path: Path, settings: DataSettings) -> Table:
    if path.is_dir() and not any(path.iterdir()):
        raise DataError(_("{path} is an empty folder.", path=path))
    if path.is_file() and not path.stat().st_size:
        raise DataError(_("{path} is an empty file.", path=path))
    for name in registry.entries("readers"):
        reader = registry.load("readers", name)()
        if reader.matches(path):
            table: Table = reader.read(path, settings)
            return table
    found = listing(sorted(entry.name for entry in path.iterdir())[:5]) if path.is_dir() else path.name
    raise DataError(
        _(
            "{path} is not data that can be read here; found: {found}. Read are: {known}.",
            path=path,
            found=found,
            known=listing(entry.title for entry in registry.entries("readers").values()),
        )
    )


def _missing(source: str) -> str:
    known = registry.entries("datasets")
    near = nearest(source, known)
    folder = _path(source).parent
    if not near and _exists(folder) and folder.is_dir():
        near = nearest(Path(source).name, [entry.name for entry in folder.iterdir()])
    hint = (
        _("Did you mean {names}?", names=listing(near))
        if near
        else _("Embedded data sets: {names}.", names=listing(known))
    )
    return _("There is no file, folder or embedded data set named {source!r}. {hint}", source=source, hint=hint)


def table_of(data: Table | Mapping[str, Any] | tuple[Any, Any], source: str = "memory") -> Table:
    """Columns in memory as a table: a mapping of arrays by name, or a pair (pictures, labels).

    An array of bytes [N, H, W] or [N, H, W, 3] is a column of pictures, as is one of floats from 0 to 1; text and
    whole numbers are categories; dates are times; other numbers are numbers.

    Raises:
        DataError: an array has a shape or type that no column can have.
    """
    if isinstance(data, Table):
        return data
    try:
        columns = data if isinstance(data, Mapping) else dict(zip(("image", "label"), data, strict=True))
    except (TypeError, ValueError):
        raise DataError(
            _(
                "Data in memory is a mapping of arrays by name or a pair (pictures, labels), not {found}.",
                found=type(data).__name__,
            )
        ) from None
    return Table({name: _column(name, _array(name, values)) for name, values in columns.items()}, source)


def _array(name: str, values: Any) -> Any:
    try:
        return np.asarray(values)
    except ValueError:
        raise DataError(_("The values of the column {name!r} differ in shape.", name=name)) from None


def _column(name: str, values: Any) -> Column:
    if 0 not in values.shape[1:] and (values.ndim == 3 or (values.ndim == 4 and values.shape[-1] in (1, 3))):
        return Column("image", as_bytes(values[..., 0] if values.shape[-1] == 1 and values.ndim == 4 else values, name))
    if values.ndim == 1:
        kinds: dict[str, ColumnKind] = {
            "U": "category",
            "O": "category",
            "i": "category",
            "u": "category",
            "b": "category",
            "M": "time",
            "f": "number",
        }
        if kind := kinds.get(values.dtype.kind):
            return Column(kind, values.astype(str) if kind == "category" else values)
    raise DataError(
        _(
            "The column {name!r} has the shape {shape} and the type {dtype}; "
            "pictures are [N, H, W] or [N, H, W, 3], everything else is [N].",
            name=name,
            shape=list(values.shape),
            dtype=values.dtype,
        )
    )


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


def column_names(table: Table, kinds: Sequence[ColumnKind]) -> list[str]:
    """The columns of any of these kinds, in the table's order."""
    return [name for name, column in table.columns.items() if column.kind in kinds]
