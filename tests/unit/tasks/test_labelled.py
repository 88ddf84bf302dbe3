"""Which columns a task takes, for the tasks that learn one column from another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from deepwright.data.table import Column, Table
from deepwright.errors import ConfigError, DataError
from deepwright.tasks.classification import Classification
from deepwright.tasks.multi_label import MultiLabel
from deepwright.tasks.regression import Regression

ROWS = 24
PICTURES = Column("image", np.zeros((ROWS, 8, 8), np.uint8))
CLASSES = Column("category", np.array(["a", "b", "c"] * 8))
TEXTS = Column("category", np.array(["red|round", "red", "blue；round"] * 8))
WHOLE = Column("number", np.tile([1.0, 2, 3, 5], 6))
MEASURED = Column("number", np.linspace(0, 1, ROWS))
TIMES = Column("time", np.datetime64("2024-01-01") + np.arange(ROWS))


def lists() -> Column:
    values = np.empty(ROWS, object)
    values[:] = [("a", "b"), ("a",), ()] * 8
    return Column("labels", values)


def table(**columns: Column) -> Table:
    return Table({"photo": PICTURES, **columns}, "t.csv")


def tasks_of(label: Column) -> set[Any]:
    return {task for task in (Classification, MultiLabel, Regression) if task.roles(table(label=label), {})}


# ------------------------------------------------------------------------------------------ what a task learns


@pytest.mark.parametrize(
    ("label", "tasks"),
    [
        (CLASSES, {Classification}),
        (MEASURED, {Regression}),
        (WHOLE, {Classification, Regression}),
        (lists(), {MultiLabel}),
        (TEXTS, {Classification, MultiLabel}),
        (TIMES, set()),
        (Column("text", np.array(["a long text"] * ROWS, object)), set()),
        # Whole numbers are classes only where they recur, and where there are not too many.
        (Column("number", np.arange(24.0)), {Regression}),
        (Column("number", np.arange(24.0) // 2), {Classification, Regression}),
        (Column("number", np.tile([0.5, 1], 12)), {Regression}),
        (Column("number", np.tile([1.0, np.nan], 12)), {Regression}),
        # Texts are lists of labels only where their parts recur.
        (Column("category", np.array([f"a{i}|b{i}" for i in range(ROWS)])), {Classification}),
        (Column("category", np.array(["salt and pepper", "salt"] * 12)), {Classification}),
    ],
)
def test_the_tasks_that_values_suit(label: Column, tasks: set[Any]) -> None:
    assert tasks_of(label) == tasks


def test_more_whole_numbers_than_classes_can_be_told_apart_are_numbers() -> None:
    for count, expected in ((100, True), (101, False)):
        column = Column("number", np.repeat(np.arange(float(count)), 3))
        assert Classification.learns(column) == expected


@pytest.mark.parametrize(
    ("task", "label", "said"),
    [
        (Classification, WHOLE, "label has 4 different values, taken for classes"),
        (Classification, TEXTS, "label has 3 different values, taken for classes"),
        (Regression, WHOLE, "label holds numbers from 1 to 5"),
        (MultiLabel, TEXTS, "label holds lists of 3 different labels, 1.7 in a row"),
        (MultiLabel, lists(), "label holds lists of 2 different labels, 1.0 in a row"),
    ],
)
def test_why_it_suits_is_said(task: Any, label: Column, said: str) -> None:
    found = table(label=label)
    assert task.reason(found, task.roles(found, {})) == said


# ------------------------------------------------------------------------------------------ which columns are meant


def roles(columns: Mapping[str, str], **of: Column) -> dict[str, str] | None:
    return Classification.roles(table(**of), columns)


@pytest.mark.parametrize("name", ["label", "Labels", "CLASS", "category", "target", "y"])
def test_a_column_of_a_usual_name_is_learnt(name: str) -> None:
    assert roles({}, age=CLASSES, **{name: CLASSES}) == {"image": "photo", "label": name}


def test_of_several_usual_names_the_first_counts() -> None:
    assert roles({}, y=CLASSES, target=CLASSES, label=CLASSES) == {"image": "photo", "label": "label"}


def test_the_only_column_that_could_be_learnt_is() -> None:
    assert roles({}, when=TIMES, kind=CLASSES) == {"image": "photo", "label": "kind"}


@pytest.mark.parametrize("input_role", ["image", "input"])
def test_named_columns_are_taken(input_role: str) -> None:
    found = table(other=PICTURES, kind=CLASSES, label=CLASSES)
    named = {input_role: "other", "label": "kind"}
    assert Classification.roles(found, named) == {"image": "other", "label": "kind"}


def test_several_columns_that_could_be_learnt_have_to_be_chosen_from() -> None:
    with pytest.raises(ConfigError) as caught:
        roles({}, kind=CLASSES, place=CLASSES)
    assert str(caught.value).startswith("t.csv has several columns that could be the label: kind, place. Choose with")


def test_several_columns_of_pictures_have_to_be_chosen_from() -> None:
    with pytest.raises(ConfigError, match="several columns that could be the input: photo, back"):
        roles({}, back=PICTURES, label=CLASSES)
    assert roles({"image": "back"}, back=PICTURES, label=CLASSES) == {"image": "back", "label": "label"}


def test_a_misspelt_column_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError) as caught:
        roles({"label": "knid"}, kind=CLASSES, place=CLASSES)
    assert str(caught.value) == (
        "data.columns.label names the column 'knid'; t.csv has: photo, kind, place. Did you mean kind?"
    )


def test_a_misspelt_role_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="role 'picture'; known: image, text, input, label"):
        roles({"picture": "photo"}, label=CLASSES)


@pytest.mark.parametrize("named", [{"label": "photo"}, {"input": "label"}, {"label": "when"}, {"image": "when"}])
def test_a_column_of_another_kind_suits_no_task(named: dict[str, str]) -> None:
    found = table(label=CLASSES, when=TIMES)
    assert [task for task in (Classification, MultiLabel, Regression) if task.roles(found, named)] == []


def test_a_table_without_pictures_suits_no_task() -> None:
    assert Classification.roles(Table({"label": CLASSES}, "t.csv"), {}) is None


def test_who_asks_for_labels_is_taken_at_their_word() -> None:
    for values in (["red|round", "blue|square"] * 12, ["red", "blue"] * 12):
        found = table(label=Column("category", np.array(values)))
        assert MultiLabel.roles(found, {}) is None
        assert MultiLabel.roles(found, {}, asked=True) == {"image": "photo", "label": "label"}


def test_labels_of_which_none_recurs_cannot_be_learnt() -> None:
    found = table(label=Column("category", np.array([f"a{i}|b{i}" for i in range(ROWS)])))
    with pytest.raises(DataError, match=f"each of the {2 * ROWS}, such as 'a0', is that of one row only"):
        MultiLabel.roles(found, {}, asked=True)
