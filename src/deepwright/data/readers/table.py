"""A table that names picture files: CSV, TSV, JSON Lines or Parquet.

The first line of CSV and TSV names the columns; their encoding and their delimiter are detected. Paths begin at the
folder of the table. Columns of texts, numbers, times and labels are found by their values.
"""

from __future__ import annotations

from pathlib import Path

from deepwright.config.settings import DataSettings
from deepwright.data.table import Table
from deepwright.data.tabular.raw_tables import table_from
from deepwright.data.tabular.table_files import is_table, raw_table

__all__ = ["TableFile"]


class TableFile:
    """A file ``.csv``, ``.tsv``, ``.jsonl`` or ``.ndjson``, compressed with gzip (``.gz``) or not, or ``.parquet``."""

    def matches(self, source: Path) -> bool:
        """Whether the file is named like a table."""
        return is_table(source)

    def read(self, source: Path, settings: DataSettings) -> Table:
        """The table with a column for each of the file's, and the splits that a column ``split`` gives.

        Raises:
            ConfigError: a role names a column that is not there, or one that cannot play it.
            DataError: the file is no such table, or none of its rows can be used.
        """
        return table_from(raw_table(source), settings)
