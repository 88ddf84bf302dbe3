"""JSON Lines as columns of values: one object on each line, one column for each key."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from deepwright.data.files.text_files import read_text
from deepwright.errors import DataError
from deepwright.messages import _

_LINE_END = re.compile(r"\r\n|\r|\n")
_MOST_COLUMNS = 1_000


class JsonLines(NamedTuple):
    """Columns of values.

    Attributes:
        columns: by key, N values each; None where an object lacks the key.
        lines: [N] on which the objects stand, from 1.
        notes: what was noticed, as translated sentences.
    """

    columns: dict[str, list[Any]]
    lines: list[int]
    notes: list[str]


def read_json_lines(file: Path) -> JsonLines:
    """Read a file that holds one JSON object on each line; empty lines are passed over.

    Raises:
        DataError: it is no text, holds no objects, or a line is not a JSON object.
    """
    decoded = read_text(file)
    columns: dict[str, list[Any]] = {}
    lines: list[int] = []
    for line, text in enumerate(_LINE_END.split(decoded.text), 1):
        if not text.strip():
            continue
        for key, value in _object(text, line, file).items():
            column = columns.setdefault(key, [])
            column.extend([None] * (len(lines) - len(column)))
            column.append(value)
        lines.append(line)
        if len(columns) > _MOST_COLUMNS:
            raise DataError(
                _(
                    "{file}, line {line}: there are more than {most:,} different keys.",
                    file=file,
                    line=line,
                    most=_MOST_COLUMNS,
                )
            )
    if not columns:
        raise DataError(_("{file} holds no objects.", file=file))
    for column in columns.values():
        column.extend([None] * (len(lines) - len(column)))
    return JsonLines(columns, lines, list(decoded.notes))


def _object(text: str, line: int, file: Path) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        problem, place = (error.msg, error.colno) if isinstance(error, json.JSONDecodeError) else (str(error), 1)
        raise DataError(
            _(
                "{file}, line {line}, column {column}: this is not a JSON object on one line: {problem}.",
                file=file,
                line=line,
                column=place,
                problem=problem,
            )
        ) from None
    if not isinstance(value, dict):
        raise DataError(
            _(
                "{file}, line {line}: there is {found}, not an object such as {example}.",
                file=file,
                line=line,
                found=text[:20],
                example='{"image": "a.jpg", "label": "cat"}',
            )
        )
    return value
