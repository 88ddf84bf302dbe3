from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from deepwright import registry
from deepwright.config.settings import DataSettings
from deepwright.data.reading import read_table, table_of
from deepwright.data.table import Table
from deepwright.data.tabular.arrays import as_bytes
from deepwright.errors import ConfigError, DataError
from tests.unit.data.photographs import ORIENTATION, noise, save
from tests.unit.data.readers.test_idx import TRAIN, shelve

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
    assert refusal("digit") == ("There is no file, folder or data set named 'digit'. Did you mean digits?")


def test_a_misspelt_path_is_answered_with_the_nearest_beside_it(tmp_path: Path) -> None:
    (tmp_path / "handwriting").mkdir()
    message = refusal(tmp_path / "handwritting")
    assert repr(str(tmp_path / "handwritting")) in message
    assert "Did you mean handwriting?" in message


@pytest.mark.parametrize("source", ["/nowhere/at/all", "~nobody-of-that-name/x", "x" * 5000, "x\0y", "zzzzzzzz"])
def test_what_is_like_nothing_is_answered_with_the_embedded_data_sets(source: str) -> None:
    message = refusal(source)
    assert message.startswith("There is no file, folder or data set named ")
    assert f"Data sets: {', '.join(registry.entries('datasets'))}." in message


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
        ("WARNING", "digits is a path here and also the name of a data set; the path is read.")
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
        np.zeros((3, 2, 4, 5), np.uint8),
        np.zeros((3, 4, 5, 3, 1), np.uint8),
        np.zeros((3, 0, 5), np.uint8),
        np.zeros(3, complex),
        np.array([b"\xff", b"\xfe"]),
        np.zeros(3, "m8[s]"),
    ],
    ids=lambda values: f"{values.dtype}{list(values.shape)}",
)
def test_an_array_that_no_column_can_be_is_named_with_shape_and_type(values: Any) -> None:
    message = rejection({"x": values})
    for part in ("The column 'x'", f"the shape {list(values.shape)}", f"the type {values.dtype}", "[N, H, W, 3]"):
        assert part in message


def test_values_of_different_shapes_are_refused() -> None:
    message = rejection({"x": [[1.5, 2.5], [3.5]]})
    assert message == "The values of the column 'x' differ in shape, or are of no kind that is read."


@pytest.mark.parametrize(
    "data",
    [(), (PICTURES,), (PICTURES, LABELS, LABELS), "digit", 3, None],
    ids=["none", "1", "3", "str", "int", "None"],
)
def test_what_is_neither_columns_nor_a_pair_is_refused(data: Any) -> None:
    assert rejection(data) == (
        "Data in memory is a data frame, a mapping of arrays by name or a pair (pictures, labels), "
        f"not {type(data).__name__}."
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


@pytest.mark.parametrize("channels", [1, 3])
def test_channels_may_come_first_which_is_said(channels: int) -> None:
    pictures = np.arange(2 * channels * 4 * 5, dtype=np.uint8).reshape(2, channels, 4, 5)
    table = table_of({"scan": pictures})
    expected = pictures[:, 0] if channels == 1 else pictures.transpose(0, 2, 3, 1)
    np.testing.assert_array_equal(table.columns["scan"].values, expected)
    assert f"scan is read as [N, C, H, W]: its shape is [2, {channels}, 4, 5]." in table.notes


def test_tensors_are_arrays_whether_they_want_gradients_or_not() -> None:
    table = table_of((torch.zeros(3, 3, 4, 5, requires_grad=True), torch.tensor([0, 1, 0])))
    assert table.columns["image"].values.shape == (3, 4, 5, 3)
    assert table.columns["label"].values.tolist() == ["0", "1", "0"]


@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.bool_, np.float32])
def test_zeros_and_ones_are_labels(kind: type[np.generic]) -> None:
    column = table_of((PICTURES, np.array([[0, 1, 1], [0, 0, 0], [1, 0, 0]]).astype(kind))).columns["label"]
    assert (column.kind, column.values.tolist()) == ("labels", [("1", "2"), (), ("0",)])


def test_a_single_one_in_every_row_is_a_class_which_is_said() -> None:
    table = table_of((PICTURES, np.eye(4)[[3, 0, 3]]))
    assert (table.columns["label"].kind, table.columns["label"].values.tolist()) == ("category", ["3", "0", "3"])
    assert "label has a single 1 in each row of 4; it is read as classes." in table.notes


def test_labels_in_a_column_of_their_own_are_a_column() -> None:
    assert table_of((PICTURES, np.array([[2], [3], [2]]))).columns["label"].values.tolist() == ["2", "3", "2"]


@pytest.mark.parametrize("labels", [[["a"], [], ["a", "b"]], [["a", "b"], ["b", "c"], ["c", "d"]]])
def test_lists_of_text_are_labels(labels: list[list[str]]) -> None:
    column = table_of((PICTURES, labels)).columns["label"]
    assert (column.kind, column.values.tolist()) == ("labels", [tuple(row) for row in labels])


@pytest.mark.parametrize("labels", [["a", None, "b"], [0.5, np.nan, 1.5], [["a"], None, ["b"]]], ids=str)
def test_rows_without_a_label_are_left_out_and_named(labels: list[Any]) -> None:
    table = table_of((PICTURES, labels))
    np.testing.assert_array_equal(table.columns["image"].values, PICTURES[[0, 2]])
    assert [(r.name, r.reason) for r in table.rejected] == [("row 2", "It has no value in the column label.")]
    with pytest.raises(DataError, match=r"row 2 cannot be used\. It has no value in the column label\."):
        table_of((PICTURES, labels), settings=DataSettings(strict=True))


def test_pictures_of_pil_and_of_many_sizes_are_brought_to_one() -> None:
    pictures = [Image.new("RGB", (10 + side, 12), (side, 0, 0)) for side in range(6)]
    table = table_of((pictures, list("ababab")), settings=DataSettings(image_size=8))
    assert table.columns["image"].values.shape == (6, 8, 8, 3)
    assert table.columns["image"].values[5, 4, 4].tolist() == [5, 0, 0]
    assert table.files is not None
    assert table.files.widths.tolist() == [10, 11, 12, 13, 14, 15]


def test_indexed_colours_of_pil_are_not_taken_for_greys() -> None:
    picture = Image.new("RGB", (4, 4), (255, 0, 0)).convert("P")
    assert table_of(([picture, picture], ["a", "b"])).columns["image"].values[0, 0, 0].tolist() == [255, 0, 0]


def test_pictures_of_pil_are_turned_upright() -> None:
    picture = Image.new("L", (6, 4))
    picture.getexif()[ORIENTATION] = 6
    table = table_of(([picture, picture], ["a", "b"]))
    assert table.columns["image"].values.shape == (2, 6, 4)


def test_a_picture_that_cannot_be_decoded_is_left_out_and_named(tmp_path: Path) -> None:
    file = save(tmp_path / "cut.png", noise(0, 32, 32))
    file.write_bytes(file.read_bytes()[:-1000])
    with Image.open(file) as cut:
        table = table_of(([*map(Image.fromarray, (noise(1, 32, 32), noise(2, 32, 32))), cut], list("aba")))
    assert len(table) == 2
    assert table.rejected[0].name == "row 3"


@pytest.mark.parametrize("kind", [str, Path])
def test_paths_are_pictures(kind: Callable[[Path], Any], tmp_path: Path) -> None:
    files = [save(tmp_path / f"{number}.png", noise(number)) for number in range(3)]
    table = table_of(([kind(file) for file in files], LABELS))
    np.testing.assert_array_equal(table.columns["image"].values, np.stack([noise(number) for number in range(3)]))
    assert table.names is not None
    assert table.names.tolist() == [str(file) for file in files]


def test_relative_paths_begin_at_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(3):
        save(tmp_path / f"{number}.png", noise(number))
    assert len(table_of((["0.png", "1.png", "2.png"], LABELS))) == 3


def test_a_column_of_splits_divides_arrays_as_well() -> None:
    table = table_of({"image": PICTURES, "label": LABELS, "split": ["test", "train", "val"]})
    assert {part: rows.tolist() for part, rows in table.given.items()} == {"train": [1], "validation": [2], "test": [0]}
    assert list(table.columns) == ["image", "label"]


def test_a_role_must_name_a_column_in_memory_too() -> None:
    with pytest.raises(ConfigError, match=r"names the column 'lable'; memory has: image, label. Did you mean label\?"):
        table_of((PICTURES, LABELS), settings=DataSettings(columns={"label": "lable"}))


@pytest.mark.parametrize("dtype", ["bfloat16", "float8_e4m3fn"])
@pytest.mark.parametrize("each", [False, True], ids=["a tensor", "a list of them"])
def test_tensors_of_types_that_numpy_lacks_are_read(dtype: str, each: bool) -> None:
    pictures = torch.arange(2 * 8 * 8).reshape(2, 8, 8).remainder(2).to(getattr(torch, dtype))
    table = table_of((list(pictures) if each else pictures, ["a", "b"]))
    np.testing.assert_array_equal(table.columns["image"].values, 255 * pictures.float().numpy())


def test_tensors_that_are_no_arrays_are_refused() -> None:
    with pytest.raises(DataError, match=r"type torch\.float32 and the layout torch\.sparse_coo cannot be read"):
        table_of((torch.zeros(2, 8, 8).to_sparse(), ["a", "b"]))


def test_a_link_to_nothing_says_so(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(DataError, match=r"link is a link to nowhere, which is not there\."):
        read_table(str(tmp_path / "link"))


def test_labels_in_bytes_are_text() -> None:
    table = table_of((np.zeros((2, 8, 8), np.uint8), np.array(["猫".encode(), b"dog"])))
    assert table.columns["label"].values.tolist() == ["猫", "dog"]
