from __future__ import annotations

import io
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepwright.config.settings import DataSettings
from deepwright.data.readers import _array_archive
from deepwright.data.reading import read_table
from deepwright.data.table import Table
from deepwright.errors import ConfigError, DataError

PICTURES = np.arange(6 * 4 * 5, dtype=np.uint8).reshape(6, 4, 5)
COLOURED = np.arange(6 * 4 * 5 * 3, dtype=np.uint16).astype(np.uint8).reshape(6, 4, 5, 3)
LABELS = np.array([3, 1, 4, 1, 5, 9])


def table(folder: Path, arrays: dict[str, Any], **settings: Any) -> Table:
    np.savez(folder / "pictures.npz", **arrays)
    return read_table(str(folder / "pictures.npz"), DataSettings(**settings))


def refusal(folder: Path, arrays: dict[str, Any], **settings: Any) -> str:
    with pytest.raises((DataError, ConfigError)) as caught:
        table(folder, arrays, **settings)
    return str(caught.value)


def header(shape: tuple[int, ...], dtype: str = "|u1", order: bool = False) -> bytes:
    """The header of an array in NumPy's format, true or not."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": dtype, "fortran_order": order, "shape": shape})
    return stream.getvalue()


def zipped(folder: Path, members: dict[str, bytes]) -> str:
    with zipfile.ZipFile(folder / "pictures.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return str(folder / "pictures.npz")


# ------------------------------------------------------------------------------------------- undivided


@pytest.mark.parametrize("image", ["images", "image", "x", "X", "data", "anything"])
@pytest.mark.parametrize("label", ["labels", "label", "y", "Y", "targets", "whatever"])
def test_arrays_are_columns_by_their_names(image: str, label: str, tmp_path: Path) -> None:
    found = table(tmp_path, {image: PICTURES, label: LABELS})
    assert {name: column.kind for name, column in found.columns.items()} == {image: "image", label: "category"}
    np.testing.assert_array_equal(found.columns[image].values, PICTURES)
    assert found.columns[label].values.tolist() == ["3", "1", "4", "1", "5", "9"]
    assert (found.given, found.source) == ({}, str(tmp_path / "pictures.npz"))


@pytest.mark.parametrize(
    ("labels", "kind", "expected"),
    [
        (LABELS[:, None], "category", ["3", "1", "4", "1", "5", "9"]),
        (LABELS / 2, "number", [1.5, 0.5, 2, 0.5, 2.5, 4.5]),
        (np.array([[1, 1, 0], [0, 0, 0]] * 3, np.uint8), "labels", [("0", "1"), ()] * 3),
        (np.eye(3)[[0, 1, 2, 2, 1, 0]], "category", ["0", "1", "2", "2", "1", "0"]),
        (np.array(["猫", "a/b"] * 3), "category", ["猫", "a/b"] * 3),
    ],
    ids=["column", "floats", "zeros and ones", "one-hot", "text"],
)
def test_labels_are_what_their_type_and_shape_say(labels: Any, kind: str, expected: list[Any], tmp_path: Path) -> None:
    column = table(tmp_path, {"x": PICTURES, "y": labels}).columns["y"]
    assert (column.kind, column.values.tolist()) == (kind, expected)


def test_channels_may_come_first_which_is_said(tmp_path: Path) -> None:
    found = table(tmp_path, {"x": COLOURED.transpose(0, 3, 1, 2), "y": LABELS})
    np.testing.assert_array_equal(found.columns["x"].values, COLOURED)
    assert "x is read as [N, C, H, W]: its shape is [6, 3, 4, 5]." in found.notes


def test_compressed_arrays_in_any_order_are_read(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "pictures.npz", y=LABELS, x=np.asfortranarray(COLOURED))
    np.testing.assert_array_equal(read_table(str(tmp_path / "pictures.npz")).columns["x"].values, COLOURED)


def test_other_arrays_of_the_same_length_are_columns_and_the_rest_is_left_out(tmp_path: Path) -> None:
    arrays = {"images": PICTURES, "masks": PICTURES, "labels": LABELS, "writer": LABELS % 2, "mean": np.zeros((4, 5))}
    found = table(tmp_path, {**arrays, "embedding": np.zeros((6, 3)), "odd": np.array([{}] * 6, object)})
    assert list(found.columns) == ["images", "labels", "writer"]
    assert "Columns that cannot be used are left out: 'masks', 'mean', 'embedding', 'odd'." in found.notes


def test_arrays_of_unusual_names_are_chosen_by_their_role(tmp_path: Path) -> None:
    arrays = {"before": PICTURES, "after": PICTURES[::-1], "kind": LABELS}
    assert refusal(tmp_path, arrays) == (
        f"{tmp_path / 'pictures.npz'} holds several arrays of pictures: before [6, 4, 5] uint8, after [6, 4, 5] uint8, "
        "kind [6] int64. Choose with --set data.columns.image=NAME."
    )
    found = table(tmp_path, arrays, columns={"image": "after", "label": "kind"})
    np.testing.assert_array_equal(found.columns["after"].values, PICTURES[::-1])


@pytest.mark.parametrize(
    ("arrays", "settings", "problem"),
    [
        ({"x": PICTURES.reshape(6, 20), "y": LABELS}, {}, "holds no pictures [N, H, W] or [N, H, W, 3]; its"),
        ({"y": LABELS}, {}, "its arrays are: y [6] int64."),
        ({}, {}, "its arrays are: none."),
        ({"x": PICTURES, "y": LABELS[:5]}, {}, "x and y differ in length; its arrays are: x [6, 4, 5]"),
        ({"x": PICTURES, "y": np.float64(3)}, {}, "x and y differ in length"),
        ({"x": PICTURES, "y": LABELS}, {"columns": {"label": "z"}}, "data.columns names the array 'z';"),
        ({"x": PICTURES, "y": LABELS}, {"columns": {"image": "y"}}, "holds no pictures [N, H, W]"),
        ({"x": PICTURES * 1.0, "y": LABELS}, {}, "The pictures in 'x' range from 0 to 119 (float64)"),
        ({"x": PICTURES, "y": np.zeros((6, 3))}, {}, "The column 'y' has the shape [6, 3] and the type float64"),
        ({"x": PICTURES, "y": np.array([{}] * 6, object)}, {}, "the array 'y' holds Python objects, which could"),
        ({"x": np.array([None] * 6, object), "y": LABELS}, {}, "holds no pictures"),
        ({"x": PICTURES[:0], "y": LABELS[:0]}, {}, "has no rows."),
    ],
    ids=lambda value: str(value)[:10],
)  # fmt: skip
def test_arrays_that_are_no_table_are_refused(
    arrays: dict[str, Any], settings: dict[str, Any], problem: str, tmp_path: Path
) -> None:
    assert problem in refusal(tmp_path, arrays, **settings)


# --------------------------------------------------------------------------------------------- divided


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("X_train", "Y_train", "X_test", "Y_test"),
        ("train_images", "train_labels", "test_images", "test_labels"),
        ("images_train", "labels_train", "images_test", "labels_test"),
        ("train_x", "train_y", "test_x", "test_y"),
        ("train_data", "train_targets", "test_data", "test_targets"),
    ],
)
def test_arrays_may_be_divided_by_their_names(names: tuple[str, ...], tmp_path: Path) -> None:
    values = (PICTURES[:4], LABELS[:4], PICTURES[4:], LABELS[4:])
    for order in (1, -1):
        found = table(tmp_path, dict(list(zip(names, values, strict=True))[::order]))
        np.testing.assert_array_equal(found.columns["image"].values, PICTURES)
        assert found.columns["label"].values.tolist() == ["3", "1", "4", "1", "5", "9"]
        given = {part: rows.tolist() for part, rows in found.given.items()}
        assert given == {"train": [0, 1, 2, 3], "test": [4, 5]}
        assert "The arrays give the splits: train 4, test 2." in found.notes


@pytest.mark.parametrize("validation", ["val", "valid", "validation"])
def test_three_splits_are_read_as_medmnist_has_them(validation: str, tmp_path: Path) -> None:
    parts = {"test": slice(4, 6), "train": slice(3), validation: slice(3, 4)}
    arrays = {f"{part}_images": COLOURED[rows] for part, rows in parts.items()}
    arrays |= {f"{part}_labels": LABELS[rows, None] for part, rows in parts.items()}
    found = table(tmp_path, arrays, columns={"image": "image", "label": "label"})
    given = {part: rows.tolist() for part, rows in found.given.items()}
    assert given == {"train": [0, 1, 2], "validation": [3], "test": [4, 5]}
    assert found.columns["label"].values.tolist() == ["3", "1", "4", "1", "5", "9"]


@pytest.mark.parametrize(
    ("arrays", "problem"),
    [
        ({"x_train": PICTURES, "y_train": LABELS, "x_test": PICTURES}, "lacks the pictures or the labels of test;"),
        ({"y_train": LABELS, "x_test": PICTURES, "y_test": LABELS}, "lacks the pictures or the labels of train;"),
        ({"x_test": PICTURES, "y_test": LABELS}, "has no arrays to train on; its arrays are: x_test [6, 4, 5] uint8,"),
        ({"x_train": PICTURES, "y_train": LABELS[:3]}, "x_train and y_train differ in length;"),
        ({"x_train": PICTURES, "x_test": PICTURES[:, 1:]}, "the splits differ in shape;"),
    ],
    ids=lambda value: str(value)[:10],
)
def test_splits_that_do_not_fit_are_refused(arrays: dict[str, Any], problem: str, tmp_path: Path) -> None:
    assert problem in refusal(tmp_path, arrays)


# --------------------------------------------------------------------------------------------- damaged


@pytest.mark.parametrize(
    "data",
    [b"\x93NUMPY", b"PK\x03\x04" + bytes(50), b"no archive"],
    ids=["array", "cut", "text"],
)
def test_what_is_no_archive_is_refused(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "pictures.npz"
    file.write_bytes(data)
    with pytest.raises(DataError, match="is not an archive of NumPy arrays, or it is damaged: ") as caught:
        read_table(str(file))
    assert str(caught.value).startswith(str(file))


def test_every_cut_and_every_damage_is_one_error(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "whole.npz", x=PICTURES, y=LABELS)
    whole = (tmp_path / "whole.npz").read_bytes()
    file = tmp_path / "pictures.npz"
    refused = 0
    for place in range(0, len(whole), 7):
        for data in (whole[:place] or b"x", whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :]):
            file.write_bytes(data)
            try:
                found = read_table(str(file))
            except (DataError, ConfigError):
                refused += 1
            else:  # a byte of which nothing depends, such as a date
                np.testing.assert_array_equal(next(iter(found.columns.values())).values, PICTURES)
    assert refused > len(whole) / 7


@pytest.mark.parametrize(
    ("member", "problem"),
    [
        (b"no array", "the magic string is not correct"),
        (header((6, 4, 5)), "its array x announces 6×4×5 values, 120 bytes; 0 follow."),
        (header((6, 4, 5)) + bytes(121), "its array x announces 6×4×5 values, 120 bytes; 121 follow."),
        (header((2**40, 2**20, 3)) + bytes(9), "its array x announces 1099511627776×1048576×3 values, "),
        (b"\x93NUMPY\x01\x00\x10\x00" + b"{'descr': open()}", "damaged"),
    ],
    ids=["text", "short", "long", "bomb", "code"],
)
def test_an_array_that_lies_is_refused(member: bytes, problem: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_table(zipped(tmp_path, {"x.npy": member}))
    assert problem in str(caught.value)


def test_an_archive_larger_than_the_memory_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_array_archive, "available_memory", lambda: 2**20)
    source = zipped(tmp_path, {"x.npy": header((2**7, 2**8, 2**9)) + bytes(2**24)})
    tracemalloc.start()
    with pytest.raises(DataError, match=r"takes 16\.8 MB of memory, of which 1\.05 MB are free\."):
        read_table(source)
    assert tracemalloc.get_traced_memory()[1] < 2**22
    tracemalloc.stop()


def test_other_files_in_the_archive_are_passed_over(tmp_path: Path) -> None:
    data = header((6, 4, 5)) + PICTURES.tobytes()
    found = read_table(zipped(tmp_path, {"readme.txt": b"about", "x.npy": data}))
    np.testing.assert_array_equal(found.columns["x"].values, PICTURES)
