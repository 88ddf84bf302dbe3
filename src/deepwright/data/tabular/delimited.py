"""Delimited text (CSV, TSV) as columns of texts, each row with the line on which it begins.

Rows are parsed by Arrow. Where values are quoted or rows differ in length, the lines are looked at once more, strictly:
Arrow neither counts lines nor minds a quote that is never closed.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from deepwright.data.files.text_files import read_text
from deepwright.data.schema import is_picture_name
from deepwright.data.table import Rejected
from deepwright.errors import DataError
from deepwright.messages import _, listing, plural

_DELIMITERS = (",", "\t", ";", "|")
_USUAL_DELIMITERS = (",", "\t")
_SNIFFED_ROWS = 20
_MOST_COLUMNS = 10_000
#: A row must fit into a block.
_BLOCK_BYTES = 2**26
_MOST_CHARACTERS = 2**31 - 1
_LINE = re.compile(r"[^\r\n]*(?:\r\n|[\r\n])|[^\r\n]+")
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")


@dataclass(frozen=True)
class Delimited:
    """Columns of texts.

    Attributes:
        columns: by name, N texts each.
        lines: [N] on which the rows begin, from 1.
        notes: what was noticed, as translated sentences.
        rejected: rows with another number of values than the header.
    """

    columns: dict[str, pa.ChunkedArray]
    lines: npt.NDArray[np.int64]
    notes: list[str]
    rejected: list[Rejected]


def read_delimited(file: Path) -> Delimited:
    """Read a file whose first line names its columns.

    Raises:
        DataError: it is no text, has no header or no rows, two columns share a name, or a quote is not closed.
    """
    decoded = read_text(file)
    text = decoded.text
    delimiter = _delimiter(text, file)
    layout = _layout(text, delimiter, file) if '"' in text else None
    header = next(_rows(text, delimiter), [])
    _require_header(header, file)
    parsed, ragged = _parsed(text, delimiter, len(header), file)
    if layout is None and (ragged or _num_lines(text) != len(parsed)):
        layout = _layout(text, delimiter, file)
    lines, rejected = _lines(layout, len(parsed), len(header))
    if len(rejected) >= len(parsed):
        raise DataError(_mostly_ragged(file, rejected))
    if len(parsed) == 1:
        raise DataError(_("{file} has a header, but no rows.", file=file))
    notes = [*decoded.notes]
    if delimiter not in _USUAL_DELIMITERS:
        notes.append(_("{file} is divided by {delimiter!r}.", file=file.name, delimiter=delimiter))
    if nameless := [number for number, name in enumerate(header, 1) if not name]:
        notes.append(
            _("Columns without a name are left out: {columns}.", columns=listing(nameless)),
        )
    columns = {name: parsed[position][1:] for position, name in enumerate(header) if name}
    return Delimited(columns, lines[1:], notes, rejected)


def _delimiter(text: str, file: Path) -> str:
    """The character that divides the header into as many names as most of the first rows have values."""
    order = ("\t", *_DELIMITERS) if ".tsv" in file.name.casefold() else _DELIMITERS
    agreeing: dict[str, int] = {}
    for delimiter in order:
        header, *rows = [*islice(_rows(text, delimiter), 1 + _SNIFFED_ROWS)] or [[]]
        if len(header) > 1:
            agreeing[delimiter] = sum(len(row) == len(header) for row in rows)
    return max(agreeing, key=lambda delimiter: agreeing[delimiter], default=order[0])


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """Rows that are not empty, up to one that is too long to be one; tolerant."""
    try:
        yield from filter(None, csv.reader((match.group() for match in _LINE.finditer(text)), delimiter=delimiter))
    except csv.Error:
        return


def _layout(text: str, delimiter: str, file: Path) -> list[tuple[int, int]]:
    """The line on which each row begins, from 1, and how many values it has.

    Raises:
        DataError: a quote is not closed, or text follows a closed one.
    """
    found = []
    usual_limit = csv.field_size_limit(_MOST_CHARACTERS)
    rows = csv.reader((match.group() for match in _LINE.finditer(text)), delimiter=delimiter, strict=True)
    begin = 1
    try:
        for row in rows:
            if row:
                found.append((begin, len(row)))
            begin = rows.line_num + 1
    except csv.Error as error:
        raise DataError(_badly_quoted(file, begin, str(error))) from None
    finally:
        csv.field_size_limit(usual_limit)
    return found


def _badly_quoted(file: Path, line: int, problem: str) -> str:
    if "end of data" in problem:
        return _(
            "{file}, line {line}: a value begins with a quote that is never closed. Close it, or write quotes within "
            "a value twice.",
            file=file,
            line=line,
        )
    return _(
        "{file}, line {line}: text follows the quote that closes a value. Quotes within a value are written twice.",
        file=file,
        line=line,
    )


def _require_header(header: Sequence[str], file: Path) -> None:
    if not any(header):
        raise DataError(_("{file} has no header: its first line must name the columns.", file=file))
    if len(header) > _MOST_COLUMNS:
        raise DataError(
            _(
                "{file} has {found:,} columns; at most {most:,} are read.",
                file=file,
                found=len(header),
                most=_MOST_COLUMNS,
            )
        )
    example = next((name for name in header if is_picture_name(name) or _is_file(file.parent, name)), None)
    if example is None and all(map(_NUMBER.fullmatch, header)):
        example = header[0]
    if example is not None:
        raise DataError(
            _(
                "{file} has no header: its first line holds values, such as {value!r}. "
                "Put a line before it that names the columns, such as {example}.",
                file=file,
                value=example,
                example="image,label",
            )
        )
    twice = [name for name, count in Counter(filter(None, header)).items() if count > 1]
    if twice:
        raise DataError(
            _(
                "{file}: several columns are named {name!r}: {columns}. Each needs a name of its own.",
                file=file,
                name=twice[0],
                columns=listing(number for number, name in enumerate(header, 1) if name == twice[0]),
            )
        )


def _is_file(folder: Path, name: str) -> bool:
    try:
        return bool(name) and (folder / name).is_file()
    except (OSError, ValueError):
        return False


def _parsed(text: str, delimiter: str, num_columns: int, file: Path) -> tuple[pa.Table, bool]:
    """All rows with so many values, the header among them, and whether there are others."""
    ragged = False

    def skip(_row: object) -> str:
        nonlocal ragged
        ragged = True
        return "skip"

    names = [str(position) for position in range(num_columns)]
    try:
        table = pa.csv.read_csv(
            pa.py_buffer(text.encode()),
            pa.csv.ReadOptions(column_names=names, block_size=_BLOCK_BYTES),
            pa.csv.ParseOptions(delimiter=delimiter, newlines_in_values='"' in text, invalid_row_handler=skip),
            pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
        )
    except pa.ArrowInvalid as error:
        raise DataError(
            _("{file} cannot be read as a table: {problem}.", file=file, problem=str(error).rstrip("."))
        ) from None
    return table, ragged


def _num_lines(text: str) -> int:
    return text.count("\n") + (not text.endswith("\n"))


def _lines(
    layout: Sequence[tuple[int, int]] | None, num_rows: int, num_columns: int
) -> tuple[npt.NDArray[np.int64], list[Rejected]]:
    if layout is None:
        return np.arange(1, num_rows + 1), []
    lines = np.array([line for line, count in layout if count == num_columns], np.int64)
    rejected = [
        Rejected(
            _("line {line}", line=line),
            plural(
                "It has {n} value, the header has {expected}.",
                "It has {n} values, the header has {expected}.",
                count,
                expected=num_columns,
            ),
        )
        for line, count in layout
        if count != num_columns
    ]
    return lines, rejected


def _mostly_ragged(file: Path, rejected: Sequence[Rejected]) -> str:
    return plural(
        "{file}: {n} row does not fit the header, {name}: {reason}",
        "{file}: {n} rows do not fit the header; the first is {name}: {reason}",
        len(rejected),
        file=file,
        name=rejected[0].name,
        reason=rejected[0].reason,
    )
