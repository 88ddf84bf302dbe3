"""From what the user names to a table: a path first, then a data set, or columns in memory."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from deepwright import registry
from deepwright.config.settings import DataSettings
from deepwright.data.readers._meant import meant
from deepwright.data.readers.interactions import InteractionFiles
from deepwright.data.readers.parallel import is_half_of_pairs, read_files
from deepwright.data.schema import is_picture_name
from deepwright.data.table import Table
from deepwright.data.tabular.arrays import from_array, without_torch
from deepwright.data.tabular.columns import Typed, by_row, objects
from deepwright.data.tabular.frames import frame_columns, is_frame
from deepwright.data.tabular.raw import RawTable
from deepwright.data.tabular.raw_tables import table_from
from deepwright.errors import DataError, nearest
from deepwright.messages import _, listing
from deepwright.paths import expanded

_log = logging.getLogger(__name__)


def read_table(source: str, settings: DataSettings | None = None) -> Table:
    """Read a path with the reader that recognises it, or a data set by its name.

    Args:
        source: a path or a name.
        settings: what its columns mean and how pictures are brought to one size; None takes the defaults.

    Raises:
        DataError: there is neither such a path nor such a data set, or no reader recognises it.
    """
    if settings is not None and settings.target_source is not None:
        return _read_parallel(source, settings.target_source, settings)
    path = expanded(source)
    embedded = source.replace("-", "_") in registry.entries("datasets")
    if _exists(path):
        if embedded:
            _log.warning(_("{source} is a path here and also the name of a data set; the path is read.", source=source))
        with _permitted(path):
            return _read_path(path, settings or DataSettings())
    with contextlib.suppress(OSError):  # a name that no file system takes
        if path.is_symlink():
            raise DataError(_("{path} is a link to {target}, which is not there.", path=path, target=path.readlink()))
    if embedded:
        table: Table = registry.load("datasets", source)()
        return table
    raise DataError(_missing(source))


@contextlib.contextmanager
def _permitted(path: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise DataError(
            _("{file} cannot be read: {problem}.", file=error.filename or path, problem=error.strerror)
        ) from None


def _read_parallel(source: str, target: str, settings: DataSettings) -> Table:
    """Two text files, each line of the second written for that line of the first."""
    for name in (source, target):
        if not _exists(expanded(name)):
            raise DataError(
                _(
                    "{source} and {target} are two files of lines that belong together, if both are given; there is no "
                    "file {name}. Other data is named alone.",
                    source=source,
                    target=target,
                    name=name,
                )
            )
    with _permitted(expanded(source)):
        return read_files(expanded(source), expanded(target), settings)


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
    names = ["text"] if path.is_dir() and meant(path, settings) == "text" else registry.entries("readers")
    if settings.interactions is not False and InteractionFiles().matches(path):
        names = ["interactions"]
    if path.is_file() and is_half_of_pairs(path):
        raise DataError(
            _(
                "{path} is named like one of two parallel texts; give the other one as well: {command}.",
                path=path,
                command=f"deepwright train {path.name} {path.name.partition('.')[0]}.…",
            )
        )
    for name in names:
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
            known="; ".join(entry.title for entry in registry.entries("readers").values()),
        )
    )


def _missing(source: str) -> str:
    known = registry.entries("datasets")
    near = nearest(source, known)
    folder = expanded(source).parent
    if not near and _exists(folder) and folder.is_dir():
        with contextlib.suppress(OSError):
            near = nearest(Path(source).name, [entry.name for entry in folder.iterdir()])
    hint = _("Did you mean {names}?", names=listing(near)) if near else _("Data sets: {names}.", names=listing(known))
    return _("There is no file, folder or data set named {source!r}. {hint}", source=source, hint=hint)


def table_of(data: Any, source: str = "memory", settings: DataSettings | None = None) -> Table:
    """Columns in memory as a table: a mapping of arrays by name, a pair (pictures, labels), or a data frame.

    Arrays: bytes [N, H, W] or [N, H, W, 3] are pictures, as are floats from 0 to 1; text and whole numbers are
    categories, other numbers are numbers, dates are times, zeros and ones [N, K] are labels. In a data frame, as in a
    file, whole numbers are numbers; its cells may hold paths, PIL pictures, arrays or lists of labels.

    Args:
        data: a table, a mapping, a pair, or a data frame of pandas or polars.
        source: what the user calls it.
        settings: what its columns mean and how pictures are brought to one size; None takes the defaults.

    Raises:
        ConfigError: a role names a column that is not there, or one that cannot play it.
        DataError: an array has a shape or type that no column can have, or no row can be used.
    """
    if isinstance(data, Table):
        return data
    columns: Mapping[str, Typed | None]
    if is_frame(data):
        columns = frame_columns(data)
    else:
        columns = {name: from_array(name, as_array(values), by_row) for name, values in _named(data).items()}
    return table_from(RawTable(columns, source, by_row), settings or DataSettings())


def _named(data: Any) -> Mapping[str, Any]:
    try:
        return data if isinstance(data, Mapping) else dict(zip((_of_pair(data), "label"), data, strict=True))
    except (TypeError, ValueError):
        raise DataError(
            _(
                "Data in memory is a data frame, a mapping of arrays by name or a pair (pictures, labels), "
                "not {found}.",
                found=type(data).__name__,
            )
        ) from None


def _of_pair(data: Any) -> str:
    """What the first of two columns in memory is called: pictures, or the texts that name none."""
    first = next(iter(data[0]), None) if isinstance(data, tuple | list) and len(data) == 2 else None
    return "text" if isinstance(first, str) and not is_picture_name(first) else "image"


def as_array(values: Any) -> Any:
    """Values in memory as an array [N, …]; pictures, paths and lists of labels stay single objects [N]."""
    values = [without_torch(v) for v in values] if isinstance(values, list | tuple) else without_torch(values)
    first = next(iter(values), None) if isinstance(values, list | tuple) else None
    if isinstance(first, Image.Image | os.PathLike):
        return objects(values)
    try:
        array = np.asarray(values)
    except ValueError:
        return objects(values)
    return objects(values) if isinstance(first, list | tuple) and array.dtype.kind not in "biuf" else array
