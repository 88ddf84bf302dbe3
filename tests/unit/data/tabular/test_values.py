from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from deepwright.data.tabular.columns import Typed, by_row
from deepwright.data.tabular.values import from_arrow, from_values
from deepwright.errors import DataError


class NAType:
    """Like pandas's own mark of what is missing, which neither compares nor has a truth."""

    def __eq__(self, other: object) -> Any:
        return self

    def __bool__(self) -> bool:
        raise TypeError


def typed(*values: Any) -> Typed:
    found = from_values("x", values, by_row)
    assert found is not None
    return found


def kept(found: Typed) -> tuple[str, list[Any]]:
    return found.column.kind, found.column.values.tolist()


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        (["a", "b"], "category", ["a", "b"]),
        (["7", "8"], "category", ["7", "8"]),
        ([Path("a/b.jpg")], "category", ["a/b.jpg"]),
        ([True, False], "category", ["True", "False"]),
        ([np.True_, False], "category", ["True", "False"]),
        ([1, 2], "number", [1.0, 2.0]),
        ([1, 2.5, np.float32(0.5), np.int8(3), Decimal("1.5")], "number", [1.0, 2.5, 0.5, 3.0, 1.5]),
        ([2**60, 3], "category", ["1152921504606846976", "3"]),
        ([["a"], [], ["b", "a"]], "labels", [("a",), (), ("b", "a")]),
        ([("a",), np.array(["b", "c"])], "labels", [("a",), ("b", "c")]),
        ([{"b", "a"}, frozenset("c")], "labels", [("a", "b"), ("c",)]),
        ([[3], [17, 3]], "labels", [("3",), ("17", "3")]),
        ([[0, 1, 1], [1, 0, 0]], "labels", [("1", "2"), ("0",)]),
        ([[0, 1], [1, 0]], "category", ["1", "0"]),
        ([["a", "b"], ["b", "c"]], "labels", [("a", "b"), ("b", "c")]),
    ],
    ids=str,
)
def test_a_value_keeps_its_type(values: list[Any], kind: str, expected: list[Any]) -> None:
    found = typed(*values)
    assert kept(found) == (kind, expected)
    assert not found.missing.any()
    assert found.notes == ()


@pytest.mark.parametrize("nothing", [None, float("nan"), np.float32("nan"), NAType(), np.datetime64("NaT")], ids=repr)
@pytest.mark.parametrize(("value", "kind"), [("a", "category"), (1, "number"), (["a"], "labels")])
def test_what_is_missing_is_marked_and_decides_nothing(nothing: Any, value: Any, kind: str) -> None:
    found = typed(nothing, value, nothing)
    assert found.column.kind == kind
    assert found.missing.tolist() == [True, False, True]
    np.testing.assert_equal(found.column.values.tolist()[0], {"category": "", "number": np.nan, "labels": ()}[kind])


def test_times_with_a_zone_are_brought_to_utc() -> None:
    east = timezone(timedelta(hours=8))
    found = typed(date(2020, 1, 2), datetime(2020, 1, 2, 3, tzinfo=UTC), datetime(2020, 1, 2, 3, tzinfo=east), None)
    assert found.column.kind == "time"
    expected = np.array(["2020-01-02", "2020-01-02T03", "2020-01-01T19", "NaT"], "M8[us]")
    np.testing.assert_array_equal(found.column.values, expected)


@pytest.mark.parametrize(
    ("values", "note"),
    [
        (["cat", 3], ("x is read as text, though row 2 has the number 3.",)),
        ([None, 3, True], ("x is read as text, though row 2 has the number 3.",)),
        (["cat", True], ()),
    ],
)
def test_text_and_numbers_together_are_categories_and_said(values: list[Any], note: tuple[str, ...]) -> None:
    found = typed(*values)
    assert kept(found) == ("category", ["" if value is None else str(value) for value in values])
    assert found.notes == note


@pytest.mark.parametrize(
    ("values", "first", "second"),
    [
        (["cat", ["cat", "dog"]], "row 1 has text", "row 2 has labels"),
        ([None, 1, date(2020, 1, 1)], "row 2 has number", "row 3 has time"),
        ([{"a": 1}, "cat"], "row 1 has dict", "row 2 has text"),
        ([Image.new("L", (2, 2)), "a.png"], "row 1 has image", "row 2 has text"),
    ],
)
def test_values_that_have_nothing_in_common_are_refused(values: list[Any], first: str, second: str) -> None:
    with pytest.raises(DataError, match="mixes values of different kinds") as caught:
        typed(*values)
    assert str(caught.value) == f"The column 'x' mixes values of different kinds: {first}, {second}."


@pytest.mark.parametrize(
    "values",
    [[{"a": 1}], [timedelta(1)], [[0.5, 1.5]], [[["a"]]], [np.zeros(3)], [object()], [np.zeros((1, 2, 3, 4))]],
    ids=repr,
)
def test_what_no_column_can_hold_is_none(values: list[Any]) -> None:
    assert from_values("x", values, by_row) is None


def test_pictures_stay_as_they_are() -> None:
    picture, array, file = Image.new("L", (2, 2)), np.zeros((2, 3), np.uint8), b"file"
    for value in (picture, array, file):
        found = typed(value, None)
        assert found.column.kind == "image"
        assert found.column.values[0] is value
    assert typed({"bytes": file, "path": "a.png"}).column.values[0] is file


@pytest.mark.parametrize(
    ("array", "kind", "expected"),
    [
        (pa.array([1, None, 3], pa.int8()), "number", [1.0, np.nan, 3.0]),
        (pa.array([2**60, None]), "category", ["1152921504606846976", ""]),
        (pa.array([-(2**60)]), "category", ["-1152921504606846976"]),
        (pa.array([1.5, None], pa.float32()), "number", [1.5, np.nan]),
        (pa.array([Decimal("1.50"), None]), "number", [1.5, np.nan]),
        (pa.array(["7", None]), "category", ["7", ""]),
        (pa.array(["a", "b"], pa.large_string()), "category", ["a", "b"]),
        (pa.array(["a", "b", None]).dictionary_encode(), "category", ["a", "b", ""]),
        (pa.array([True, None]), "category", ["True", ""]),
        (pa.array([["a"], None, []]), "labels", [("a",), (), ()]),
        (pa.array([None, None]), "category", ["", ""]),
    ],
    ids=str,
)
def test_arrow_keeps_its_types(array: pa.Array, kind: str, expected: list[Any]) -> None:
    found = from_arrow("x", pa.chunked_array([array]), by_row)
    assert found is not None
    assert found.column.kind == kind
    np.testing.assert_array_equal(
        found.column.values, np.array([*expected, None], object)[:-1].astype(found.column.values.dtype)
    )
    assert found.missing.tolist() == array.is_null().to_pylist()


@pytest.mark.parametrize(
    "array",
    [
        pa.array([date(2020, 1, 2), None]),
        pa.array([datetime(2020, 1, 2), None], pa.timestamp("ns")),
        pa.array([datetime(2020, 1, 2), None], pa.timestamp("s", "Asia/Shanghai")),
    ],
    ids=lambda array: str(array.type),
)
def test_arrow_times_are_times(array: pa.Array) -> None:
    found = from_arrow("x", pa.chunked_array([array]), by_row)
    assert found is not None
    np.testing.assert_array_equal(found.column.values, np.array(["2020-01-02", "NaT"], "M8[us]"))


@pytest.mark.parametrize("array", [pa.array([{"a": 1}]), pa.array([timedelta(1)]), pa.array([[1.5]])], ids=str)
def test_arrow_that_no_column_can_hold_is_none(array: pa.Array) -> None:
    assert from_arrow("x", pa.chunked_array([array]), by_row) is None
