from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from deepwright.data.tabular.cells import from_cells
from deepwright.data.tabular.columns import Typed, by_line


def typed(*cells: str) -> Typed:
    return from_cells("x", pa.chunked_array([list(cells)], pa.string()), by_line(range(2, 2 + len(cells))))


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1", "2"], [1, 2]),
        (["-1", "+2.5", ".5", "5.", "1e3", "-2.5E-3"], [-1, 2.5, 0.5, 5, 1000, -0.0025]),
        ([" 1", "2 "], [1, 2]),
        (["0", "0.25", "-0.5", "10"], [0, 0.25, -0.5, 10]),
        (["9007199254740991"], [2**53 - 1]),
        (["123456789012345678901234567890.5"], [1.2345678901234568e29]),
    ],
)
def test_a_column_of_numbers_is_one(cells: list[str], numbers: list[float]) -> None:
    column, missing, notes, _written = typed(*cells)
    assert (column.kind, column.values.dtype, notes) == ("number", np.float64, ())
    assert column.values.tolist() == numbers
    assert not missing.any()


@pytest.mark.parametrize("word", ["", "NA", "N/A", "n/a", "nan", "NaN", "null", "NULL", "None", "-", " NA "])
def test_missing_numbers_are_nan(word: str) -> None:
    column, missing, _notes, _written = typed("1", word, "3")
    assert column.kind == "number"
    assert np.isnan(column.values).tolist() == missing.tolist() == [False, True, False]


@pytest.mark.parametrize(
    "cells",
    [
        ["007", "123"],
        ["-01", "5"],
        ["9007199254740993", "9007199254740992"],
        ["9007199254740993", "NA", "1"],
        ["1e999", "1"],
        ["1_000", "1"],
        ["0x10", "1"],
        ["1,5", "2,5"],
        ["１", "２"],
        ["true", "false"],
        ["NA", "NaN"],
        ["no", "yes"],
        ["猫", "a/b c"],
    ],
    ids=str,
)
def test_what_would_lose_something_as_numbers_stays_as_it_is(cells: list[str]) -> None:
    column, missing, _notes, _written = typed(*cells)
    assert (column.kind, column.values.dtype.kind) == ("category", "U")
    assert column.values.tolist() == cells
    assert not missing.any()


def test_an_empty_cell_is_a_missing_category() -> None:
    column, missing, _notes, _written = typed("cat", "", " ")
    assert column.values.tolist() == ["cat", "", " "]
    assert missing.tolist() == [False, True, False]


def test_a_column_of_nothing_is_all_missing() -> None:
    column, missing, _notes, _written = typed("", "")
    assert column.kind == "category"
    assert missing.all()


def test_a_column_that_is_almost_numbers_is_a_category_and_says_where() -> None:
    column, _missing, notes, _written = typed("1", "2", "", "cheap", "3")
    assert column.values.tolist() == ["1", "2", "", "cheap", "3"]
    assert notes == ("x is read as category, not as numbers: line 5 has 'cheap'.",)


def test_a_column_with_few_numbers_needs_no_word() -> None:
    assert typed("1", "2", "many", "other").notes == ()


@pytest.mark.parametrize(
    ("cells", "times"),
    [
        (["2020-01-02"], ["2020-01-02"]),
        (["2020/1/2", "2020-12-31", "2020.02.29"], ["2020-01-02", "2020-12-31", "2020-02-29"]),
        (["2020-01-02 03:04", "2020-01-02T03:04:05.123456"], ["2020-01-02T03:04", "2020-01-02T03:04:05.123456"]),
        (["2020-01-02T03:04:05Z", "2020-01-02 03:04:05+08:00"], ["2020-01-02T03:04:05", "2020-01-01T19:04:05"]),
        (["", "1969-07-20"], ["NaT", "1969-07-20"]),
    ],
)
def test_days_and_times_are_times(cells: list[str], times: list[str]) -> None:
    column, missing, _notes, _written = typed(*cells)
    assert column.kind == "time"
    np.testing.assert_array_equal(column.values, np.array(times, "M8[us]"))
    assert missing.tolist() == [not cell for cell in cells]


@pytest.mark.parametrize(
    "cells",
    [
        ["2020-13-01"],
        ["2021-02-29"],
        ["01/02/2020"],
        ["2020-01-02", "soon"],
        ["2020-01-02T03:04Z", "2020-01-02T03:04"],
        ["2020-01-02 later"],
        ["2020-01"],
    ],
    ids=str,
)
def test_what_is_no_time_beyond_doubt_is_none(cells: list[str]) -> None:
    assert typed(*cells).column.kind == "category"


def test_years_are_numbers() -> None:
    assert typed("1999", "2024").column.kind == "number"


def test_long_texts_that_hardly_repeat_are_texts() -> None:
    sentences = [f"{number} " + "words " * 12 for number in range(4)]
    column = typed(*sentences).column
    assert (column.kind, column.values.dtype) == ("text", object)
    assert column.values.tolist() == sentences


def test_long_names_that_repeat_are_categories() -> None:
    assert typed(*["a very long name " * 5, "another very long name " * 5] * 3).column.kind == "category"


def test_one_endless_value_does_not_cost_the_memory_of_all() -> None:
    assert typed("x" * 100_000, *["y"] * 100).column.kind == "text"
