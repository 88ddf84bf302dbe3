from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepwright.config.settings import DataSettings
from deepwright.data.readers.folder import Folder
from deepwright.data.reading import read_table
from deepwright.data.stored import StoredPictures
from deepwright.data.table import Table
from deepwright.errors import DataError
from tests.unit.data.photographs import classes, noise, save
from tests.unit.data.readers.test_idx import TRAIN, shelve


def read(root: Path, **settings: Any) -> Table:
    return Folder().read(root, DataSettings(**settings))


def refusal(root: Path, **settings: Any) -> str:
    with pytest.raises(DataError) as caught:
        read(root, **settings)
    return str(caught.value)


def counts(table: Table, part: str | None = None) -> dict[str, int]:
    labels = table.columns["label"].values
    return dict(Counter(labels.tolist() if part is None else labels[table.given[part]].tolist()))


def rejected(table: Table) -> dict[str, str]:
    return {one.name: one.reason for one in table.rejected}


# ------------------------------------------------------------------------------------------------- classes


def test_a_folder_is_a_class(tmp_path: Path) -> None:
    table = read(classes(tmp_path, {"cat": 3, "dog": 2}))
    assert counts(table) == {"cat": 3, "dog": 2}
    assert (table.columns["image"].kind, table.columns["label"].kind) == ("image", "category")
    np.testing.assert_array_equal(table.columns["image"].values[3], noise(1000))
    assert table.names is not None
    assert table.names.tolist() == ["cat/0.png", "cat/1.png", "cat/2.png", "dog/0.png", "dog/1.png"]
    assert table.files is not None
    assert table.files.formats.tolist() == ["PNG"] * 5
    assert (table.source, table.given, list(table.notes), list(table.rejected)) == (str(tmp_path), {}, [], [])


def test_it_is_read_without_being_asked_for_by_name(tmp_path: Path) -> None:
    assert len(read_table(str(classes(tmp_path, {"cat": 3, "dog": 2})))) == 5


def test_pictures_may_lie_anywhere_in_the_folder_of_their_class(tmp_path: Path) -> None:
    table = read(classes(tmp_path, {"cat": 1, "cat/2023/may": 2, "dog/x": 2}))
    assert counts(table) == {"cat": 3, "dog": 2}


def test_names_may_have_spaces_and_be_chinese(tmp_path: Path) -> None:
    table = read(classes(tmp_path, {"大熊猫": 2, "polar bear (big)": 2, "a.b": 2}))
    assert set(counts(table)) == {"大熊猫", "polar bear (big)", "a.b"}
    assert table.names is not None
    assert "大熊猫/0.png" in table.names


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such names")
def test_names_that_are_not_utf8_are_read_as_chinese(tmp_path: Path) -> None:
    classes(tmp_path, {"dog": 2})
    try:
        (tmp_path / os.fsdecode("熊猫".encode("gbk"))).mkdir()
    except OSError:
        pytest.skip("the file system takes no such names")
    for name in ("1.png", os.fsdecode("二.png".encode("gbk"))):
        save(tmp_path / os.fsdecode("熊猫".encode("gbk")) / name, noise(1))
    table = read(tmp_path, storage="disk")
    assert counts(table) == {"dog": 2, "熊猫": 2}
    assert table.names is not None
    assert table.names.tolist()[2:] == ["熊猫/1.png", "熊猫/二.png"]


def test_how_pictures_are_fitted_goes_with_the_column(tmp_path: Path) -> None:
    root = classes(tmp_path, {"cat": 2, "dog": 2})
    assert read(root).columns["image"].fit == "crop"
    assert read(root, fit="pad").columns["image"].fit == "pad"


def test_pictures_may_be_on_the_disk(tmp_path: Path) -> None:
    root = classes(tmp_path, {"cat": 2, "dog": 2})
    table = read(root, storage="disk")
    assert isinstance(table.columns["image"].values, StoredPictures)
    assert table.sha256 == read(root, storage="memory").sha256


# --------------------------------------------------------------------------------------------------- splits


@pytest.mark.parametrize("names", [("train", "val", "test"), ("Training", "VALID", "testing"), ("train", "validation")])
def test_folders_may_give_the_splits(names: tuple[str, ...], tmp_path: Path) -> None:
    for number, name in enumerate(names):
        classes(tmp_path / name, {"cat": 4 - number, "dog": 2})
    table = read(tmp_path)
    assert list(table.given) == ["train", "validation", "test"][: len(names)]
    assert sorted(np.concatenate(list(table.given.values()))) == list(range(len(table)))
    assert [counts(table, part)["cat"] for part in table.given] == [4, 3, 2][: len(names)]
    assert all(label in ("cat", "dog") for label in counts(table))


def test_the_training_part_decides_size_and_mode(tmp_path: Path) -> None:
    classes(tmp_path / "train", {"cat": 1, "dog": 1}, (9, 9))
    classes(tmp_path / "test", {"cat": 5, "dog": 5}, (30, 40))
    assert read(tmp_path).columns["image"].values.shape == (12, 9, 9, 3)


def test_a_training_part_alone_gives_no_splits(tmp_path: Path) -> None:
    table = read(classes(tmp_path, {"train/cat": 2, "train/dog": 2}))
    assert (counts(table), table.given) == ({"cat": 2, "dog": 2}, {})


def test_a_train_among_vehicles_is_a_class(tmp_path: Path) -> None:
    table = read(classes(tmp_path, {"train": 2, "bus": 2, "car/red": 2}))
    assert (set(counts(table)), table.given) == ({"train", "bus", "car"}, {})


def test_beside_the_splits_nothing_is_read(tmp_path: Path) -> None:
    table = read(classes(tmp_path, {"train/cat": 2, "train/dog": 2, "test/cat": 2, "unlabelled": 2, "train": 1}))
    assert counts(table) == {"cat": 4, "dog": 2}
    assert rejected(table) == {
        "train/0.png": "It lies beside the folders of the classes, not in one of them.",
        "unlabelled/0.png": "It lies beside the folders test, train, not in one of them.",
        "unlabelled/1.png": "It lies beside the folders test, train, not in one of them.",
    }


def test_a_class_that_only_the_test_part_has_is_left_to_the_task(tmp_path: Path) -> None:
    table = read(classes(tmp_path, {"train/cat": 2, "train/dog": 2, "test/bird": 1}))
    assert counts(table, "test") == {"bird": 1}


def test_a_test_part_alone_is_refused(tmp_path: Path) -> None:
    message = refusal(classes(tmp_path, {"val/cat": 2, "test/dog": 2}))
    assert message == f"{tmp_path} has no folder train, only test, val; pictures to train on are needed as well."


# -------------------------------------------------------------------------------------- what is left out


def test_what_systems_leave_behind_is_skipped_silently(tmp_path: Path) -> None:
    root = classes(tmp_path, {"cat": 2, "dog": 2, ".git": 1, "__MACOSX/cat": 1})
    for name in ("Thumbs.db", "cat/Thumbs.db", "desktop.ini", ".DS_Store", "dog/.DS_Store", "dog/._1.png"):
        (root / name).write_bytes(b"\0\1")
    table = read(root)
    assert counts(table) == {"cat": 2, "dog": 2}
    assert not table.rejected


def test_what_is_no_picture_is_named(tmp_path: Path) -> None:
    root = classes(tmp_path, {"cat": 2, "dog": 3})
    (root / "cat" / "labels.csv").write_text("a,b")
    (root / "dog" / "song.mp3").write_bytes(b"ID3")
    (root / "dog" / "photo.heic").write_bytes(b"\0\0\0\x18ftypheic")
    (root / "dog" / "empty.jpg").touch()
    (root / "README").write_text("about")
    save(root / "loose.png", noise(1))
    table = read(root)
    assert len(table) == 5
    why = rejected(table)
    assert set(why) == {"cat/labels.csv", "dog/song.mp3", "dog/photo.heic", "dog/empty.jpg", "README", "loose.png"}
    assert why["cat/labels.csv"] == why["dog/song.mp3"] == "It is not named like a picture."
    assert why["loose.png"] == why["README"] == "It lies beside the folders of the classes, not in one of them."
    assert why["dog/photo.heic"].startswith("It is not a picture in a format that can be read")
    assert why["dog/empty.jpg"] == "It is empty."


def test_a_file_with_notes_beside_every_picture_is_no_reason_to_stop(tmp_path: Path) -> None:
    root = classes(tmp_path, {"cat": 2, "dog": 2})
    for name in ("cat/0.xml", "cat/1.xml", "dog/0.json", "dog/1.txt", "dog/about.md"):
        (root / name).write_text("{}")
    assert len(read(root, strict=True)) == 4


def test_a_picture_without_an_ending_is_read(tmp_path: Path) -> None:
    root = classes(tmp_path, {"cat": 2, "dog": 2})
    (root / "cat" / "0.png").rename(root / "cat" / "0")
    assert len(read(root)) == 4


def test_strictness_stops_at_a_picture_that_cannot_be_used(tmp_path: Path) -> None:
    root = classes(tmp_path, {"cat": 2, "dog": 2})
    (root / "dog" / "empty.jpg").touch()
    assert refusal(root, strict=True).startswith(f"{root}: dog/empty.jpg cannot be used. It is empty.")
    save(root / "loose.png", noise(1))
    assert refusal(root, strict=True).startswith(
        f"{root}: loose.png cannot be used. It lies beside the folders of the classes"
    )


def test_links_are_followed_but_never_in_a_circle(tmp_path: Path) -> None:
    root = classes(tmp_path / "data", {"cat": 2, "dog": 2})
    classes(tmp_path / "elsewhere", {"owls": 3})
    (root / "owl").symlink_to(tmp_path / "elsewhere" / "owls")
    (root / "cat" / "again").symlink_to(root)
    (root / "dog" / "itself").symlink_to(root / "dog")
    (root / "cat" / "nowhere.png").symlink_to("nothing")
    for number in range(12):
        (root / "dog" / f"{number}").mkdir()
        for other in range(12):
            (root / "dog" / f"{number}" / f"to{other}").symlink_to(root / "dog" / f"{other}")
    table = read(root)
    assert counts(table) == {"cat": 2, "dog": 2, "owl": 3}
    assert rejected(table) == {"cat/nowhere.png": "It is a link to what is not there."}


@pytest.mark.skipif(os.name != "posix", reason="other systems have no named pipes")
def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    root = classes(tmp_path, {"cat": 2, "dog": 2})
    os.mkfifo(root / "cat" / "pipe.jpg")
    assert rejected(read(root)) == {"cat/pipe.jpg": "It is no file."}


def test_a_folder_that_cannot_be_opened_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = classes(tmp_path, {"cat": 2, "dog": 2, "dog/private": 2})
    scan = os.scandir

    def guarded(path: Any) -> Any:
        if Path(path).name == "private":
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", guarded)
    assert rejected(read(root)) == {"dog/private": "It cannot be opened."}


# ------------------------------------------------------------------------------------- too little, and notes


def test_one_class_is_too_few(tmp_path: Path) -> None:
    message = refusal(classes(tmp_path, {"cat/persian": 2, "cat/siamese": 2}))
    assert message == (
        f"{tmp_path} holds pictures of a single class, cat; at least two are needed, each in a folder of its own right "
        "below it. If the folders within cat are the classes, give that folder; if the classes stand in a table, give "
        "the table."
    )


def test_one_class_of_which_pictures_can_be_used_is_too_few(tmp_path: Path) -> None:
    root = classes(tmp_path, {"cat": 3})
    (root / "dog").mkdir()
    (root / "dog" / "0.png").write_bytes(b"")
    assert "pictures of a single class, cat" in refusal(root)


def test_pictures_without_folders_are_too_few(tmp_path: Path) -> None:
    for row in range(3):
        save(tmp_path / f"{row}.png", noise(row))
    assert refusal(tmp_path) == (
        f"{tmp_path} holds no picture in a folder of its class; put the pictures of each class into a folder with its "
        "name, such as cat/1.jpg, or give the table that says what they show."
    )
    (tmp_path / "train").mkdir()
    for row in range(3):
        (tmp_path / f"{row}.png").rename(tmp_path / "train" / f"{row}.png")
    assert "holds no picture in a folder of its class" in refusal(tmp_path)


def test_too_many_that_cannot_be_used_are_too_few(tmp_path: Path) -> None:
    root = classes(tmp_path, {"cat": 2, "dog": 2})
    for row in range(5):
        (root / "cat" / f"x{row}.jpg").write_bytes(b"<html>")
    message = refusal(root)
    assert message.startswith(f"{root}: 4 of 9 pictures can be used; at least half of them, and at least two, are ")
    assert "needed. cat/x0.jpg: It is not a picture" in message


def test_empty_folders_and_single_pictures_are_noted(tmp_path: Path) -> None:
    root = classes(tmp_path, {"cat": 2, "dog": 1, "owl": 1, "broken": 0, "none": 0})
    (root / "broken" / "a.jpg").write_text("none")
    assert list(read(root).notes) == [
        "2 folders hold no picture that can be used: broken, none.",
        "2 classes have a single picture to learn from: dog, owl.",
    ]


def test_of_many_classes_the_first_are_named(tmp_path: Path) -> None:
    root = classes(tmp_path, {f"c{number}": 1 for number in range(8)})
    assert list(read(root).notes) == ["8 classes have a single picture to learn from: c0, c1, c2, c3, c4, …."]


def test_only_the_training_part_counts_for_what_there_is_to_learn_from(tmp_path: Path) -> None:
    root = classes(tmp_path, {"train/cat": 2, "train/dog": 1, "test/cat": 1, "test/dog": 3})
    (root / "test" / "owl").mkdir()
    assert list(read(root).notes) == [
        "1 folder holds no picture that can be used: test/owl.",
        "1 class has a single picture to learn from: dog.",
    ]


# --------------------------------------------------------------------------------------------------- whose


def test_an_idx_folder_is_left_to_its_reader(tmp_path: Path) -> None:
    shelve(tmp_path, TRAIN)
    save(tmp_path / "preview" / "a.png", noise(1))
    assert not Folder().matches(tmp_path)


def test_a_file_and_a_folder_without_pictures_are_not_claimed(tmp_path: Path) -> None:
    save(tmp_path / "a" / "b.png", noise(1))
    assert Folder().matches(tmp_path)
    assert not Folder().matches(tmp_path / "a" / "b.png")
    (tmp_path / "a" / "b.png").rename(tmp_path / "a" / "b.txt")
    assert not Folder().matches(tmp_path)


def test_a_class_of_which_nothing_is_left_to_learn_from_is_left_out_of_every_split(tmp_path: Path) -> None:
    root = classes(tmp_path, {f"{part}/{name}": 2 for part in ("train", "test") for name in ("cat", "dog")})
    classes(root, {"test/owl": 2})
    (root / "train" / "owl").mkdir()
    (root / "train" / "owl" / "0.png").write_bytes(b"damaged")
    table = read(root)
    assert set(counts(table)) == {"cat", "dog"}
    assert rejected(table) == {
        "train/owl/0.png": "It is not a picture in a format that can be read; PNG, JPEG, GIF, WebP, BMP and TIFF are.",
        "test/owl/0.png": "Of its class, no picture is left to learn from.",
        "test/owl/1.png": "Of its class, no picture is left to learn from.",
    }
    assert {part: len(rows) for part, rows in table.given.items()} == {"train": 4, "test": 4}


def test_a_class_that_was_never_there_to_learn_from_stays(tmp_path: Path) -> None:
    root = classes(tmp_path, {f"{part}/{name}": 2 for part in ("train", "test") for name in ("cat", "dog")})
    assert set(counts(read(classes(root, {"test/Cat": 2})))) == {"cat", "dog", "Cat"}


def test_links_that_lead_nowhere_or_to_themselves_are_left_out(tmp_path: Path) -> None:
    classes(tmp_path, {"cat": 2, "dog": 2})
    (tmp_path / "cat" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "cat" / "loop").symlink_to("loop")
    why = "It is a link to what is not there."
    assert rejected(read(tmp_path)) == {"cat/gone.png": why, "cat/loop": why}


def test_folders_that_are_alike_in_every_class_are_said(tmp_path: Path) -> None:
    table = read(classes(tmp_path, {f"{top}/{name}": 2 for top in ("first", "second") for name in ("cat", "dog")}))
    assert set(counts(table)) == {"first", "second"}
    assert table.notes[0].startswith(
        "The classes are the folders first, second; each of them holds the same folders, cat,"
    )
