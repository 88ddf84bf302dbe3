from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepwright.data.reading import as_bytes, read_table, table_of
from deepwright.data.table import Table
from deepwright.errors import DataError
from tests.unit.data.test_idx import TRAIN, shelve

PICTURES = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
LABELS = ["a", "b", "a"]


def refusal(source: object) -> str:
    with pytest.raises(DataError) as caught:
        read_table(str(source))
    return str(caught.value)


def rejection(data: Any) -> str:
    with pytest.raises(DataError) as caught:
        table_of(data)
    return str(caught.value)


# --------------------------------------------------------------------------------------------- by name


def test_an_embedded_data_set_is_read_by_its_name() -> None:
    assert len(read_table("digits")) == 1797


def test_a_path_is_read_by_the_reader_that_knows_it(tmp_path: Path) -> None:
    shelve(tmp_path, TRAIN)
    table = read_table(str(tmp_path))
    assert (len(table), table.source) == (6, str(tmp_path))


def test_a_path_in_the_home_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mnist").mkdir()
    shelve(tmp_path / "mnist", TRAIN)
    assert len(read_table("~/mnist")) == 6


def test_a_misspelt_data_set_is_answered_with_the_nearest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert refusal("digit") == ("There is no file, folder or embedded data set named 'digit'. Did you mean digits?")


def test_a_misspelt_path_is_answered_with_the_nearest_beside_it(tmp_path: Path) -> None:
    (tmp_path / "handwriting").mkdir()
    message = refusal(tmp_path / "handwritting")
    assert repr(str(tmp_path / "handwritting")) in message
    assert "Did you mean handwriting?" in message


@pytest.mark.parametrize("source", ["/nowhere/at/all", "~nobody-of-that-name/x", "x" * 5000, "x\0y", "zzzzzzzz"])
def test_what_is_like_nothing_is_answered_with_the_embedded_data_sets(source: str) -> None:
    message = refusal(source)
    assert message.startswith("There is no file, folder or embedded data set named ")
    assert "Embedded data sets: digits." in message


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{tmp_path} is an empty folder."


def test_an_empty_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_bytes(b"")
    assert refusal(tmp_path / "data.csv") == f"{tmp_path / 'data.csv'} is an empty file."


def test_a_file_of_no_known_kind_is_answered_with_what_is_read(tmp_path: Path) -> None:
    (tmp_path / "song.mp3").write_bytes(b"ID3")
    message = refusal(tmp_path / "song.mp3")
    assert message.startswith(f"{tmp_path / 'song.mp3'} is not data that can be read here; found: song.mp3. Read are: ")
    assert "IDX" in message


def test_a_folder_of_no_known_kind_is_answered_with_what_was_found_and_what_is_read(tmp_path: Path) -> None:
    for number in range(8):
        (tmp_path / f"{number}.mp3").write_bytes(b"ID3")
    message = refusal(tmp_path)
    assert "found: 0.mp3, 1.mp3, 2.mp3, 3.mp3, 4.mp3. Read are: " in message
    assert "IDX" in message


def test_a_path_goes_before_an_embedded_data_set_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logged: list[logging.LogRecord]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "digits").mkdir()
    shelve(tmp_path / "digits", TRAIN)
    assert len(read_table("digits")) == 6
    assert [(record.levelname, record.getMessage()) for record in logged] == [
        ("WARNING", "digits is a path here and also the name of an embedded data set; the path is read.")
    ]


def test_a_path_that_is_no_data_set_is_read_without_a_word(tmp_path: Path, logged: list[logging.LogRecord]) -> None:
    shelve(tmp_path, TRAIN)
    read_table(str(tmp_path))
    assert not logged


# ------------------------------------------------------------------------------------------- in memory


def test_a_pair_is_pictures_and_labels() -> None:
    table = table_of((PICTURES, LABELS))
    assert {name: column.kind for name, column in table.columns.items()} == {"image": "image", "label": "category"}
    np.testing.assert_array_equal(table.columns["image"].values, PICTURES)
    assert table.columns["label"].values.tolist() == LABELS
    assert (table.source, table.given) == ("memory", {})


def test_a_table_stays_as_it_is() -> None:
    table = table_of((PICTURES, LABELS))
    assert table_of(table) is table


@pytest.mark.parametrize(
    ("values", "kind", "kept"),
    [
        (["x", "y", "x"], "category", ["x", "y", "x"]),
        (np.array(["x", "y", 1], object), "category", ["x", "y", "1"]),
        ([3, -1, 3], "category", ["3", "-1", "3"]),
        (np.array([3, 250, 3], np.uint8), "category", ["3", "250", "3"]),
        ([True, False, True], "category", ["True", "False", "True"]),
        ([0.5, 1.5, 2.0], "number", [0.5, 1.5, 2.0]),
        (np.array(["2020-01-02", "2019-01-01", "2021-01-01"], "M8[D]"), "time", None),
    ],
    ids=["text", "objects", "integers", "bytes", "booleans", "numbers", "dates"],
)
def test_the_type_of_an_array_decides_what_it_is(values: Any, kind: str, kept: list[Any] | None) -> None:
    column = table_of({"column": values}).columns["column"]
    assert column.kind == kind
    if kept is not None:
        assert column.values.tolist() == kept


@pytest.mark.parametrize("shape", [(3, 4, 5), (3, 4, 5, 1), (3, 4, 5, 3)])
def test_pictures_have_two_dimensions_and_perhaps_colours(shape: tuple[int, ...]) -> None:
    column = table_of({"picture": np.zeros(shape, np.uint8)}).columns["picture"]
    assert column.kind == "image"
    assert column.values.shape == (shape[:3] if shape[-1] == 1 else shape)


@pytest.mark.parametrize("kind", ["f2", "f4", "f8"])
def test_pictures_from_0_to_1_are_spread_over_bytes(kind: str) -> None:
    pictures = (np.arange(256).reshape(1, 16, 16) / 255).astype(kind)
    column = table_of({"picture": pictures}).columns["picture"]
    assert column.values.dtype == np.uint8
    assert column.values.reshape(-1).tolist() == list(range(256))


def test_pictures_from_0_to_1_are_rounded_to_the_nearest_byte() -> None:
    assert as_bytes(np.array([[[0.999, 0.501, 0.1, 0.0019, 0.002]]]), "x").tolist() == [[[255, 128, 26, 0, 1]]]


@pytest.mark.parametrize("kind", ["i2", "i8", "u4", ">u2"])
def test_pictures_of_larger_whole_numbers_become_bytes(kind: str) -> None:
    column = table_of({"picture": np.arange(256).reshape(1, 16, 16).astype(kind)}).columns["picture"]
    assert column.values.dtype == np.uint8
    assert column.values.reshape(-1).tolist() == list(range(256))


def test_masks_are_black_and_white() -> None:
    assert as_bytes(np.array([[[True, False]]]), "mask").tolist() == [[[255, 0]]]


@pytest.mark.parametrize(
    "pictures",
    [
        np.full((1, 2, 2), -0.01),
        np.full((1, 2, 2), 1.01),
        np.full((1, 2, 2), np.nan),
        np.full((1, 2, 2), np.inf),
        np.full((1, 2, 2), 256),
        np.full((1, 2, 2), -1),
        np.full((1, 2, 2), 65535, np.uint16),
    ],
    ids=["below 0", "above 1", "nan", "infinite", "above 255", "negative", "sixteen bits"],
)
def test_pictures_whose_scale_is_unknown_are_refused(pictures: Any) -> None:
    message = rejection({"scan": pictures})
    assert message.startswith("The pictures in 'scan' range from ")
    assert message.endswith(f"({pictures.dtype}); bytes from 0 to 255 or numbers from 0 to 1 are read.")


@pytest.mark.parametrize("values", [np.zeros((1, 2, 2), complex), np.full((1, 2, 2), "x"), np.full((1, 2, 2), None)])
def test_pictures_that_are_no_numbers_are_refused(values: Any) -> None:
    assert f"The pictures in 'scan' are of the type {values.dtype}" in rejection({"scan": values})


@pytest.mark.parametrize(
    "values",
    [
        np.zeros(()),
        np.zeros((3, 4)),
        np.zeros((3, 4, 5, 2), np.uint8),
        np.zeros((3, 4, 5, 4), np.uint8),
        np.zeros((3, 1, 4, 5), np.uint8),
        np.zeros((3, 4, 5, 3, 1), np.uint8),
        np.zeros((3, 0, 5), np.uint8),
        np.zeros(3, complex),
        np.array([b"x", b"y"]),
        np.zeros(3, "m8[s]"),
    ],
    ids=lambda values: f"{values.dtype}{list(values.shape)}",
)
def test_an_array_that_no_column_can_be_is_named_with_shape_and_type(values: Any) -> None:
    message = rejection({"x": values})
    for part in ("The column 'x'", f"the shape {list(values.shape)}", f"the type {values.dtype}", "[N, H, W, 3]"):
        assert part in message


def test_values_of_different_shapes_are_refused() -> None:
    assert rejection({"x": [[1, 2], [3]]}) == "The values of the column 'x' differ in shape."


@pytest.mark.parametrize(
    "data",
    [(), (PICTURES,), (PICTURES, LABELS, LABELS), "digit", 3, None],
    ids=["none", "1", "3", "str", "int", "None"],
)
def test_what_is_neither_columns_nor_a_pair_is_refused(data: Any) -> None:
    assert rejection(data) == (
        f"Data in memory is a mapping of arrays by name or a pair (pictures, labels), not {type(data).__name__}."
    )


def test_columns_of_different_lengths_are_refused() -> None:
    assert rejection((PICTURES, LABELS[:2])) == "memory: the columns differ in length: image 3, label 2."


@pytest.mark.parametrize("data", [{}, (PICTURES[:0], LABELS[:0])], ids=["no columns", "no rows"])
def test_nothing_is_refused(data: Any) -> None:
    assert "memory has no rows." in rejection(data) or "shape [0]" in rejection(data)


def test_the_source_of_columns_in_memory_can_be_named() -> None:
    table = table_of({"x": ["a"]}, "a survey")
    assert isinstance(table, Table)
    assert table.source == "a survey"
