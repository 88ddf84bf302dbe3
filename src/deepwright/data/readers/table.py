"""A table that names picture files: CSV, TSV, JSON Lines or Parquet.

The first line of CSV and TSV names the columns; their encoding and their delimiter are detected. Paths begin at the
folder of the table. Columns of texts, numbers, times and labels are found by their values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from deepwright.config.settings import DataSettings
from deepwright.data.table import Table
from deepwright.data.tabular.cells import from_cells
from deepwright.data.tabular.columns import by_line, by_row
from deepwright.data.tabular.delimited import read_delimited
from deepwright.data.tabular.json_lines import read_json_lines
from deepwright.data.tabular.raw_tables import RawTable, table_from
from deepwright.data.tabular.values import from_arrow, from_values
from deepwright.errors import DataError
from deepwright.messages import _

__all__ = ["TableFile"]


class TableFile:
    """A file ``.csv``, ``.tsv``, ``.jsonl`` or ``.ndjson``, compressed with gzip (``.gz``) or not, or ``.parquet``."""

    def matches(self, source: Path) -> bool:
        """Whether the file is named like a table."""
        return source.is_file() and _suffix(source) in _READERS

    def read(self, source: Path, settings: DataSettings) -> Table:
        """The table with a column for each of the file's, and the splits that a column ``split`` gives.

        Raises:
            ConfigError: a role names a column that is not there, or one that cannot play it.
            DataError: the file is no such table, or none of its rows can be used.
        """
        return table_from(raw_table(source), settings)


def raw_table(file: Path) -> RawTable:
    """The columns of a table, of which it is not yet decided what they are for.

    Raises:
        DataError: the file is no such table.
    """
    return _READERS[_suffix(file)](file)


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
