from __future__ import annotations

import gzip
import os
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from deepwright.data.readers.idx import Idx
from deepwright.data.table import Table
from deepwright.errors import DataError

TRAIN, TEST = (
    ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
)
PICTURES = np.arange(6 * 4 * 3, dtype=np.uint8).reshape(6, 4, 3)
LABELS = np.array([3, 1, 4, 1, 5, 9], np.uint8)

Bytes = npt.NDArray[np.uint8]


def idx(values: Bytes, *, magic: bytes = b"\0\0", kind: int = 8, shape: tuple[int, ...] | None = None) -> bytes:
    """The bytes of an IDX file, true unless told to lie."""
    sizes = values.shape if shape is None else shape
    return magic + struct.pack(f">BB{len(sizes)}I", kind, len(sizes), *sizes) + values.tobytes()


def shelve(folder: Path, names: tuple[str, str], pictures: Bytes = PICTURES, labels: Bytes = LABELS) -> None:
    for name, values in zip(names, (pictures, labels), strict=True):
        put(folder / name, idx(values))


def put(file: Path, data: bytes) -> None:
    file.write_bytes(gzip.compress(data, mtime=0) if file.suffix.casefold() == ".gz" else data)


def zipped(names: tuple[str, str]) -> tuple[str, str]:
    return f"{names[0]}.gz", f"{names[1]}.gz"


def refusal(folder: Path) -> str:
    with pytest.raises(DataError) as caught:
        Idx().read(folder)
    return str(caught.value)


def values(table: Table, name: str) -> npt.NDArray[Any]:
    found: npt.NDArray[Any] = table.columns[name].values
    return found


@pytest.mark.parametrize("pack", [tuple, zipped], ids=["plain", "gz"])
@pytest.mark.parametrize(
    ("train", "test"),
    [
        (TRAIN, TEST),
        (("train-images.idx3-ubyte", "train-labels.idx1-ubyte"), ("t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte")),
        (("train_images_idx3_ubyte", "train_labels_idx1_ubyte"), ("test_images_idx3_ubyte", "test_labels_idx1_ubyte")),
        (("TRAIN-IMAGES-IDX3-UBYTE", "Train-Labels-Idx1-Ubyte"), ("T10K-images-idx3-ubyte", "t10k-LABELS-idx1-ubyte")),
    ],
    ids=["as published", "as unpacked", "underscores", "any case"],
)
def test_the_files_are_known_by_any_of_their_names(
    train: tuple[str, str], test: tuple[str, str], pack: Callable[[tuple[str, str]], tuple[str, str]], tmp_path: Path
) -> None:
    shelve(tmp_path, pack(train))
    shelve(tmp_path, pack(test), PICTURES[:2] + 100, LABELS[:2])
    assert Idx().matches(tmp_path)
    table = Idx().read(tmp_path)
    np.testing.assert_array_equal(values(table, "image"), np.concatenate([PICTURES, PICTURES[:2] + 100]))
    assert values(table, "image").dtype == np.uint8
    assert values(table, "label").tolist() == ["3", "1", "4", "1", "5", "9", "3", "1"]
    assert [(name, column.kind) for name, column in table.columns.items()] == [
        ("image", "image"),
        ("label", "category"),
    ]
    assert {split: rows.tolist() for split, rows in table.given.items()} == {"train": [*range(6)], "test": [6, 7]}
    assert table.source == str(tmp_path)


def test_packed_and_plain_files_give_the_same_table(tmp_path: Path) -> None:
    plain, packed = tmp_path / "plain", tmp_path / "packed"
    for folder, names in ((plain, TRAIN), (packed, zipped(TRAIN))):
        folder.mkdir()
        shelve(folder, names)
    assert Idx().read(plain).sha256 == Idx().read(packed).sha256


def test_a_compressed_file_may_end_in_capitals(tmp_path: Path) -> None:
    shelve(tmp_path, (f"{TRAIN[0]}.GZ", f"{TRAIN[1]}.GZ"))
    assert len(Idx().read(tmp_path)) == 6


def test_one_part_gives_no_splits(tmp_path: Path) -> None:
    shelve(tmp_path, TRAIN)
    assert Idx().read(tmp_path).given == {}


def test_files_without_a_part_in_their_names_are_for_training(tmp_path: Path) -> None:
    shelve(tmp_path, ("images-idx3-ubyte", "labels-idx1-ubyte"))
    assert len(Idx().read(tmp_path)) == 6


def test_three_parts_stand_in_the_order_of_their_use(tmp_path: Path) -> None:
    shelve(tmp_path, TEST, PICTURES[:1], LABELS[:1])
    shelve(tmp_path, TRAIN)
    shelve(tmp_path, ("valid-images-idx3-ubyte", "valid-labels-idx1-ubyte"), PICTURES[:2], LABELS[:2])
    given = Idx().read(tmp_path).given
    assert {split: rows.tolist() for split, rows in given.items()} == {
        "train": [*range(6)],
        "validation": [6, 7],
        "test": [8],
    }
    assert list(given) == ["train", "validation", "test"]


def test_other_files_beside_them_are_left_alone(tmp_path: Path) -> None:
    shelve(tmp_path, TRAIN)
    (tmp_path / "readme.txt").write_text("hello")
    (tmp_path / "train-images-idx3-ubyte.bak").write_bytes(b"")
    assert len(Idx().read(tmp_path)) == 6


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.write_text("x"), lambda path: None])
def test_what_holds_no_idx_files_is_not_matched(make: Callable[[Path], object], tmp_path: Path) -> None:
    make(tmp_path / "x")
    assert not Idx().matches(tmp_path / "x")


# -------------------------------------------------------------------------------------- what is wrong in a file


WRONG: dict[str, tuple[bytes, str]] = {
    "a page": (
        b"<html>not found</html>",
        "is not an IDX file: it begins with the bytes 3c 68 74 6d, not with 00 00 08",
    ),
    "nothing": (b"", "it begins with the bytes none"),
    "one byte": (b"\0", "is not an IDX file"),
    "wrong magic": (idx(PICTURES, magic=b"\0\1"), "it begins with the bytes 00 01 08 03"),
    "unknown type": (idx(PICTURES, kind=7), "it begins with the bytes 00 00 07 03"),
    "floats": (idx(PICTURES, kind=0x0D), "holds values of type 0d; only unsigned bytes (08) are read"),
    "signed": (idx(PICTURES, kind=9), "holds values of type 09"),
    "one dimension": (idx(LABELS), "holds 1 dimensions; 3 are expected"),
    "four dimensions": (idx(PICTURES[..., None]), "holds 4 dimensions; 3 are expected"),
    "no dimensions": (b"\0\0\x08\0", "holds 0 dimensions"),
    "header cut": (idx(PICTURES)[:11], "ends within its header"),
    "header alone": (idx(PICTURES)[:16], "its header announces 6×4×3 values, 72 bytes; 0 follow"),
    "body cut": (idx(PICTURES)[:-1], "its header announces 6×4×3 values, 72 bytes; 71 follow"),
    "trailing": (idx(PICTURES) + b"\0", "its header announces 6×4×3 values, 72 bytes; more than 72 follow"),
    "no pictures": (idx(PICTURES[:0]), "is empty: its header announces 0×4×3 values"),
    "no width": (idx(PICTURES[..., :0]), "is empty: its header announces 6×4×0 values"),
}


@pytest.mark.parametrize("ending", ["", ".gz"], ids=["plain", "gz"])
@pytest.mark.parametrize("case", WRONG)
def test_a_broken_file_is_named_with_what_is_wrong(case: str, ending: str, tmp_path: Path) -> None:
    data, problem = WRONG[case]
    shelve(tmp_path, TRAIN)
    (tmp_path / TRAIN[0]).unlink()
    put(tmp_path / (TRAIN[0] + ending), data)
    message = refusal(tmp_path)
    assert message.startswith(str(tmp_path / (TRAIN[0] + ending)))
    assert problem in message


@pytest.mark.parametrize(("case", "problem"), [("pictures", "holds 3 dimensions; 1 are expected"), ("cut", "5 follow")])
def test_a_broken_file_of_labels_is_named(case: str, problem: str, tmp_path: Path) -> None:
    shelve(tmp_path, TRAIN)
    put(tmp_path / TRAIN[1], {"pictures": idx(PICTURES), "cut": idx(LABELS)[:-1]}[case])
    message = refusal(tmp_path)
    assert message.startswith(str(tmp_path / TRAIN[1]))
    assert problem in message


@pytest.mark.parametrize("ending", ["", ".gz"], ids=["plain", "gz"])
def test_a_file_cut_anywhere_is_refused(ending: str, tmp_path: Path) -> None:
    shelve(tmp_path, (TRAIN[0] + ending, TRAIN[1]))
    file = tmp_path / (TRAIN[0] + ending)
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        assert refusal(tmp_path).startswith(str(file)), length


def test_a_gzip_file_with_any_byte_damaged_is_refused_or_whole(tmp_path: Path) -> None:
    """Only the header of gzip has bytes that change nothing; its checksum covers all the others."""
    shelve(tmp_path, (f"{TRAIN[0]}.gz", TRAIN[1]))
    file = tmp_path / f"{TRAIN[0]}.gz"
    whole = file.read_bytes()
    refused = 0
    for position in range(len(whole)):
        file.write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
        try:
            found = values(Idx().read(tmp_path), "image")
        except DataError as error:
            problem = str(error)
        else:
            np.testing.assert_array_equal(found, PICTURES)
            continue
        assert str(file) in problem
        refused += 1
    assert refused >= len(whole) - 10


def test_a_file_that_is_not_packed_although_its_name_says_so_is_refused(tmp_path: Path) -> None:
    shelve(tmp_path, zipped(TRAIN))
    (tmp_path / zipped(TRAIN)[0]).write_bytes(idx(PICTURES))
    message = refusal(tmp_path)
    assert str(tmp_path / zipped(TRAIN)[0]) in message
    assert "is not a gzip file, or it is damaged" in message


def test_bytes_after_the_end_of_a_gzip_file_are_refused(tmp_path: Path) -> None:
    shelve(tmp_path, zipped(TRAIN))
    with (tmp_path / zipped(TRAIN)[0]).open("ab") as stream:
        stream.write(b"rubbish")
    assert str(tmp_path / zipped(TRAIN)[0]) in refusal(tmp_path)


def test_a_folder_with_the_name_of_a_file_is_refused(tmp_path: Path) -> None:
    shelve(tmp_path, TRAIN)
    (tmp_path / TRAIN[0]).unlink()
    (tmp_path / TRAIN[0]).mkdir()
    assert refusal(tmp_path) == f"{tmp_path / TRAIN[0]} cannot be read: Is a directory."


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    shelve(tmp_path, TRAIN)
    (tmp_path / TRAIN[1]).chmod(0)
    assert refusal(tmp_path) == f"{tmp_path / TRAIN[1]} cannot be read: Permission denied."


# ------------------------------------------------------------------------------------ files that do not agree


def test_pictures_and_labels_that_disagree_in_number_are_both_named(tmp_path: Path) -> None:
    shelve(tmp_path, TRAIN, PICTURES, LABELS[:4])
    message = refusal(tmp_path)
    for part in (str(tmp_path / TRAIN[0]), "6 pictures", TRAIN[1], "4 labels"):
        assert part in message


@pytest.mark.parametrize(("missing", "left", "what"), [(0, 1, "images"), (1, 0, "labels")])
def test_a_file_without_its_partner_is_named(missing: int, left: int, what: str, tmp_path: Path) -> None:
    shelve(tmp_path, TRAIN)
    shelve(tmp_path, TEST)
    (tmp_path / TEST[missing]).unlink()
    message = refusal(tmp_path)
    assert message.startswith(TEST[left])
    assert f"the file with its {what} is missing from {tmp_path}" in message


def test_an_archive_beside_its_unpacked_file_is_left_alone(tmp_path: Path) -> None:
    shelve(tmp_path, TRAIN)
    for name in TRAIN:
        (tmp_path / f"{name}.gz").write_bytes(b"damaged, and never opened")
    assert len(Idx().read(tmp_path)) == len(PICTURES)


def test_the_end_of_a_longer_name_says_the_part(tmp_path: Path) -> None:
    shelve(tmp_path, (f"emnist-digits-{TRAIN[0]}", f"emnist-digits-{TRAIN[1]}"))
    assert len(Idx().read(tmp_path)) == len(PICTURES)


def test_test_files_alone_are_refused(tmp_path: Path) -> None:
    shelve(tmp_path, TEST)
    assert refusal(tmp_path) == f"{tmp_path} has no training part; found: test."


@pytest.mark.parametrize(
    "other", ["train-images.idx3-ubyte", "training-images-idx3-ubyte", "emnist-train-images-idx3-ubyte"]
)
def test_the_same_part_twice_names_both_files(other: str, tmp_path: Path) -> None:
    shelve(tmp_path, TRAIN)
    put(tmp_path / other, idx(PICTURES))
    message = refusal(tmp_path)
    for part in (str(tmp_path), TRAIN[0], other, "the same part twice"):
        assert part in message


def test_pictures_of_different_sizes_are_refused(tmp_path: Path) -> None:
    shelve(tmp_path, TRAIN)
    shelve(tmp_path, TEST, PICTURES[:, :2], LABELS)
    message = refusal(tmp_path)
    for part in (str(tmp_path), "(2, 3)", "(4, 3)"):
        assert part in message


# ------------------------------------------------------------------------------------------ memory


@pytest.mark.parametrize("ending", ["", ".gz"], ids=["plain", "gz"])
@pytest.mark.parametrize(("shape", "names"), [((2**32 - 1, 28, 28), 0), ((2**32 - 1,), 1), ((2**32 - 1,) * 3, 0)])
def test_a_header_that_announces_too_much_costs_no_memory(
    shape: tuple[int, ...], names: int, ending: str, tmp_path: Path
) -> None:
    shelve(tmp_path, TRAIN)
    (tmp_path / TRAIN[names]).unlink()
    put(tmp_path / (TRAIN[names] + ending), idx(LABELS, shape=shape))
    tracemalloc.start()
    try:
        message = refusal(tmp_path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "6 follow" in message
    assert peak < 8 * 2**20


def test_a_bomb_is_unpacked_no_further_than_its_header_announces(tmp_path: Path) -> None:
    shelve(tmp_path, zipped(TRAIN))
    put(tmp_path / zipped(TRAIN)[0], idx(PICTURES) + bytes(64 * 2**20))
    tracemalloc.start()
    try:
        assert "more than 72 follow" in refusal(tmp_path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * 2**20
