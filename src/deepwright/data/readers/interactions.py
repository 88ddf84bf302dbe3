"""Interactions: MovieLens as it comes, RecBole's .inter, or a user and items on each line.

MovieLens: ratings.csv, ratings.dat (with ::) or u.data, in a folder with what is known of movies and users, or alone. A
text of lines such as ``42 318 296 593``: a user, and then what the user took, in the order of time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa

from deepwright.config.settings import DataSettings
from deepwright.data.files.text_files import read_text
from deepwright.data.readers._walking import right_below
from deepwright.data.table import Column, Table
from deepwright.data.tabular.cells import from_cells
from deepwright.data.tabular.columns import Typed, by_line, objects
from deepwright.data.tabular.delimited import read_delimited
from deepwright.data.tabular.raw import RawTable
from deepwright.data.tabular.raw_tables import table_from
from deepwright.data.tabular.table_files import raw_table
from deepwright.errors import DataError
from deepwright.messages import _

__all__ = ["InteractionFiles"]

#: The columns of the files of MovieLens that have no header.
_RATINGS = ("user_id", "item_id", "rating", "timestamp")
_GENRES = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama"),
    *("Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western"),
)
_HEADERLESS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "ratings.dat": ("::", _RATINGS),
    "u.data": ("\t", _RATINGS),
    "movies.dat": ("::", ("item_id", "title", "genres")),
    "users.dat": ("::", ("user_id", "gender", "age", "occupation", "")),
    "u.item": ("|", ("item_id", "title", "released", "", "", *_GENRES)),
    "u.user": ("|", ("user_id", "age", "gender", "occupation", "")),
}
#: What lies beside each other: interactions, what is known of items, and of users.
_SETS = (
    ("ratings.csv", "movies.csv", "users.csv"),
    ("ratings.dat", "movies.dat", "users.dat"),
    ("u.data", "u.item", "u.user"),
)
_IDENTIFIERS = re.compile(r"\S+(\s+\d+)+\s*")
_LOOKED_AT = 20


class InteractionFiles:
    """A file ``ratings.dat``, ``u.data``, ``.inter`` or ``.txt`` of users with items, or a folder with such a file."""

    def matches(self, source: Path) -> bool:
        """Whether the file is named like interactions, or is a text that holds a user and items on every line."""
        if source.is_dir():
            return _main(source) is not None
        name = source.name.casefold()
        if name.endswith(".txt"):
            return _are_histories(source)
        return name.endswith(".inter") or name in {main for main, *_others in _SETS} & set(_HEADERLESS)

    def read(self, source: Path, settings: DataSettings) -> Table:
        """The table of interactions, with what is known of items and users where that lies beside them.

        Raises:
            ConfigError: a role names a column that is not there.
            DataError: the file cannot be read, or none of its interactions can be used.
        """
        main, folder = _main(source) if source.is_dir() else source, source.is_dir()
        assert main is not None
        known = {kind: _columns(file) for kind, file in (_beside(main) if folder else {}).items()}
        raw = _raw(main)
        raw = replace(raw, source=str(source), known=known)
        return table_from(raw, replace(settings, interactions=True))


def _main(folder: Path) -> Path | None:
    """The file of interactions right in a folder."""
    files = {file.name.casefold(): file for file in right_below(folder)[0]}
    usual = next((files[main] for main, *_others in _SETS if main in files), None)
    return usual or next((file for name, file in sorted(files.items()) if name.endswith(".inter")), None)


def _beside(main: Path) -> dict[str, Path]:
    """What is known of items and of users, by the names of the files beside the interactions."""
    files = {file.name.casefold(): file for file in right_below(main.parent)[0]}
    stem = main.name.casefold().removesuffix(".inter")
    names = next(
        (others for first, *others in _SETS if first == main.name.casefold()), [f"{stem}.item", f"{stem}.user"]
    )
    return {kind: files[name] for kind, name in zip(("items", "users"), names, strict=True) if name in files}


def _raw(file: Path) -> RawTable:
    name = file.name.casefold()
    if name in _HEADERLESS:
        return _headerless(file, *_HEADERLESS[name])
    if name.endswith(".txt"):
        return _histories(file)
    if name.endswith((".inter", ".item", ".user")):
        return _recbole(file)
    return raw_table(file)


def _columns(file: Path) -> dict[str, Typed]:
    return {name: typed for name, typed in _raw(file).columns.items() if typed is not None}


def _recbole(file: Path) -> RawTable:
    """Columns whose names say their type, such as ``user_id:token``; a ``token_seq`` is a list."""
    found = read_delimited(file)
    named = by_line(found.lines.tolist())
    columns = {}
    for name, cells in found.columns.items():
        plain, _colon, kind = name.partition(":")
        if kind.endswith("_seq"):
            cells = pa.chunked_array([pa.array(["|".join(cell.split()) for cell in cells.to_pylist()], pa.string())])
        columns[plain] = from_cells(plain, cells, named)
    return RawTable(columns, str(file), named, notes=found.notes, rejected=found.rejected)


def _headerless(file: Path, delimiter: str, names: Sequence[str]) -> RawTable:
    """Cells divided by a delimiter; zeros and ones of genres as one list of them.

    Raises:
        DataError: a line has another number of cells.
    """
    decoded = read_text(file)
    lines = decoded.text.splitlines()
    cells = [line.split(delimiter) for line in lines if line]
    if not cells:
        raise DataError(_("{file} is an empty file.", file=file))
    if (odd := next((row for row, found in enumerate(cells) if len(found) != len(names)), None)) is not None:
        raise DataError(
            _(
                "{file}, line {line} has {found} values divided by {delimiter!r}, not {wanted}.",
                file=file,
                line=odd + 1,
                found=len(cells[odd]),
                delimiter=delimiter,
                wanted=len(names),
            )
        )
    named = by_line(range(1, len(cells) + 1))
    by_name = {name: [row[place] for row in cells] for place, name in enumerate(names) if name}
    if set(_GENRES) <= set(by_name):
        flags = list(zip(*(by_name.pop(genre) for genre in _GENRES), strict=True))
        by_name["genres"] = ["|".join(g for g, flag in zip(_GENRES, row, strict=True) if flag == "1") for row in flags]
    columns: dict[str, Typed | None] = {
        name: from_cells(name, pa.chunked_array([pa.array(values, pa.string())]), named)
        for name, values in by_name.items()
    }
    return RawTable(columns, str(file), named, notes=decoded.notes)


def _are_histories(file: Path) -> bool:
    """Whether the first lines are a name and numbers each, most with several, and no name comes twice."""
    try:
        with file.open(encoding="utf-8") as stream:
            lines = [line for line in islice(stream, _LOOKED_AT) if line.strip()]
    except (OSError, UnicodeDecodeError):
        return False
    users = [line.split()[0] for line in lines]
    return len(lines) > 1 and all(map(_IDENTIFIERS.fullmatch, lines)) and len(set(users)) == len(users)


def _histories(file: Path) -> RawTable:
    decoded = read_text(file)
    lines = [(number, line.split()) for number, line in enumerate(decoded.text.splitlines(), 1) if line.strip()]
    users = [words[0] for _number, words in lines for _item in words[1:]]
    items = [item for _number, words in lines for item in words[1:]]
    numbers = [number for number, words in lines for _item in words[1:]]
    columns = {
        name: Typed(Column("category", objects(values)), np.zeros(len(values), bool))
        for name, values in (("user_id", users), ("item_id", items))
    }
    return RawTable(columns, str(file), by_line(numbers), notes=decoded.notes)
