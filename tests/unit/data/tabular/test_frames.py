"""Data frames: small stand-ins with the methods of pandas and polars, and the real ones where they are installed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deepwright.config.settings import DataSettings
from deepwright.data.reading import table_of
from deepwright.errors import DataError
from tests.unit.data.photographs import noise, save


class Series:
    """A column, as both libraries have it."""

    def __init__(self, values: Sequence[Any], dtype: object = "object") -> None:
        self.values, self.dtype = values, dtype

    def to_list(self) -> list[Any]:
        return list(self.values)

    def to_numpy(self) -> Any:
        array = np.empty(len(self.values), object)
        array[:] = [*self.values, None][:-1]
        return array if self.dtype == "object" else np.array(self.values, str(self.dtype))


class Frame:
    """A data frame, as both libraries have it."""

    def __init__(self, columns: Mapping[str, Any]) -> None:
        self.series = {n: v if isinstance(v, Series) else _inferred(v) for n, v in columns.items()}

    @property
    def columns(self) -> list[str]:
        return list(self.series)

    @property
    def dtypes(self) -> list[object]:
        return [series.dtype for series in self.series.values()]

    def __getitem__(self, name: str) -> Series:
        return self.series[name]

    def to_numpy(self) -> Any:
        return np.array([series.to_list() for series in self.series.values()], object).T


def _inferred(values: Sequence[Any]) -> Series:
    kinds = {type(value) for value in values}
    simple = kinds <= {int} or kinds <= {float} or kinds <= {bool}
    return Series(values, np.asarray(values).dtype if simple else "object")


def pandas_frame(columns: Mapping[str, Any]) -> Any:
    return pytest.importorskip("pandas").DataFrame(columns)


def polars_frame(columns: Mapping[str, Any]) -> Any:
    return pytest.importorskip("polars").DataFrame(columns)


makers = pytest.mark.parametrize("make", [Frame, pandas_frame, polars_frame], ids=["stand-in", "pandas", "polars"])
Make = Callable[[Mapping[str, Any]], Any]


@makers
@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([1, 2, 1], "number", [1.0, 2.0, 1.0]),
        ([0.5, 1.5, None], "number", [0.5, 1.5, np.nan]),
        (["a", "b", "a"], "category", ["a", "b", "a"]),
        (["a", None, "b"], "category", ["a", "", "b"]),
        ([True, False, True], "category", ["True", "False", "True"]),
        ([["a"], [], ["b", "c"]], "labels", [("a",), (), ("b", "c")]),
        ([2**60, 2**60 + 1, 3], "category", [str(2**60), str(2**60 + 1), "3"]),
    ],
    ids=str,
)
def test_columns_keep_their_types(make: Make, values: list[Any], kind: str, expected: list[Any]) -> None:
    column = table_of(make({"x": values, "n": [1, 2, 3]})).columns["x"]
    assert column.kind == kind
    np.testing.assert_equal(column.values.tolist(), expected)


@makers
@pytest.mark.parametrize("values", [[date(2020, 1, 2), None], [datetime(2020, 1, 2), None]], ids=["days", "times"])
def test_days_and_times_are_times(make: Make, values: list[Any]) -> None:
    column = table_of(make({"x": values})).columns["x"]
    assert column.kind == "time"
    np.testing.assert_array_equal(column.values, np.array(["2020-01-02", "NaT"], "M8[us]"))


@makers
def test_paths_are_pictures(make: Make, tmp_path: Path) -> None:
    files = [str(save(tmp_path / f"{number}.png", noise(number))) for number in range(4)]
    table = table_of(make({"photo": files, "kind": list("abab"), "split": ["train", "train", "val", "test"]}))
    np.testing.assert_array_equal(table.columns["photo"].values, np.stack([noise(number) for number in range(4)]))
    assert {part: rows.tolist() for part, rows in table.given.items()} == {
        "train": [0, 1],
        "validation": [2],
        "test": [3],
    }
    assert table.names is not None
    assert table.names.tolist() == files


@pytest.mark.parametrize("make", [Frame, pandas_frame], ids=["stand-in", "pandas"])
def test_cells_may_hold_pictures(make: Make) -> None:
    arrays = [noise(number, 4 + number % 2, 6) for number in range(4)]
    for pictures in (arrays, [Image.fromarray(array) for array in arrays]):
        table = table_of(make({"scan": pictures, "kind": list("abab")}), settings=DataSettings(image_size=4))
        assert table.columns["scan"].values.shape == (4, 4, 4, 3)


@makers
def test_cells_may_hold_picture_files(make: Make, tmp_path: Path) -> None:
    files = [save(tmp_path / f"{number}.png", noise(number)).read_bytes() for number in range(3)]
    table = table_of(make({"image": [*files, b"no picture"], "kind": list("abab")}))
    np.testing.assert_array_equal(table.columns["image"].values, np.stack([noise(number) for number in range(3)]))
    assert [rejected.name for rejected in table.rejected] == ["row 4"]


@pytest.mark.parametrize("dtype", ["category", "Categorical", "Enum(categories=['3', '4'])"])
def test_categories_of_numbers_are_categories(dtype: str) -> None:
    column = table_of(Frame({"x": Series([3, 4, None], dtype), "y": [1, 2, 3]})).columns["x"]
    assert (column.kind, column.values.tolist()) == ("category", ["3", "4", ""])


def test_categories_of_pandas_and_polars_are_known() -> None:
    pandas = pytest.importorskip("pandas")
    polars = pytest.importorskip("polars")
    for frame in (
        pandas.DataFrame({"x": pandas.Categorical([3, 4, None]), "y": 1}),
        polars.DataFrame({"x": polars.Series(["3", "4", None], dtype=polars.Categorical), "y": [1, 2, 1]}),
        polars.DataFrame({"x": polars.Series(["3", "4", None], dtype=polars.Enum(["4", "3"])), "y": [1, 2, 1]}),
    ):
        column = table_of(frame).columns["x"]
        assert (column.kind, column.values.tolist()) == ("category", ["3", "4", ""])


def test_what_is_missing_in_pandas_is_missing_here() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "n": pandas.array([1, None], "Int64"),
            "b": pandas.array([True, None], "boolean"),
            "s": pandas.array(["a", None], "string"),
            "t": pandas.to_datetime(["2020-01-02", None], utc=True),
        }
    )
    table = table_of(frame)
    assert {name: column.kind for name, column in table.columns.items()} == {
        "n": "number",
        "b": "category",
        "s": "category",
        "t": "time",
    }
    assert "Columns in which values are missing, and how many: n 1, b 1, s 1, t 1." in table.notes


def test_columns_of_no_use_are_left_out_and_named() -> None:
    table = table_of(Frame({"x": ["a", "b"], "box": [{"left": 1}, {"left": 2}], "vector": [np.zeros(3)] * 2}))
    assert list(table.columns) == ["x"]
    assert "Columns that cannot be used are left out: 'box', 'vector'." in table.notes


def test_a_frame_of_no_use_at_all_is_refused() -> None:
    with pytest.raises(DataError, match="memory has no column that can be used, only 'box'"):
        table_of(Frame({"box": [{"left": 1}]}))


def test_two_columns_of_one_name_are_refused() -> None:
    frame = pytest.importorskip("pandas").DataFrame([[1, 2]], columns=["a", "a"])
    with pytest.raises(DataError, match=r"Several columns are named 'a'\."):
        table_of(frame)


def test_neither_library_is_imported() -> None:
    read = "import sys; from deepwright.data.reading import table_of; table_of({'x': ['a']}); "
    code = read + "print({'pandas', 'polars'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
