"""From typed columns to a table: pictures are read, rows that cannot be used are left out and named."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce

import numpy as np
import numpy.typing as npt

from deepwright.config.settings import DataSettings
from deepwright.data.interactions.reading import interactions_of, roles_in
from deepwright.data.pictures.columns import file_of, lies_in, read_cells, read_paths
from deepwright.data.pictures.reading import PicturesRead, Positions
from deepwright.data.rejections import Rejections, without_class
from deepwright.data.schema import Schema, described, parts_of, schema_of
from deepwright.data.table import Column, Rejected, Table
from deepwright.data.tabular.columns import Typed, as_written
from deepwright.data.tabular.raw import RawTable
from deepwright.data.tabular.table_files import known_tables
from deepwright.errors import DataError
from deepwright.messages import _, listing
from deepwright.tokens import normalised

_PARTS = ("train", "validation", "test")
#: Row numbers that pandas writes beside the columns.
_NAMELESS = re.compile(r"|__index_level_\d+__")


def table_from(raw: RawTable, settings: DataSettings) -> Table:
    """The table of all rows that can be used, with its pictures read.

    Raises:
        ConfigError: a role names a column that is not there, or one that cannot play it.
        DataError: the columns differ in length, no row can be used, or one cannot and ``strict`` is set.
    """
    Rejections([one.name for one in raw.rejected], raw.source, settings.strict).add(
        {position: one.reason for position, one in enumerate(raw.rejected)}
    )
    typed = _usable(raw)
    if (roles := roles_in({name: c.column for name, c in typed.items()}, settings)) is not None:
        return interactions_of(
            typed,
            roles,
            settings,
            raw.source,
            raw.named,
            {**raw.known, **known_tables(settings)},
            raw.notes,
            raw.rejected,
        )
    schema = schema_of({name: c.column for name, c in typed.items()}, raw.source, settings)
    typed |= {name: as_written(typed[name]) for name in schema.pair}
    columns = {name: c.column for name, c in typed.items()}
    columns |= {name: _as_text(columns[name]) for name in schema.texts}
    parts = raw.parts if schema.split is None else parts_of(columns[schema.split])
    rows, incomplete = _complete(raw, typed, schema, settings)
    read, kept = _read(raw, columns, schema, rows, parts, settings)
    rejected = [*raw.rejected, *incomplete, *(r for found in read.values() for r in found.rejected)]
    if parts is not None and schema.label is not None and columns[schema.label].kind == "category":
        kept, unlearnt = without_class(columns[schema.label].values, parts, kept, raw.named)
        read, rejected = {name: found.at(kept) for name, found in read.items()}, [*rejected, *unlearnt]
    _require_rows(raw.source, kept, rejected)
    images = {name: Column("image", found.values, settings.fit) for name, found in read.items()}
    unread = {name for name, c in columns.items() if c.kind == "image" and c.values.dtype == object} - set(images)
    taken = {
        name: images.get(name) or _taken(c, kept)
        for name, c in columns.items()
        if name != schema.split and name not in unread
    }
    given = {} if parts is None else _given(parts, kept, raw.source)
    notes = [
        *raw.notes,
        *_notes(raw, typed, schema, taken, given),
        *_missing({name: typed[name].missing[kept] for name in taken}),
        *(note for found in read.values() for note in found.notes),
    ]
    main = next(iter(read), None)
    names = None if main is None or columns[main].kind == "image" else columns[main].values[kept].astype(str)
    if schema.pair:
        names = np.array([raw.named(row) for row in kept.tolist()])
    return Table(taken, raw.source, given, notes, names, None if main is None else read[main].files, rejected)


def _usable(raw: RawTable) -> dict[str, Typed]:
    """The columns that have a name and hold values, all of one length."""
    typed = {name: c for name, c in raw.columns.items() if c is not None and not _NAMELESS.fullmatch(name)}
    if (name := next((name for name in raw.columns if not _is_text(name)), None)) is not None:
        raise DataError(
            _("{source}: the name of the column {column!r} holds half a character.", source=raw.source, column=name)
        )
    if raw.columns and not typed:
        raise DataError(
            _(
                "{source} has no column that can be used, only {columns}.",
                source=raw.source,
                columns=listing(map(repr, raw.columns)),
            )
        )
    Table({name: c.column for name, c in typed.items()}, raw.source)
    return typed


def _complete(
    raw: RawTable, typed: Mapping[str, Typed], schema: Schema, settings: DataSettings
) -> tuple[Positions, list[Rejected]]:
    """The rows that have a value in every column without which they are of no use, and the others."""
    against: dict[int, Rejected] = {}
    for row, rejected in _against(raw, typed, schema):
        against.setdefault(row, rejected)
    others = sorted(against)
    rejections = Rejections([against[row].name for row in others], raw.source, settings.strict)
    rejections.add({position: against[row].reason for position, row in enumerate(others)})
    num_rows = len(next(iter(typed.values())).missing)
    rows = np.flatnonzero(~np.isin(np.arange(num_rows), others))
    _require_rows(raw.source, rows, rejections.listed())
    return rows, rejections.listed()


def _against(raw: RawTable, typed: Mapping[str, Typed], schema: Schema) -> Iterator[tuple[int, Rejected]]:
    """What speaks against rows before a picture is read."""
    inputs = schema.pair or (
        *schema.pictures,
        *(schema.texts if len(schema.texts) == 1 and not schema.pictures else ()),
    )
    for name in (*inputs, schema.split, schema.label):
        for row in [] if name is None else np.flatnonzero(typed[name].missing).tolist():
            yield row, Rejected(raw.named(row), _("It has no value in the column {column}.", column=name))
    for name in inputs[len(schema.pictures) :]:
        for row, text in enumerate(typed[name].column.values.tolist()):
            if not normalised(text):
                yield row, Rejected(raw.named(row), _("Its text in the column {column} is blank.", column=name))
    for name, column in typed.items():
        for row in _half_characters(column.column):
            why = _("Its value in the column {column} holds half a character, which is no text.", column=name)
            yield row, Rejected(raw.named(row), why)
    for name in schema.pictures if raw.within is not None else ():
        for row, path in _leading_out(raw, typed[name].column):
            yield row, Rejected(_called(raw, row, path), _("Its path leads out of the archive."))


def _as_text(column: Column) -> Column:
    return Column("text", column.values.astype(object))


def _half_characters(column: Column) -> list[int]:
    """The rows with a surrogate that is not one of a pair, such as an escape of JSON that was cut."""
    if column.kind not in ("category", "text", "labels"):
        return []
    texts = [value if isinstance(value, str) else "".join(value) for value in column.values.tolist()]
    return [] if _is_text("".join(texts)) else [row for row, text in enumerate(texts) if not _is_text(text)]


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _leading_out(raw: RawTable, column: Column) -> Iterator[tuple[int, str]]:
    """The rows whose path is none of a file within the folder that bounds them."""
    assert raw.within is not None
    bound = raw.within.resolve()
    for row, path in enumerate([] if column.kind == "image" else column.values.tolist()):
        if not lies_in(bound, file_of(raw.folder, path)):
            yield row, path


def _called(raw: RawTable, row: int, path: str) -> str:
    return _("{row} ({path})", row=raw.named(row), path=path)


def _read(
    raw: RawTable,
    columns: Mapping[str, Column],
    schema: Schema,
    rows: Positions,
    parts: npt.NDArray[np.str_] | None,
    settings: DataSettings,
) -> tuple[dict[str, PicturesRead], Positions]:
    """The pictures of every column that is not an array of them yet, and the rows for which all could be read."""
    deciding = None if parts is None else np.flatnonzero(parts[rows] == "train")
    read = {
        name: _pictures(raw, name, columns[name], rows, settings, deciding)
        for name in schema.pictures
        if columns[name].values.dtype != np.uint8
    }
    kept = reduce(np.intersect1d, (found.kept for found in read.values()), rows)
    return {name: found.at(kept) for name, found in read.items()}, kept


def _require_rows(source: str, rows: Positions, rejected: Sequence[Rejected]) -> None:
    if not len(rows):
        raise DataError(
            _(
                "{source}: none of its rows can be used; the first is {name}. {reason}",
                source=source,
                name=rejected[0].name,
                reason=rejected[0].reason,
            )
        )


def _pictures(
    raw: RawTable, name: str, column: Column, rows: Positions, settings: DataSettings, deciding: Positions | None
) -> PicturesRead:
    """The pictures of a column at some rows; ``kept`` are rows of the table."""
    values = column.values[rows]
    if column.kind == "image":
        called = [raw.named(row) for row in rows.tolist()]
        found = read_cells(values, called, settings, raw.source, deciding)
    else:
        paths = values.tolist()
        called = [_called(raw, row, path) for row, path in zip(rows.tolist(), paths, strict=True)]
        found = read_paths(paths, called, raw.folder, settings, raw.source, deciding)
    return replace(found, kept=rows[found.kept])


def _taken(column: Column, rows: Positions) -> Column:
    return column if len(rows) == len(column) else column.take(rows)


def _given(parts: npt.NDArray[np.str_], kept: Positions, source: str) -> dict[str, Positions]:
    given = {part: np.flatnonzero(parts[kept] == part) for part in _PARTS if (parts == part).any()}
    if lost := next((part for part in ("train", *given) if not len(given.get(part, ()))), None):
        raise DataError(_("{source}: no row of the split {split} can be used.", source=source, split=lost))
    return given


def _notes(
    raw: RawTable,
    typed: Mapping[str, Typed],
    schema: Schema,
    columns: Mapping[str, Column],
    given: Mapping[str, Positions],
) -> Iterator[str]:
    yield _("Columns: {columns}.", columns=described(columns))
    for column in typed.values():
        yield from column.notes
    if unused := [name for name in raw.columns if name not in columns and name != schema.split]:
        yield _("Columns that cannot be used are left out: {columns}.", columns=listing(map(repr, unused)))
    yield from schema.notes
    if schema.split is not None:
        parts = listing(f"{part} {len(rows)}" for part, rows in given.items())
        yield _("The column {column} divides the rows: {parts}.", column=schema.split, parts=parts)


def _missing(columns: Mapping[str, npt.NDArray[np.bool_]]) -> Iterator[str]:
    if lacking := listing(f"{name} {missing.sum()}" for name, missing in columns.items() if missing.any()):
        yield _("Columns in which values are missing, and how many: {columns}.", columns=lacking)
