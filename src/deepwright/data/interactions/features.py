"""What is known of items or users beside who took what: categories, lists, texts and numbers, as features.

A feature is there or not: ``genre: Comedy``. A cell with several values, divided by ``|``, has several; a text has its
words; a number falls into one of five ranges of about equal size.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from deepwright.data.interactions.arranged import Features
from deepwright.data.table import Column

_RANGES = 5
#: Features that fewer than so many have say nothing; of a kind, the most frequent are kept.
_LEAST, _MOST = 2, 5_000
_WORD = re.compile(r"[^\W_]+")
_LIST = re.compile(r"\s*[|;]\s*")


#: Columns that hold a name for people, in this order.
_TITLES = ("title", "name", "movietitle", "itemname", "标题", "名称", "书名", "片名")


def features_of(columns: Mapping[str, Column], places: Sequence[int], count: int) -> Features:
    """The features of things from the columns of a table.

    Args:
        columns: by name, without the one that identifies.
        places: [rows] of each row's thing.
        count: things.
    """
    found: list[list[str]] = [[] for _thing in range(count)]
    for name, column in columns.items():
        for place, values in zip(places, _values(column), strict=True):
            found[place] += [f"{name}: {value}" for value in values]
    often = Counter(feature for of_one in found for feature in set(of_one))
    kept = [feature for feature, number in often.most_common(_MOST) if number >= min(_LEAST, count)]
    number_of = {feature: number for number, feature in enumerate(sorted(kept))}
    numbers = tuple(tuple(sorted({number_of[f] for f in of_one if f in number_of})) for of_one in found)
    return Features(tuple(sorted(kept)), numbers, _titles(columns, places, count))


def _titles(columns: Mapping[str, Column], places: Sequence[int], count: int) -> tuple[str, ...]:
    known = {re.sub(r"[\W_]+", "", name.partition(":")[0].casefold()): name for name in columns}
    title = next((known[wanted] for wanted in _TITLES if wanted in known), None)
    if title is None or columns[title].kind not in ("text", "category"):
        return ()
    titles = [""] * count
    for place, value in zip(places, columns[title].values.tolist(), strict=True):
        titles[place] = str(value)
    return tuple(titles)


def _values(column: Column) -> Iterator[list[str]]:
    """The values that each row has."""
    if column.kind == "number":
        yield from _ranges(column)
    elif column.kind == "labels":
        yield from ([str(value) for value in values] for values in column.values)
    elif column.kind == "time":
        yield from ([str(value)[:4]] if value == value else [] for value in column.values.astype("datetime64[Y]"))
    else:
        texts = [str(value) for value in column.values.tolist()]
        lists = sum(bool(_LIST.search(text)) for text in texts) > 0
        different = len(set(texts)) > len(texts) / 2
        for text in texts:
            parts = _LIST.split(text) if lists else _WORD.findall(text.casefold()) if different else [text]
            yield [part for part in parts if part.strip()]


def _ranges(column: Column) -> Iterator[list[str]]:
    """Numbers by quantiles; few different ones as they are."""
    values = column.values
    given = np.unique(values[~np.isnan(values)])
    if len(given) <= 2 * _RANGES:
        yield from ([f"{value:g}"] if value == value else [] for value in values.tolist())
        return
    bounds = np.unique(np.nanquantile(values, np.arange(1, _RANGES) / _RANGES))
    places = np.asarray(np.searchsorted(bounds, values, side="right"))
    for value, place in zip(values.tolist(), places.tolist(), strict=True):
        low = "" if place == 0 else f"{bounds[place - 1]:g}"
        high = "" if place == len(bounds) else f"{bounds[place]:g}"
        yield [f"{low}–{high}"] if value == value else []
