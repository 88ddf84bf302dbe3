"""Small pictures and beginnings of texts, so that a report can show what the data looks like."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from deepwright.data.class_names import counting_order
from deepwright.data.inspection.near_duplicates import Rows
from deepwright.data.inspection.overview import Inspection
from deepwright.data.splits import Splits
from deepwright.data.table import Column, Table

#: Pairs of duplicates, and rows of which the label is doubted, that are shown.
PAIRS, DOUBTED = 12, 24
_PICTURES, _CLASSES, _MOST = 96, 32, 12
#: Texts of a class, and pairs of texts, that are shown, and characters of each.
_TEXTS, _PAIRS, _CHARACTERS = 4, 12, 240
#: Longer side in pixels, the bytes that a small picture should not exceed, and the qualities that are tried for it.
_SIDE, _BYTES, _QUALITIES = 72, 1500, (75, 60, 45, 30)
#: Levels of 255 by which two programs' JPEG files of one picture may differ on average.
_LOSSY = 8.0


def samples(
    table: Table, inspection: Inspection, splits: Splits | None = None, label: Column | None = None
) -> dict[str, Any]:
    """Pictures of each class, and those of the gravest duplicates.

    Args:
        table: what was inspected.
        inspection: what was found.
        splits: pictures of a class come from the training split; from all rows if None.
        label: the column that is to be learnt; None where there is none.

    Returns:
        ``groups``, for each class its name, the rows that are shown and, where numbers are learnt, their values;
        ``pictures``, by row as data URIs; ``names``, by row, where rows have names; ``texts``, by row, where texts are
        learnt from; and ``targets``, by row, where texts are written for these. All are empty where there are neither
        pictures nor texts.
    """
    if inspection.pictures is None and inspection.texts is None:
        return {"groups": [], "pictures": {}, "names": {}}
    rows = np.arange(len(table)) if splits is None else splits.train
    groups = _groups(label, rows)
    if inspection.texts is not None:
        groups = [_fewer(group, _TEXTS if inspection.pairs is None else _PAIRS) for group in groups]
    twins = [] if inspection.duplicates is None else inspection.duplicates.listed[:PAIRS]
    shown = [row for group in groups for row in group["rows"]] + [row for twin in twins for row in twin.rows[:2]]
    return {
        "groups": groups,
        "pictures": {} if inspection.pictures is None else thumbnails(table, inspection.pictures.column, shown),
        **({} if inspection.texts is None else {"texts": beginnings(table, inspection.texts.column, shown)}),
        **({} if inspection.pairs is None else {"targets": beginnings(table, inspection.pairs.target, shown)}),
        "names": {} if table.names is None else {str(row): str(table.names[row]) for row in sorted(set(shown))},
    }


def beginnings(table: Table, text: str, rows: Iterable[int]) -> dict[str, str]:
    """What some texts begin with, by row.

    Args:
        table: that holds them.
        text: the column of texts.
        rows: whose texts are shown.
    """
    values = table.columns[text].values
    return {str(row): beginning(values[row]) for row in sorted(set(rows))}


def beginning(text: str) -> str:
    """The first characters of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= _CHARACTERS else f"{line[:_CHARACTERS].rstrip()} …"


def thumbnails(table: Table, image: str, rows: Iterable[int]) -> dict[str, str]:
    """Small versions of some pictures as data URIs, by row.

    Args:
        table: that holds them.
        image: the column of pictures.
        rows: whose pictures are shown.
    """
    wanted = np.unique(np.fromiter(rows, np.int64))
    pictures = np.asarray(table.columns[image].values[wanted])
    return {str(row): thumbnail(picture) for row, picture in zip(wanted, pictures, strict=True)}


def thumbnail(picture: Any) -> str:
    """One picture, uint8 [H, W] or [H, W, 3], made small as a data URI: PNG or JPEG, whichever is smaller."""
    image = Image.fromarray(picture)
    image.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    lossy = [_bytes(image, "jpeg", quality) for quality in _QUALITIES]
    forms = {"png": _bytes(image, "png"), "jpeg": next((form for form in lossy if len(form) <= _BYTES), lossy[-1])}
    kind = min(forms, key=lambda kind: len(forms[kind]))
    return f"data:image/{kind};base64,{base64.b64encode(forms[kind]).decode()}"


def same_picture(one: str, other: str, levels: int = 0) -> bool:
    """Whether two data URIs show the same picture.

    PNG files keep every pixel, which may differ by so many levels of 255. JPEG files are written differently by
    different programs: of them the mean over all pixels may differ by ``_LOSSY`` levels.
    """
    if one == other:
        return True
    first, second = _opened(one), _opened(other)
    if first.mode != second.mode or first.size != second.size:
        return False
    difference = np.abs(np.asarray(first, np.int64) - np.asarray(second, np.int64))
    lossless = first.format == second.format == "PNG"
    return bool(difference.max(initial=0) <= levels if lossless else difference.mean() <= _LOSSY)


def _opened(uri: str) -> Image.Image:
    """The picture in a data URI; raises ValueError for whatever is none."""
    kind, comma, encoded = uri.partition(",")
    if not comma or kind not in ("data:image/png;base64", "data:image/jpeg;base64"):
        raise ValueError(kind)
    picture = Image.open(io.BytesIO(base64.b64decode(encoded, validate=True)), formats=("PNG", "JPEG"))
    picture.load()
    return picture


def _groups(column: Column | None, rows: Rows) -> list[dict[str, Any]]:
    rng = np.random.default_rng(0)
    if column is None or column.kind == "text":
        return [{"name": None, "rows": _some(rows, _PICTURES // 2, rng)}]
    if column.kind == "number":
        ordered = rows[np.argsort(column.values[rows], kind="stable")]
        places = np.unique(np.linspace(0, len(rows) - 1, _PICTURES // 2).round().astype(int))
        return [{"name": None, "rows": ordered[places].tolist(), "values": column.values[ordered[places]].tolist()}]
    members = _members(column, rows)
    largest = sorted(sorted(members), key=lambda name: -len(members[name]))[:_CLASSES]
    each = min(_MOST, _PICTURES // max(1, len(largest)))
    return [{"name": name, "rows": _some(members[name], each, rng)} for name in sorted(largest, key=counting_order)]


def _fewer(group: dict[str, Any], most: int) -> dict[str, Any]:
    """Of texts, which take a line each, fewer are shown than of pictures."""
    step = max(1, math.ceil(len(group["rows"]) / most))
    return {key: value[::step] if isinstance(value, list) else value for key, value in group.items()}


def _members(column: Column, rows: Rows) -> Mapping[str, Sequence[int]]:
    """The rows of each class or label."""
    members: dict[str, list[int]] = {}
    for row in rows.tolist():
        value = column.values[row]
        for name in value if column.kind == "labels" else [value]:
            members.setdefault(str(name), []).append(row)
    return members


def _some(rows: Sequence[int] | Rows, count: int, rng: np.random.Generator) -> list[int]:
    chosen: list[int] = np.sort(rng.choice(np.asarray(rows), min(count, len(rows)), replace=False)).tolist()
    return chosen


def _bytes(image: Image.Image, kind: str, quality: int = 0) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, optimize=True, quality=quality)
    return stream.getvalue()
