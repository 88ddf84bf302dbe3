"""Pairs of texts: of which two columns one is read and the other one is written for it.

Both are taken exactly as they are written: a date, a number or a word that recurs is a text like any other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from deepwright.contracts import TARGET
from deepwright.data.table import Column, ColumnKind
from deepwright.errors import ConfigError
from deepwright.messages import _

#: The task that learns from pairs.
TASK = "translation"
#: What the two columns are usually called: what is read, and what is written for it.
NAMES = (("source", "target"), ("src", "tgt"), ("src", "trg"), ("input", "output"))
#: Codes of languages: ISO 639-1, and two that are often taken for it.
_CODES = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en "
    "eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv "
    "ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne "
    "ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st "
    "su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu cn jp"
)
LANGUAGES = frozenset(_CODES.split())
_LANGUAGE = re.compile(r"([a-z]{2})([-_][a-z]{2,4})?", re.IGNORECASE)
#: The kinds of columns that can be taken as they are written.
WRITTEN: tuple[ColumnKind, ...] = ("text", "category", "number", "time")
#: Other names that say what is to be learnt, and that it is no text.
_LABELS = ("label", "labels", "class", "category", "y")
#: Values of which there are at most so many different ones, or which are each there so often, are labels.
_MOST_LABELS, _OFTEN = 100, 20


def is_language(name: str) -> bool:
    """Whether a name is the code of a language, such as ``de``, ``zh-CN`` or ``pt_BR``."""
    found = _LANGUAGE.fullmatch(name.strip())
    return found is not None and found[1].lower() in LANGUAGES


def pair_of(columns: Mapping[str, Column], roles: Mapping[str, str], asked: bool = False) -> tuple[str, str] | None:
    """The column that is read and the one that is written for it, both of the kind text; None if there are none.

    Args:
        columns: by name, as they were read.
        roles: columns by role: ``text`` or ``input``, and ``label``.
        asked: whether the user asked for pairs, which then are not guessed.
    """
    found = likely_pair(columns, roles, asked)
    return (found[0], found[1]) if len(found) == 2 and all(columns[name].kind == "text" for name in found) else None


def likely_pair(columns: Mapping[str, Column], roles: Mapping[str, str], asked: bool) -> tuple[str, ...]:
    """The column that is read and the one that is written for it; more if others could be; empty if none can.

    Args:
        columns: by name, whatever their kinds.
        roles: columns by role, as they were named.
        asked: whether the user asked for pairs; otherwise they have to be named like pairs, and hold texts.

    Raises:
        ConfigError: the two are the same column.
    """
    source, target = roles.get("text", roles.get("input")), roles.get(TARGET)
    if source is not None and source == target:
        raise ConfigError(
            _("--input and --target both name the column {column!r}; a pair has two columns.", column=source)
        )
    if "image" in roles:
        return ()
    if asked and source is not None and target is not None:
        return source, target
    given = [name for name in (source, target) if name is not None]
    families = [family for family in _families(columns, asked) if set(given) <= set(family)]
    family = families[0] if families else tuple(columns) if asked and len(columns) == 2 else ()
    if not family or not (asked or _are_texts(columns, family)):
        return ()
    if source is not None and target is not None:
        return source, target
    others = tuple(name for name in family if name not in given)
    return (source, *others) if source is not None else (*others, target) if target is not None else others


def labels_instead(columns: Mapping[str, Column], roles: Mapping[str, str]) -> str | None:
    """The column that is named like the text to be written, but holds labels that recur; None if there is none."""
    family = next(iter(_families(columns, False)), ())
    target = family[1] if len(family) == 2 else None
    if target is None or roles or {columns[name].kind for name in family} == {"number"}:
        return None
    return target if recur(columns[target]) else None


def recur(column: Column) -> bool:
    """Whether values are so often the same that they are labels rather than texts that are written."""
    given = [value for value in column.values.tolist() if value == value and value not in ("", None)]
    count, different = len(given), len(set(given))
    return different <= max(min(_MOST_LABELS, count // 2), count // _OFTEN)


def _families(columns: Mapping[str, Column], asked: bool) -> list[tuple[str, ...]]:
    """Columns that are named like pairs: by usual names, or by languages, of which there may be more than two."""
    known = {name.strip().casefold(): name for name in columns}
    families: list[tuple[str, ...]] = [
        (known[one], known[other]) for one, other in NAMES if one in known and other in known
    ]
    kinds = WRITTEN if asked else ("text", "category")
    languages = tuple(name for name, column in columns.items() if is_language(name) and column.kind in kinds)
    return [*families, *([languages] if len(languages) > 1 else [])]


def _are_texts(columns: Mapping[str, Column], family: Sequence[str]) -> bool:
    """Whether columns that are named like pairs hold texts, and nothing else is there to be learnt.

    Numbers are texts if they are whole and belong to words, such as ``twelve``: others are measured, and learnt as
    numbers.
    """
    if len(family) > 2:
        return set(family) == set(columns)
    pair = [columns[name] for name in family]
    numbers = [column for column in pair if column.kind == "number"]
    if len(numbers) == 2 or any(
        column.kind not in WRITTEN or (column.kind != "text" and recur(column)) for column in pair
    ):
        return False
    if not all(_whole(column) for column in numbers):
        return False
    others = {name.strip().casefold(): column for name, column in columns.items() if name not in family}
    return not any(name in others and others[name].kind in ("category", "labels", "number") for name in _LABELS)


def _whole(column: Column) -> bool:
    given = column.values[~np.isnan(column.values)]
    return bool(np.all(given == np.rint(given)))
