"""Files of tables as typed columns of which it is not yet decided what they are for: CSV, TSV, JSON Lines, Parquet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from deepwright.config.settings import DataSettings
from deepwright.data.tabular.cells import from_cells
from deepwright.data.tabular.columns import Typed, by_line, by_row
from deepwright.data.tabular.delimited import read_delimited
from deepwright.data.tabular.json_lines import read_json_lines
from deepwright.data.tabular.raw import RawTable
from deepwright.data.tabular.values import from_arrow, from_values
from deepwright.errors import DataError
from deepwright.messages import _
from deepwright.paths import expanded


def raw_table(file: Path) -> RawTable:
    """The columns of a table, of which it is not yet decided what they are for.

    Raises:
        DataError: the file is no such table.
    """
    return _READERS[_suffix(file)](file)


def is_table(source: Path) -> bool:
    """Whether a file is named like a table."""
    return source.is_file() and _suffix(source) in _READERS


def known_tables(settings: DataSettings) -> dict[str, dict[str, Typed]]:
    """The columns of the tables of what is known of ``items`` and of ``users``, as far as the settings name them.

    Raises:
        DataError: there is no such table.
    """
    found = {}
    for kind, name in (("items", settings.items), ("users", settings.users)):
        if name is None:
            continue
        if not is_table(expanded(name)):
            raise DataError(
                _(
                    "data.{kind} names {file}, which is no table; it is a file {endings}.",
                    kind=kind,
                    file=name,
                    endings=", ".join(_READERS),
                )
            )
        columns = raw_table(expanded(name)).columns
        found[kind] = {column: typed for column, typed in columns.items() if typed is not None}
    return found


def _suffix(source: Path) -> str:
    name = source.name.casefold()
    return Path(name if name.endswith(".parquet.gz") else name.removesuffix(".gz")).suffix


def _delimited(source: Path) -> RawTable:
    found = read_delimited(source)
    named = by_line(found.lines.tolist())
    columns = {name: from_cells(name, cells, named) for name, cells in found.columns.items()}
    return RawTable(columns, str(source), named, source.parent, found.notes, found.rejected)


def _json_lines(source: Path) -> RawTable:
    found = read_json_lines(source)
    named = by_line(found.lines)
    columns = {name: from_values(name, values, named) for name, values in found.columns.items()}
    return RawTable(columns, str(source), named, source.parent, found.notes)


def _parquet(source: Path) -> RawTable:
    try:
        table = pa.parquet.ParquetFile(source).read()
        table.validate(full=True)  # texts that are none would fail where they are used
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(
            _(
                "{file} is not a Parquet file, or it is damaged: {problem}.",
                file=source,
                problem=str(error).partition("\n")[0].rstrip("."),
            )
        ) from None
    if twice := [name for name, count in Counter(table.column_names).items() if count > 1]:
        raise DataError(
            _("{file}: several columns are named {name!r}. Each needs a name of its own.", file=source, name=twice[0])
        )
    columns = {name: from_arrow(name, table[name], by_row) for name in table.column_names}
    return RawTable(columns, str(source), by_row, source.parent)


_READERS: Mapping[str, Callable[[Path], RawTable]] = {
    ".csv": _delimited,
    ".tsv": _delimited,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".parquet": _parquet,
}
