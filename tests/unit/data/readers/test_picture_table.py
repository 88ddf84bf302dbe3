"""A table beside folders of pictures, in a folder and in an archive."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from deepwright.config.settings import DataSettings
from deepwright.data.reading import read_table
from deepwright.data.table import Table
from deepwright.errors import ConfigError, DataError
from tests.unit.data.photographs import classes

PLACES = ["holiday", "work"]


@pytest.fixture(params=["folder", "zip", "tar"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def read(root: Path, kind: str, **settings: Any) -> Table:
    source = str(root) if kind == "folder" else shutil.make_archive(str(root), kind, root)
    return read_table(source, DataSettings(**settings))


def two_places(root: Path, table: str = "metadata.csv", column: str = "file_name") -> Path:
    """Pictures in two folders, which a table calls a and b crosswise."""
    classes(root, dict.fromkeys(PLACES, 4))
    rows = [f"{place}/{row}.png,{'ab'[row % 2]}\n" for place in PLACES for row in range(4)]
    (root / table).write_text("".join([f"{column},label\n", *rows]))
    return root


def labels(table: Table) -> list[str]:
    return sorted(set(table.columns["label"].values.tolist()))


def test_a_table_called_metadata_is_taken_and_that_is_said(kind: str, tmp_path: Path) -> None:
    found = read(two_places(tmp_path / "photos"), kind)
    assert (labels(found), found.named("image")) == (["a", "b"], ["file_name"])
    assert found.source == str(tmp_path / "photos") + ("" if kind == "folder" else f".{kind}")
    assert found.notes[0] == (
        "The table metadata.csv says what the pictures show, not the names of the folders; to learn those, give "
        "--set data.layout=folders."
    )


def test_the_folders_are_taken_where_they_are_asked_for(kind: str, tmp_path: Path) -> None:
    assert labels(read(two_places(tmp_path / "photos"), kind, layout="folders")) == PLACES


@pytest.mark.parametrize(("table", "column"), [("labels.csv", "file_name"), ("metadata.csv", "photo")])
def test_what_could_be_meant_in_two_ways_is_asked(kind: str, table: str, column: str, tmp_path: Path) -> None:
    root = two_places(tmp_path / "photos", table, column)
    with pytest.raises(ConfigError) as caught:
        read(root, kind)
    assert str(caught.value).endswith(
        f"holds folders whose names could be the classes, and {table}, which says of pictures what they show. "
        "Choose with --set data.layout=folders or --set data.layout=table."
    )
    assert labels(read(root, kind, layout="table")) == ["a", "b"]
    assert labels(read(root, kind, layout="folders")) == PLACES


def test_a_table_that_names_no_pictures_is_no_alternative(kind: str, tmp_path: Path) -> None:
    root = classes(tmp_path / "photos", dict.fromkeys(PLACES, 4))
    (root / "metadata.csv").write_text("place,visits\nholiday,3\nwork,200\n")
    assert labels(read(root, kind)) == PLACES


def test_a_table_beside_a_single_folder_is_taken(kind: str, tmp_path: Path) -> None:
    root = classes(tmp_path / "photos", {"images": 4})
    (root / "labels.csv").write_text("photo,label\n" + "".join(f"images/{n}.png,{'ab'[n % 2]}\n" for n in range(4)))
    found = read(root, kind)
    assert labels(found) == ["a", "b"]
    assert found.notes[0] == "The table labels.csv says what the pictures show."


def test_of_several_tables_one_must_be_given(kind: str, tmp_path: Path) -> None:
    root = classes(tmp_path / "photos", {"images": 4})
    for name in ("train.csv", "test.csv"):
        (root / name).write_text("photo,label\n" + "".join(f"images/{n}.png,{'ab'[n % 2]}\n" for n in range(4)))
    with pytest.raises(ConfigError, match=r"holds several tables that name pictures: test\.csv, train\.csv\."):
        read(root, kind)


def test_a_table_that_is_asked_for_must_be_there(kind: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no table names pictures"):
        read(classes(tmp_path / "photos", dict.fromkeys(PLACES, 4)), kind, layout="table")


def test_the_only_table_says_itself_what_is_wrong_with_it(kind: str, tmp_path: Path) -> None:
    root = classes(tmp_path / "photos", {"images": 4})
    (root / "labels.csv").write_text("images/0.png,a\n")
    with pytest.raises(DataError, match=r"photos(\.zip|\.tar)?/labels\.csv has no header"):
        read(root, kind)


def test_names_without_an_ending_are_pictures_by_the_name_of_their_column(tmp_path: Path) -> None:
    root = classes(tmp_path / "photos", {"images": 4})
    for file in (root / "images").iterdir():
        file.rename(file.with_suffix(""))
    (root / "labels.csv").write_text("file_name,label\n" + "".join(f"images/{n},{'ab'[n % 2]}\n" for n in range(4)))
    assert read_table(str(root / "labels.csv")).named("image") == ["file_name"]
