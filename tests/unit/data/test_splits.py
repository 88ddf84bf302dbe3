from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from deepwright.config.settings import SplitSettings
from deepwright.data.splits import Splits, split_rows
from deepwright.data.table import Column, ColumnKind, Table
from deepwright.data.texts.passages import held
from deepwright.errors import ConfigError, DataError

SPLITS = ("train", "validation", "test")
LABELS = np.repeat(["a", "b", "c"], [600, 300, 100])


def table_with(
    labels: Any = LABELS, given: Mapping[str, Any] | None = None, **columns: tuple[ColumnKind, Any]
) -> Table:
    others = {name: Column(kind, np.asarray(values)) for name, (kind, values) in columns.items()}
    rows = {name: np.asarray(part, np.int64) for name, part in (given or {}).items()}
    return Table({"label": Column("category", np.asarray(labels)), **others}, "here", rows)


TABLE = table_with(group=("category", np.arange(1000) % 50), moment=("number", np.arange(1000.0)))


def split(table: Table = TABLE, target: str | None = "label", seed: int = 0, **settings: Any) -> Splits:
    strata = None if target is None else table.columns[target].values
    return split_rows(table, SplitSettings(**settings), strata, seed)


def refusal(table: Table = TABLE, target: str | None = "label", **settings: Any) -> str:
    with pytest.raises((ConfigError, DataError)) as caught:
        split(table, target, **settings)
    return str(caught.value)


def divides(splits: Splits, table: Table) -> bool:
    """Whether every row is in exactly one split, and every split in the order of the table."""
    together = np.concatenate([splits[name] for name in SPLITS])
    ordered = all((np.diff(splits[name]) > 0).all() for name in SPLITS)
    return ordered and sorted(together.tolist()) == list(range(len(table)))


def sizes(splits: Splits) -> tuple[int, ...]:
    return tuple(len(splits[name]) for name in SPLITS)


def counts(rows: npt.NDArray[np.int64], labels: Any = LABELS) -> dict[str, int]:
    return dict(Counter(np.asarray(labels)[rows].tolist()))


EVERY = [
    {"method": "stratified"},
    {"method": "random"},
    {"group": "group"},
    {"time": "moment"},
    {"validation": 0.3, "test": 0.3},
]


@pytest.mark.parametrize("settings", EVERY, ids=str)
def test_every_row_is_in_exactly_one_split(settings: dict[str, Any]) -> None:
    assert divides(split(**settings), TABLE)


@pytest.mark.parametrize("settings", EVERY, ids=str)
def test_the_seed_alone_decides(settings: dict[str, Any]) -> None:
    first, again, other = split(seed=1, **settings), split(seed=1, **settings), split(seed=2, **settings)
    for name in SPLITS:
        np.testing.assert_array_equal(first[name], again[name])
    if "time" not in settings:
        assert not np.array_equal(first.test, other.test)


def test_splits_do_not_depend_on_numpy_s_global_generator() -> None:
    np.random.seed(1)
    first = split()
    np.random.seed(2)
    np.testing.assert_array_equal(first.test, split().test)


# -------------------------------------------------------------------------------------------- stratified


def test_classes_keep_their_shares() -> None:
    splits = split()
    assert splits.method == "stratified"
    assert counts(splits.train) == {"a": 420, "b": 210, "c": 70}
    assert counts(splits.validation) == {"a": 60, "b": 30, "c": 10}
    assert counts(splits.test) == {"a": 120, "b": 60, "c": 20}


def test_shares_hold_overall_where_they_cannot_hold_in_every_class() -> None:
    labels = np.repeat([str(label) for label in range(100)], 11)
    splits = split(table_with(labels))
    assert sizes(splits) == (770, 110, 220)
    assert set(counts(splits.test, labels).values()) <= {2, 3}


def test_a_class_with_one_row_is_learnt_from() -> None:
    splits = split(table_with([*LABELS, "rare"]))
    assert counts(splits.train, [*LABELS, "rare"])["rare"] == 1


@pytest.mark.parametrize("number", [2, 3, 4, 5])
def test_a_rare_class_is_never_without_training_rows(number: int) -> None:
    labels = [*LABELS, *["rare"] * number]
    for seed in range(20):
        splits = split(table_with(labels), seed=seed, validation=0.4, test=0.5)
        assert counts(splits.train, labels)["rare"] >= 1


def test_rare_classes_alone_leave_the_other_splits_empty() -> None:
    assert refusal(table_with([str(label) for label in range(50)])) == (
        "50 rows are too few: the validation split (stratified) would be empty."
    )


def test_the_order_of_rows_does_not_decide_their_split() -> None:
    """Neither the first nor the last rows of a class are preferred."""
    chosen = np.concatenate([split(seed=seed).test for seed in range(50)])
    assert abs(np.mean(chosen) - 499.5) < 15


# ------------------------------------------------------------------------------------------------ random


def test_without_classes_rows_are_drawn_at_random() -> None:
    splits = split(target=None)
    assert (splits.method, sizes(splits)) == ("random", (700, 100, 200))


def test_random_splits_take_no_account_of_classes() -> None:
    tests = {tuple(sorted(counts(split(method="random", seed=seed).test).items())) for seed in range(10)}
    assert len(tests) > 1
    assert sizes(split(method="random")) == (700, 100, 200)


# ------------------------------------------------------------------------------------------------- given

GIVEN = {"train": range(700), "validation": range(700, 800), "test": range(800, 1000)}


def test_given_splits_are_respected() -> None:
    splits = split(table_with(given=GIVEN))
    assert splits.method == "given"
    for name, rows in GIVEN.items():
        assert splits[name].tolist() == list(rows)


def test_shares_do_not_change_given_splits() -> None:
    splits = split(table_with(given=GIVEN), validation=0.4, test=0.5)
    assert sizes(splits) == (700, 100, 200)


def test_a_validation_split_is_carved_from_the_training_rows_alone() -> None:
    table = table_with(given={"train": range(0, 1000, 2), "test": range(1, 1000, 2)})
    splits = split(table)
    assert divides(splits, table)
    assert splits.test.tolist() == list(range(1, 1000, 2))
    assert counts(splits.validation) == {"a": 30, "b": 15, "c": 5}
    assert counts(splits.train) == {"a": 270, "b": 135, "c": 45}


def test_a_test_split_is_carved_from_the_training_rows_alone() -> None:
    table = table_with(given={"train": range(0, 1000, 2), "validation": range(1, 1000, 2)})
    splits = split(table)
    assert divides(splits, table)
    assert splits.validation.tolist() == list(range(1, 1000, 2))
    assert counts(splits.test) == {"a": 60, "b": 30, "c": 10}


def test_both_are_carved_from_the_training_rows_alone() -> None:
    table = table_with(given={"train": range(1000)})
    splits = split(table)
    assert divides(splits, table)
    assert (splits.method, counts(splits.test)) == ("given", {"a": 120, "b": 60, "c": 20})
    assert counts(splits.validation) == {"a": 48, "b": 24, "c": 8}


def test_carving_keeps_shares_also_where_training_rows_are_scattered() -> None:
    """The classes of the rows that are left must be looked up again after the first cut."""
    train = np.random.default_rng(0).permutation(1000)
    table = table_with(np.tile(["a", "b", "c", "d"], 250), given={"train": np.sort(train)})
    splits = split(table)
    assert set(counts(splits.validation, np.tile(["a", "b", "c", "d"], 250)).values()) == {20}


def test_without_classes_splits_are_carved_at_random() -> None:
    splits = split(table_with(given={"train": range(800), "test": range(800, 1000)}), target=None)
    assert sizes(splits) == (720, 80, 200)


def test_a_method_may_set_given_splits_aside() -> None:
    table = table_with(given=GIVEN)
    splits = split(table, method="random")
    assert divides(splits, table)
    assert splits.test.tolist() != list(GIVEN["test"])


# ------------------------------------------------------------------------------------------------- group


@pytest.mark.parametrize("number", [3, 4, 10, 50])
def test_groups_stay_whole(number: int) -> None:
    groups = np.arange(1000) % number
    for seed in range(10):
        splits = split(table_with(writer=("category", groups)), group="writer", seed=seed)
        assert splits.method == "group"
        parts = [set(groups[splits[name]].tolist()) for name in SPLITS]
        assert all(parts)
        assert sum(map(len, parts)) == number


def test_many_small_groups_come_near_the_shares() -> None:
    for seed in range(10):
        assert sizes(split(group="group", seed=seed)) == (700, 100, 200)


def test_one_large_group_leaves_something_for_every_split() -> None:
    groups = np.where(np.arange(1000) < 990, "large", np.arange(1000).astype(str))
    for seed in range(20):
        assert min(sizes(split(table_with(writer=("category", groups)), group="writer", seed=seed))) > 0


def test_two_groups_are_too_few() -> None:
    assert refusal(table_with(writer=("category", np.arange(1000) % 2)), group="writer") == (
        "data.split.group has 2 different values; three splits need at least three groups."
    )


# -------------------------------------------------------------------------------------------------- time


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("time", np.datetime64("2020-01-01") + np.arange(1000)),
        ("number", np.linspace(-5, 5, 1000)),
        ("category", np.arange(1000)),
        ("category", np.arange(1000).astype(str)),
        ("category", np.arange(1000).astype(str).astype(object)),
        ("category", np.datetime_as_string(np.datetime64("2020-01-01") + np.arange(1000))),
    ],
    ids=["dates", "numbers", "integers", "text of integers", "objects", "text of dates"],
)
def test_the_newest_rows_are_the_test(kind: ColumnKind, values: npt.NDArray[Any]) -> None:
    shuffled = np.random.default_rng(0).permutation(1000)
    splits = split(table_with(moment=(kind, values[shuffled])), time="moment")
    assert (splits.method, sizes(splits)) == ("time", (700, 100, 200))
    moments = {name: set(shuffled[splits[name]].tolist()) for name in SPLITS}
    assert moments == {"train": {*range(700)}, "validation": {*range(700, 800)}, "test": {*range(800, 1000)}}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_rows_of_one_moment_keep_their_order(number: int) -> None:
    moments = np.random.default_rng(0).integers(0, number, 1000)
    order = sorted(range(1000), key=lambda row: moments[row])
    splits = split(table_with(moment=("number", moments)), time="moment")
    assert splits.train.tolist() == sorted(order[:700])
    assert splits.test.tolist() == sorted(order[800:])


def test_time_never_runs_backwards_where_moments_are_shared() -> None:
    moments = np.random.default_rng(0).integers(0, 7, 1000)
    splits = split(table_with(moment=("number", moments)), time="moment")
    assert moments[splits.train].max() <= moments[splits.validation].min()
    assert moments[splits.validation].max() <= moments[splits.test].min()
    assert divides(splits, TABLE)


@pytest.mark.parametrize(
    ("kind", "values"),
    [("time", np.array(["2020-01-01"] * 998 + ["NaT"] * 2, "M8[D]")), ("number", np.array([1.0] * 998 + [np.nan] * 2))],
)
def test_rows_without_a_time_are_refused(kind: ColumnKind, values: Any) -> None:
    assert refusal(table_with(moment=(kind, values)), time="moment") == "2 rows have no time in the column 'moment'."


# ---------------------------------------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"group": "x"}, "data.split.group names the column 'x'; here has: label, group, moment."),
        ({"time": "x"}, "data.split.time names the column 'x'; here has: label, group, moment."),
        (
            {"group": "group", "time": "moment"},
            "data.split.group and data.split.time exclude each other; give one of them.",
        ),
        ({"method": "group"}, "data.split.method is group; the column has to be named with data.split.group."),
        ({"method": "time"}, "data.split.method is time; the column has to be named with data.split.time."),
        ({"method": "given"}, "data.split.method is given, but here gives no splits."),
        (
            {"method": "stratified", "group": "group"},
            "data.split.method is stratified, which takes no account of data.split.group; give one of the two.",
        ),
        (
            {"method": "group", "time": "moment"},
            "data.split.method is group, which takes no account of data.split.time; give one of the two.",
        ),
        (
            {"method": "random", "time": "moment"},
            "data.split.method is random, which takes no account of data.split.time; give one of the two.",
        ),
        (
            {"validation": 0.5, "test": 0.5},
            "data.split.validation and data.split.test are 1 together; nothing would be left to train on.",
        ),
        (
            {"validation": 0.7, "test": 0.8},
            "data.split.validation and data.split.test are 1.5 together; nothing would be left to train on.",
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_settings_that_cannot_be_met_are_answered(settings: dict[str, Any], message: str) -> None:
    assert refusal(**settings) == message


def test_classes_are_needed_to_keep_their_shares() -> None:
    assert refusal(target=None, method="stratified") == "data.split.method is stratified, but the task has no classes."


@pytest.mark.parametrize(
    ("number", "settings", "split_name"),
    [(1, {}, "validation"), (2, {}, "validation"), (4, {}, "validation"), (2, {"validation": 0.4}, "test")],
)
def test_too_few_rows_are_named_with_the_split_that_would_be_empty(
    number: int, settings: dict[str, Any], split_name: str
) -> None:
    message = refusal(table_with(["a"] * number), **settings)
    assert message == f"{number} rows are too few: the {split_name} split (stratified) would be empty."


def test_the_columns_named_by_the_settings_go_before_given_splits() -> None:
    table = table_with(given=GIVEN, writer=("category", np.arange(1000) % 50))
    assert split(table, group="writer").method == "group"
    assert split(table).method == "given"


@pytest.mark.parametrize("times", [["31/12/2019", "01/02/2020"], ["2019-12-31", ""]])
def test_texts_that_have_no_order_in_time_are_refused(times: list[str]) -> None:
    table = table_with(taken=("category", np.array(times * 500)))
    assert "cannot be put in time" in refusal(table, time="taken")


def test_dates_of_year_month_and_day_are_ordered() -> None:
    days = np.array([f"20{i % 100:02d}-01-{1 + i // 100:02d}" for i in range(1000)])
    found = split(table_with(taken=("category", days)), time="taken")
    assert max(days[found.train]) <= min(days[found.validation]) <= max(days[found.validation]) <= min(days[found.test])


def test_splits_by_group_know_the_group_of_every_row() -> None:
    splits = split(group="group")
    assert splits.groups is not None
    assert len(set(zip(splits.groups.tolist(), (np.arange(1000) % 50).tolist(), strict=True))) == 50
    assert split().groups is None


def test_rows_in_order_may_be_asked_for_without_texts() -> None:
    table = Table({"label": Column("category", np.array(["a", "b"] * 10))}, "any")
    splits = split_rows(table, SplitSettings(method="contiguous"), None, 0)
    assert np.concatenate([splits.train, splits.validation, splits.test]).tolist() == list(range(20))


def test_of_a_long_text_so_much_is_judged_as_gives_narrow_intervals() -> None:
    table = Table({"text": Column("text", held(["line\n" * 200_000], 100))}, "long")
    splits = split_rows(table, SplitSettings(), None, 0)
    assert len(splits.validation) == len(splits.test) == 500
    assert len(splits.train) == len(table) - 1000


def test_a_column_of_names_is_doubted() -> None:
    named = table_with([f"user {n}" for n in range(600)])
    message = refusal(named)
    assert message.startswith("600 rows are too few: the validation split (stratified) would be empty. They have 600 ")
    assert message.endswith("name it with --target NAME.")
