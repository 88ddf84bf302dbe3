"""Pictures and texts in one folder: the ones that are meant are read, and where nothing tells, that is asked."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from PIL import Image

from deepwright.config.settings import DataSettings
from deepwright.data.reading import read_table
from deepwright.errors import ConfigError

TEXT = "A line of a text that goes on for a while.\n" * 20


def folder(path: Path, texts: int, pictures: int) -> Path:
    for number in range(texts):
        (path / f"class {number % 2}").mkdir(parents=True, exist_ok=True)
        (path / f"class {number % 2}" / f"{number}.txt").write_text(TEXT, encoding="utf-8")
    for number in range(pictures):
        (path / f"class {number % 2}").mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), 9 * number).save(path / f"class {number % 2}" / f"{number}.png")
    return path


def test_a_picture_among_texts_does_not_hide_them(tmp_path: Path) -> None:
    source = folder(tmp_path / "notes", 5, 1)
    with pytest.raises(ConfigError, match=r"holds texts \(5\) and pictures \(1\).*--input text or --input image"):
        read_table(str(source))
    for columns in ({"input": "text"}, {"text": "text"}):
        assert list(read_table(str(source), DataSettings(columns=columns)).columns) == ["text"]


def test_pictures_are_meant_where_there_are_as_many_and_the_texts_are_listed(tmp_path: Path) -> None:
    table = read_table(str(folder(tmp_path / "photos", 4, 4)))
    assert "image" in table.columns
    assert sorted(entry.name for entry in table.rejected) == [f"class {n % 2}/{n}.txt" for n in (0, 2, 1, 3)]
    asked = DataSettings(columns={"input": "text"})
    assert list(read_table(str(tmp_path / "photos"), asked).columns) == ["text"]


def test_an_archive_is_asked_about_by_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPWRIGHT_CACHE", str(tmp_path / "cache"))
    source = folder(tmp_path / "notes", 5, 1)
    archive = tmp_path / "notes.zip"
    with zipfile.ZipFile(archive, "w") as written:
        for file in sorted(source.rglob("*.*")):
            written.write(file, file.relative_to(source))
    with pytest.raises(ConfigError, match=r"notes\.zip holds texts \(5\)"):
        read_table(str(archive))
    assert len(read_table(str(archive), DataSettings(columns={"input": "text"})).rejected) == 0
