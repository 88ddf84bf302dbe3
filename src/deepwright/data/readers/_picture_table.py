"""A table that lies beside folders of pictures: which of the two says what the pictures show.

A table is meant where the folders cannot be classes, or where it is called ``metadata`` and names pictures in a column
``file_name``, as Hugging Face's ImageFolder has it. Whatever else could be meant in two ways is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from deepwright.config.settings import DataSettings
from deepwright.data.readers._walking import right_below
from deepwright.data.readers.table import TableFile
from deepwright.data.schema import likely_labels, schema_of
from deepwright.data.tabular.raw import RawTable
from deepwright.data.tabular.table_files import raw_table
from deepwright.errors import ConfigError, DataError
from deepwright.messages import _, listing

_METADATA, _FILE_NAME = "metadata", "file_name"


def tables_in(folder: Path) -> list[Path]:
    """The tables right below a folder."""
    return [file for file in right_below(folder)[0] if TableFile().matches(file)]


def picture_table(root: Path, settings: DataSettings, source: str, *, classes: bool) -> RawTable | None:
    """The table right below a folder that says what the pictures show; None if the folders do.

    Args:
        root: the folder.
        settings: data.layout.
        source: what the user calls it.
        classes: whether the folders in it could be classes.

    Raises:
        ConfigError: a table and the folders, or several tables, could be meant, or the one asked for is not there.
        DataError: the only one that can be meant cannot be read.
    """
    if settings.layout == "folders":
        return None
    asked = settings.layout == "table"
    files = tables_in(root)
    if len(files) == 1 and (asked or not classes):
        return _said(files[0].name, raw_table(files[0]), classes)
    found = _meant({file.name: raw for file in files if (raw := _of_pictures(file)) is not None})
    if len(found) == 1 and (asked or not classes or any(map(_is_metadata, found, found.values()))):
        return next(_said(name, raw, classes) for name, raw in found.items())
    if found:
        raise ConfigError(_either(source, found) if classes and not asked else _several(source, found))
    if asked:
        raise ConfigError(_("data.layout is table, but right below {source} no table names pictures.", source=source))
    return None


def _of_pictures(file: Path) -> RawTable | None:
    """A table that names or holds pictures and something that could be learnt from them."""
    try:
        raw = raw_table(file)
        columns = {name: typed.column for name, typed in raw.columns.items() if typed is not None}
        schema = schema_of(columns, raw.source, DataSettings())
    except DataError:  # whatever it is, it does not say what pictures show
        return None
    others = {name: column for name, column in columns.items() if name != schema.split}
    return raw if schema.pictures and likely_labels(others, schema.pictures) else None


def _meant(tables: Mapping[str, RawTable]) -> Mapping[str, RawTable]:
    """Those that are called as Hugging Face calls them, or all."""
    return {name: raw for name, raw in tables.items() if _is_metadata(name, raw)} or tables


def _is_metadata(name: str, raw: RawTable) -> bool:
    return name.casefold().partition(".")[0] == _METADATA and _FILE_NAME in raw.columns


def _said(name: str, raw: RawTable, classes: bool) -> RawTable:
    """The table, with a note that it was taken."""
    note = _("The table {table} says what the pictures show.", table=name)
    if classes:
        note = _(
            "The table {table} says what the pictures show, not the names of the folders; to learn those, give "
            "--set data.layout=folders.",
            table=name,
        )
    return replace(raw, notes=[note, *raw.notes])


def _several(source: str, tables: Iterable[str]) -> str:
    return _(
        "{source} holds several tables that name pictures: {tables}. Give one of them by its path (unpack an archive "
        "first), or call the one that is meant metadata and its column of pictures file_name.",
        source=source,
        tables=listing(tables),
    )


def _either(source: str, tables: Iterable[str]) -> str:
    return _(
        "{source} holds folders whose names could be the classes, and {tables}, which says of pictures what they show. "
        "Choose with --set data.layout=folders or --set data.layout=table.",
        source=source,
        tables=listing(tables),
    )
