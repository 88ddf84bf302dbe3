"""What the columns of a table are for: which name pictures, which divides the rows, which is to be learnt."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from deepwright.config.settings import DataSettings
from deepwright.data.pairs import WRITTEN, is_language, labels_instead, likely_pair
from deepwright.data.pictures.opening import SUFFIXES
from deepwright.data.table import Column, ColumnKind
from deepwright.errors import ConfigError, DataError, nearest
from deepwright.messages import _, listing

#: What a column that is to be learnt is usually called, in this order.
USUAL_LABELS = ("label", "labels", "class", "category", "target", "y")
#: What a column of pictures is usually called, in this order; ``file_name`` is that of Hugging Face's ImageFolder.
_USUAL_PICTURES = ("image", "file_name")
#: The kinds of columns that can be learnt.
LEARNABLE: tuple[ColumnKind, ...] = ("category", "labels", "number")
_SPLIT_COLUMNS = ("split", "subset", "partition")
#: The split that each usual name of one stands for.
PARTS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}
_WEB = ("http://", "https://")
#: A column names pictures if at most one value in so many does not end like a picture file.
_IN = 10


@dataclass(frozen=True)
class Schema:
    """The parts that columns play.

    Attributes:
        pictures: columns that hold pictures or name their files.
        texts: columns of which each is read as text; the input is one of them, or none.
        pair: the text that is read and the one that is written for it, both of which every row needs; empty if the
            columns are no pairs.
        split: the column that says to which split a row belongs.
        label: the column that is to be learnt, if it is known already.
        notes: what was decided, as translated sentences.
    """

    pictures: tuple[str, ...]
    texts: tuple[str, ...]
    split: str | None
    label: str | None
    notes: tuple[str, ...] = ()
    pair: tuple[str, ...] = ()


def schema_of(columns: Mapping[str, Column], source: str, settings: DataSettings) -> Schema:
    """The parts that the columns play: those that the settings name, else those that are plain.

    Args:
        columns: by name.
        source: what the user calls the table.
        settings: the columns that play a role.

    Raises:
        ConfigError: a role names a column that is not there, or one that cannot play it.
        DataError: a column names pictures on the web, or pairs are asked for and there are none.
    """
    for role, name in settings.columns.items():
        require_column(columns, role, name, source)
    if settings.pairs and (pair := _pair(columns, source, settings)):
        return pair
    pictures = _pictures(columns, source, settings)
    texts = _texts(columns, pictures, settings)
    split, notes = _split(_free(columns, settings, pictures))
    label = settings.columns.get("label")
    if label is None:
        likely = likely_labels({name: c for name, c in columns.items() if name != split}, (*pictures, *texts))
        label = likely[0] if len(likely) == 1 else None
    if label is not None and texts and _names_pictures(label, columns[label]):
        raise ConfigError(
            _(
                "{source}: learning from the column {input!r}, what is to be learnt would be the column {label!r}, "
                "which names pictures. Learn from the pictures with --input {label}, or choose what is to be learnt "
                "with --target NAME.",
                source=source,
                input=texts[0],
                label=label,
            )
        )
    if (instead := labels_instead(columns, settings.columns)) is not None and settings.pairs == "auto":
        notes += (
            _(
                "{column} holds values that recur, so that they are labels; if they are texts to be written, give "
                "--task translation.",
                column=instead,
            ),
        )
    return Schema(pictures, texts, split, label, notes)


def _pair(columns: Mapping[str, Column], source: str, settings: DataSettings) -> Schema | None:
    """The parts that columns play of which one is written for another; None if there are no such ones.

    Raises:
        ConfigError: a named column holds no texts, or several could be meant.
        DataError: pairs are asked for and there are none.
    """
    asked = settings.pairs is True
    split, notes = _split(_free(columns, settings, ()))
    apart = {split, settings.split.group, settings.split.time} - {*settings.columns.values()}
    usable = {name: column for name, column in columns.items() if name not in apart}
    found = likely_pair(usable, settings.columns, asked)
    if not found and not asked:
        return None
    if len(found) < 2:
        raise DataError(
            _(
                "{source}: pairs of texts need two columns, the text that is read and the one that is written for it; "
                "its columns are: {columns}. Name them with --input NAME --target NAME.",
                source=source,
                columns=described(columns),
            )
        )
    if len(found) > 2:
        raise ConfigError(
            _(
                "{source} holds texts in several languages: {names}. Choose the one that is read with --input NAME and "
                "the one that is written for it with --target NAME.",
                source=source,
                names=listing(found),
            )
        )
    if (other := next((name for name in found if columns[name].kind not in WRITTEN), None)) is not None:
        raise ConfigError(
            _(
                "{source}: the column {column!r} holds values of the kind {kind}, which are no texts.",
                source=source,
                column=other,
                kind=columns[other].kind,
            )
        )
    return Schema((), found[:1], split, found[1], (*notes, *_said_of(found)), found)


def _said_of(pair: Sequence[str]) -> Iterator[str]:
    """That two columns are read as pairs; of two languages, also how the direction is turned."""
    source, target = pair
    said = _(
        "Pairs: {target} is written for {source}; both are taken as they are written.", source=source, target=target
    )
    turned = _("Turn it by {options}.", options=f"--input {target} --target {source}")
    yield f"{said} {turned}" if is_language(source) else said


def _free(columns: Mapping[str, Column], settings: DataSettings, pictures: Sequence[str]) -> dict[str, Column]:
    """The columns that play no part yet."""
    used = {*settings.columns.values(), settings.split.group, settings.split.time, *pictures}
    return {name: column for name, column in columns.items() if name not in used}


def likely_labels(columns: Mapping[str, Column], inputs: Sequence[str]) -> list[str]:
    """The columns that could be meant to be learnt: the first of a usual name, else all whose kind allows it."""
    could = [name for name, column in columns.items() if column.kind in LEARNABLE and name not in inputs]
    usual = [name for wanted in USUAL_LABELS for name in could if name.casefold() == wanted]
    return usual[:1] or could


def require_column(columns: Collection[str], role: str, name: str, source: str) -> None:
    """Refuse a role whose column is not there.

    Args:
        columns: the names of those that are.
        role: in data.columns.
        name: the column that plays it.
        source: what the user calls the table.

    Raises:
        ConfigError: there is no such column; the message names those that are, and the nearest.
    """
    if name in columns:
        return
    near = nearest(name, columns)
    raise ConfigError(
        _(
            "data.columns.{role} names the column {column!r}; {source} has: {known}.",
            role=role,
            column=name,
            source=source,
            known=listing(columns),
        )
        + (" " + _("Did you mean {names}?", names=listing(near)) if near else "")
    )


def is_picture_name(text: str) -> bool:
    """Whether a text ends like the name of a picture file."""
    return f".{text.rpartition('.')[2].casefold()}" in SUFFIXES and "." in text


def parts_of(column: Column) -> npt.NDArray[Any]:
    """The split of each row [N]: train, validation, test, or an empty text."""
    return np.array([PARTS.get(value.strip().casefold(), "") for value in column.values.tolist()])


def described(columns: Mapping[str, Column]) -> str:
    """Columns with their kinds, for a sentence; of many, the first."""
    shown = [f"{name}: {column.kind}" for name, column in columns.items()]
    return listing([*shown[:12], *([f"… ({len(shown)})"] if len(shown) > 12 else [])])


def _pictures(columns: Mapping[str, Column], source: str, settings: DataSettings) -> tuple[str, ...]:
    named, wanted = settings.columns.get("image"), settings.columns.get("input")
    if named is not None and columns[named].kind not in ("image", "category", "text"):
        raise ConfigError(
            _(
                "data.columns.image names the column {column!r}, which holds values of the kind {kind}, "
                "not paths of pictures.",
                column=named,
                kind=columns[named].kind,
            )
        )
    if named is None and "text" in settings.columns:
        return ()
    candidates = columns if wanted is None else [wanted]
    found = (named,) if named else tuple(name for name in candidates if _names_pictures(name, columns[name]))
    for name in found:
        _refuse_web(name, columns[name], source)
    return found


def _texts(columns: Mapping[str, Column], pictures: Sequence[str], settings: DataSettings) -> tuple[str, ...]:
    """The columns of text: the one that the settings name, even if its values recur, else all that are prose."""
    named = settings.columns.get("text", settings.columns.get("input"))
    if named is None:
        others = set(settings.columns.values())
        return tuple(n for n, c in columns.items() if c.kind == "text" and n not in pictures and n not in others)
    if columns[named].kind in ("category", "text"):
        return () if named in pictures else (named,)
    if "text" not in settings.columns:
        return ()
    raise ConfigError(
        _(
            "data.columns.text names the column {column!r}, which holds values of the kind {kind}, not text.",
            column=named,
            kind=columns[named].kind,
        )
    )


def _names_pictures(name: str, column: Column) -> bool:
    if column.kind not in ("category", "text"):
        return column.kind == "image"
    given = [value for value in column.values.tolist() if value]
    if name.strip().casefold() in _USUAL_PICTURES:
        return bool(given)
    others = (value for value in given if not is_picture_name(value))
    return bool(given) and next(islice(others, len(given) // _IN, None), None) is None


def _refuse_web(name: str, column: Column, source: str) -> None:
    address = next((v for v in column.values.tolist() if v.startswith(_WEB)), None) if column.kind != "image" else None
    if address is not None:
        raise DataError(
            _(
                "{source}: the column {column!r} holds addresses of the web, such as {address}. Fetch the pictures "
                "first and name their files.",
                source=source,
                column=name,
                address=address,
            )
        )


def _split(columns: Mapping[str, Column]) -> tuple[str | None, tuple[str, ...]]:
    """The column that divides the rows, and why one that seems to does not."""
    for name, column in columns.items():
        if name.strip().casefold() not in _SPLIT_COLUMNS:
            continue
        found = np.unique(column.values).tolist() if column.kind in ("category", "number") else []
        values = {str(value).strip().casefold(): str(value) for value in found if value or value == 0}
        others = [value for key, value in values.items() if key not in PARTS]
        has_train = "train" in {PARTS.get(key) for key in values}
        if has_train and not others:
            return name, ()
        shown = listing(others[:5])
        if not others:
            problem = _("it has no train")
        else:
            problem = _("it also holds {values}", values=shown) if has_train else _("it holds {values}", values=shown)
        return None, (_("The column {column} does not divide the rows: {problem}.", column=name, problem=problem),)
    return None, ()
