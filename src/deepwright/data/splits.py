"""Splits: which rows train, which choose and calibrate, and which are read once, at the end.

Every method is a function of the table and the seed alone. Groups stay whole, time never runs backwards, classes
keep their shares, passages of a text stay beside each other, and splits that the data gives are respected.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from deepwright.config.settings import SplitMethod, SplitSettings
from deepwright.data.interactions.splitting import method_of, split_interactions
from deepwright.data.table import Table
from deepwright.data.texts.passages import Passages
from deepwright.errors import ConfigError, DataError
from deepwright.messages import _, plural

#: Passages of a long text that validate, and that test, at most.
_JUDGED = 500
#: Rows of which it is surprising that they are too few.
_SURPRISING = 100
#: Texts whose order is that of time.
_ISO = re.compile(r"\d{4}(-\d{2}){0,2}([T ].*)?$")
Rows = npt.NDArray[np.int64]
Strata = npt.NDArray[Any]


@dataclass(frozen=True)
class Splits:
    """Rows of each split, without overlap.

    Attributes:
        method: how they were divided; never ``auto``.
        train: rows that models learn from.
        validation: rows that choose and calibrate.
        test: rows that are read once, at the end.
        groups: for every row of the table [N] the index of its group; None where rows were not divided by groups.
    """

    method: SplitMethod
    train: Rows
    validation: Rows
    test: Rows
    groups: Rows | None = None

    def __getitem__(self, name: str) -> Rows:
        return {"train": self.train, "validation": self.validation, "test": self.test}[name]


def split_rows(table: Table, settings: SplitSettings, strata: Strata | None, seed: int) -> Splits:
    """Divide the rows of a table.

    Args:
        table: what to divide.
        settings: method, shares and columns.
        strata: [N] what keeps its shares in every split, such as the class; None if nothing does.
        seed: of the shuffling.

    Raises:
        ConfigError: the settings name a column that is not there, or contradict each other.
        DataError: a split would be empty.
    """
    users = next((column.values for column in table.columns.values() if column.kind == "user"), None)
    method = method_of(settings) if users is not None else _method(table, settings, strata is not None)
    if settings.validation + settings.test >= 1:
        raise ConfigError(
            _(
                "data.split.validation and data.split.test are {sum:g} together; nothing would be left to train on.",
                sum=settings.validation + settings.test,
            )
        )
    rng = np.random.default_rng([seed, 0x5B11])
    rows = np.arange(len(table))
    if users is not None:
        splits = split_interactions(users, method, settings, rng)
    elif method == "given":
        splits = _given(table, settings, strata, rng)
    elif method == "time":
        order = rows[np.argsort(_times(table, settings), kind="stable")]
        splits = _cut(order, settings)
    elif method == "group":
        splits = _by_group(groups_of(table, settings), settings, rng)
    elif method == "contiguous":
        splits = _in_order(rows, _documents(table), settings)
    else:
        splits = _stratified(rows, strata if method == "stratified" else None, settings, rng)
    groups = groups_of(table, settings) if method == "group" else None
    train, validation, test = (np.sort(splits[name]) for name in ("train", "validation", "test"))
    divided = Splits(method, train, validation, test, groups)
    for name in ("train", "validation", "test"):
        if not len(divided[name]) and method == "contiguous":
            raise DataError(
                plural(
                    "{n} passage is too few to be divided into training, validation and test; give a text of at least "
                    "300 characters.",
                    "{n} passages are too few to be divided into training, validation and test; give a text of at "
                    "least 300 characters.",
                    len(table),
                )
            )
        if not len(divided[name]) and users is not None:
            raise DataError(
                _(
                    "{rows} interactions are too few: the {split} split ({method}) would be empty. A user of whom "
                    "something is tested needs at least 3.",
                    rows=len(table),
                    split=name,
                    method=method,
                )
            )
        if not len(divided[name]):
            raise DataError(
                _(
                    "{rows} rows are too few: the {split} split ({method}) would be empty.",
                    rows=len(table),
                    split=name,
                    method=method,
                )
                + _doubt(len(table), strata)
            )
    return divided


def _doubt(num_rows: int, strata: Strata | None) -> str:
    """What to do where nearly every row has a class of its own, of which one always trains."""
    num_classes = 0 if strata is None else len(np.unique(strata))
    if num_rows < _SURPRISING or num_classes <= num_rows / 3:
        return ""
    return " " + _(
        "They have {n} different values in the column to be learnt, and one row of each is needed to learn from. If "
        "another column is meant, name it with --target NAME.",
        n=num_classes,
    )


def groups_of(table: Table, settings: SplitSettings) -> Rows:
    """For every row [N] the index of its group: the place of its value among all different ones, in order."""
    groups: Rows = np.unique(_column(table, settings.group, "group").astype(str), return_inverse=True)[1]
    return groups


def _method(table: Table, settings: SplitSettings, has_strata: bool) -> SplitMethod:
    if settings.group is not None and settings.time is not None:
        raise ConfigError(_("data.split.group and data.split.time exclude each other; give one of them."))
    wanted: dict[SplitMethod, str | None] = {"group": settings.group, "time": settings.time}
    if settings.method != "auto":
        if other := next((m for m, column in wanted.items() if column is not None and m != settings.method), None):
            raise ConfigError(
                _(
                    "data.split.method is {method}, which takes no account of data.split.{other}; give one of the two.",
                    method=settings.method,
                    other=other,
                )
            )
        if settings.method in wanted and wanted[settings.method] is None:
            raise ConfigError(
                _(
                    "data.split.method is {method}; the column has to be named with data.split.{method}.",
                    method=settings.method,
                )
            )
        if settings.method == "given" and not table.given:
            raise ConfigError(_("data.split.method is given, but {source} gives no splits.", source=table.source))
        if settings.method == "stratified" and not has_strata:
            raise ConfigError(_("data.split.method is stratified, but the task has no classes."))
        return settings.method
    for method, column in wanted.items():
        if column is not None:
            return method
    if table.given:
        return "given"
    if _documents(table) is not None:
        return "contiguous"
    return "stratified" if has_strata else "random"


def _column(table: Table, name: str | None, role: str) -> npt.NDArray[Any]:
    values: npt.NDArray[Any] = table.require(name, f"data.split.{role}").values
    return values


def _times(table: Table, settings: SplitSettings) -> npt.NDArray[Any]:
    """The column of times; text that holds whole numbers, such as years, is ordered by value."""
    times = _column(table, settings.time, "time")
    if times.dtype.kind in "UO":
        with contextlib.suppress(ValueError, OverflowError):
            times = times.astype(str).astype(np.int64)
    texts = times.astype(str).tolist() if times.dtype.kind in "UO" else []
    if (odd := next((text for text in texts if not _ISO.match(text)), None)) is not None:
        raise DataError(
            _(
                "The column {name!r} holds {value!r}, which cannot be put in time; write times as year-month-day, "
                "such as 2024-03-31, or as numbers.",
                name=settings.time,
                value=odd,
            )
        )
    if missing := int(np.sum(times != times)):
        raise DataError(
            plural(
                "{n} row has no time in the column {name!r}.",
                "{n} rows have no time in the column {name!r}.",
                missing,
                name=settings.time,
            )
        )
    return times


def _given(
    table: Table, settings: SplitSettings, strata: Strata | None, rng: np.random.Generator
) -> Mapping[str, Rows]:
    parts = dict(table.given)
    train = parts["train"]
    strata = np.zeros(len(table), int) if strata is None else strata
    if "test" not in parts:
        train, parts["test"] = _take(train, strata[train], settings.test, rng)
    if "validation" not in parts:
        train, parts["validation"] = _take(train, strata[train], settings.validation, rng)
    return {**parts, "train": train}


def _stratified(
    rows: Rows, strata: Strata | None, settings: SplitSettings, rng: np.random.Generator
) -> Mapping[str, Rows]:
    strata = np.zeros(len(rows), int) if strata is None else strata
    rest, test = _take(rows, strata, settings.test, rng)
    train, validation = _take(rest, strata[rest], settings.validation / (1 - settings.test), rng)
    return {"train": train, "validation": validation, "test": test}


def _take(rows: Rows, strata: npt.NDArray[Any], share: float, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Divide rows into the rest and a share of each stratum; at least one of every stratum stays in the rest.

    The largest remainders decide where a fraction of a row is left, so that the share holds overall as well.
    """
    members = [rows[strata == stratum] for stratum in np.unique(strata)]
    exact = np.array([len(group) * share for group in members])
    counts = np.floor(exact).astype(int)
    short = round(len(rows) * share) - counts.sum()
    counts[np.argsort(counts - exact, kind="stable")[: max(short, 0)]] += 1
    counts = np.minimum(counts, [len(group) - 1 for group in members])
    shuffled = [rng.permutation(group) for group in members]
    taken = [group[:count] for group, count in zip(shuffled, counts, strict=True)]
    kept = [group[count:] for group, count in zip(shuffled, counts, strict=True)]
    return np.sort(np.concatenate(kept)), np.sort(np.concatenate(taken))


def _by_group(groups: Rows, settings: SplitSettings, rng: np.random.Generator) -> Mapping[str, Rows]:
    sizes = np.bincount(groups)
    if len(sizes) < 3:
        raise DataError(
            _(
                "data.split.group has {count} different values; three splits need at least three groups.",
                count=len(sizes),
            )
        )
    goals = {"test": settings.test * len(groups), "validation": settings.validation * len(groups)}
    taken: dict[str, list[int]] = {"test": [], "validation": [], "train": []}
    filled = {"test": 0, "validation": 0}
    for position, group in enumerate(rng.permutation(len(sizes))):
        left = len(sizes) - position
        empty = [name for name in ("test", "validation", "train") if not taken[name]]
        room = [name for name in goals if filled[name] + sizes[group] / 2 <= goals[name]]
        name = empty[0] if left <= len(empty) else (room[0] if room else "train")
        taken[name].append(int(group))
        if name in filled:
            filled[name] += int(sizes[group])
    return {name: np.flatnonzero(np.isin(groups, chosen)) for name, chosen in taken.items()}


def _documents(table: Table) -> Rows | None:
    """The text that each row is a passage of, [N]; None where rows are no passages."""
    values = [column.values for column in table.columns.values()]
    return next((each.documents for each in values if isinstance(each, Passages)), None)


def _in_order(rows: Rows, documents: Rows | None, settings: SplitSettings) -> Mapping[str, Rows]:
    """The first rows train, the next validate, the last test; where a text ends near a cut, that is where it falls.

    Near is: no more than a third of the smaller of the two splits away. Of a long text, so many passages are judged as
    give narrow intervals, and all others train.
    """
    cut = _cut(rows, settings)
    if documents is None:
        return cut
    if max(len(cut["validation"]), len(cut["test"])) > _JUDGED:
        validation, test = (min(len(cut[split]), _JUDGED) / len(rows) for split in ("validation", "test"))
        cut = _cut(rows, replace(settings, validation=validation, test=test))
    ends = np.flatnonzero(np.diff(documents)) + 1
    near = min(len(cut["validation"]), len(cut["test"])) // 3
    places = []
    for place in (len(cut["train"]), len(cut["train"]) + len(cut["validation"])):
        nearest = min(ends.tolist(), key=lambda end: abs(end - place), default=place)
        places.append(nearest if abs(nearest - place) <= near else place)
    first, second = places
    return {"train": rows[:first], "validation": rows[first:second], "test": rows[second:]}


def _cut(order: Rows, settings: SplitSettings) -> Mapping[str, Rows]:
    num_test, num_validation = round(len(order) * settings.test), round(len(order) * settings.validation)
    first, second = len(order) - num_test - num_validation, len(order) - num_test
    return {"train": order[:first], "validation": order[first:second], "test": order[second:]}
