"""Parallel texts: two files, or a folder of them."""

from __future__ import annotations

import gzip
import os
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from deepwright.config.settings import DataSettings
from deepwright.data.pairs import pair_of
from deepwright.data.reading import read_table
from deepwright.errors import ConfigError, DataError

DE_EN = DataSettings(columns={"input": "de", "label": "en"})


def write(folder: Path, **texts: str) -> Path:
    """Files by name, in which ``_dot_`` stands for a dot; those that end with ``gz`` are compressed."""
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        path = folder / name.replace("_dot_", ".")
        path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return folder


def test_line_n_of_one_file_belongs_to_line_n_of_the_other(tmp_path: Path) -> None:
    write(tmp_path, corpus_dot_zh="三月五号\n二〇二四年\n", corpus_dot_en_dot_gz="March 5\n 2024 \n")
    found = read_table(str(tmp_path / "corpus.zh"), DataSettings(target_source=str(tmp_path / "corpus.en.gz")))
    assert {name: column.values.tolist() for name, column in found.columns.items()} == {
        "zh": ["三月五号", "二〇二四年"],
        "en": ["March 5", " 2024 "],
    }
    assert pair_of(found.columns, {}) == ("zh", "en")
    assert found.source == str(tmp_path / "corpus.zh")


def test_the_first_file_is_the_source_whatever_it_is_called(tmp_path: Path) -> None:
    write(tmp_path, a_dot_tgt="1\n2\n", a_dot_src="one\ntwo\n", b_dot_txt="x\ny\n", c_dot_txt="z\nw\n")
    for one, other, names in (("a.tgt", "a.src", ("tgt", "src")), ("b.txt", "c.txt", ("source", "target"))):
        found = read_table(str(tmp_path / one), DataSettings(target_source=str(tmp_path / other)))
        assert tuple(found.columns) == names


def test_an_empty_line_is_a_rejected_pair_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, a_dot_de="eins\n\ndrei\nvier\n", a_dot_en="one\ntwo\n \nfour\n")
    found = read_table(str(tmp_path / "a.de"), DataSettings(target_source=str(tmp_path / "a.en")))
    assert found.columns["en"].values.tolist() == ["one", "four"]
    assert [(one.name, one.reason) for one in found.rejected] == [
        ("line 2", "It has no value in the column de."),
        ("line 3", "Its text in the column en is blank."),
    ]


def _corpus(folder: Path) -> Path:
    return write(
        folder,
        train_dot_de="a\nb\nc\n",
        train_dot_en_dot_gz="A\nB\nC\n",
        dev_dot_de="d\n",
        dev_dot_en="D\n",
        test_2016_flickr_dot_de="e\n\n",
        test_2016_flickr_dot_en="E\nF\n",
        test_2017_dot_de="g\n",
        test_2017_dot_en="G\n",
        train_dot_fr="x\ny\nz\n",
        notes_dot_de="n\n",
        notes_dot_en="N\n",
    )


def test_the_names_of_files_in_a_folder_say_the_splits(tmp_path: Path) -> None:
    found = read_table(str(_corpus(tmp_path / "multi")), DE_EN)
    texts = found.columns["de"].values
    assert {split: texts[rows].tolist() for split, rows in found.given.items()} == {
        "train": ["a", "b", "c"],
        "validation": ["d"],
        "test": ["e", "g"],
    }
    assert [one.name for one in found.rejected] == ["test_2016_flickr:2"]
    assert any("train (3)" in note for note in found.notes)
    assert any("Left out" in note and "notes" in note for note in found.notes)
    turned = read_table(str(tmp_path / "multi"), DataSettings(columns={"input": "en", "label": "de"}))
    assert list(turned.columns) == ["en", "de"]


def test_a_packed_folder_is_read_like_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPWRIGHT_CACHE", str(tmp_path / "cache"))
    with tarfile.open(tmp_path / "multi.tar.gz", "w:gz") as archive:
        archive.add(_corpus(tmp_path / "multi"), "multi")
    found = read_table(str(tmp_path / "multi.tar.gz"), DE_EN)
    assert len(found) == 6
    assert found.source == str(tmp_path / "multi.tar.gz")


def test_one_direction_is_enough_where_there_are_two_languages(tmp_path: Path) -> None:
    folder = write(tmp_path / "two", a_dot_de="a\nb\n", a_dot_en="A\nB\n")
    found = read_table(str(folder), DataSettings(columns={"label": "de"}))
    assert list(found.columns) == ["en", "de"]
    assert not found.given
    sides = write(tmp_path / "sides", a_dot_tgt="a\nb\n", a_dot_src="A\nB\n")
    assert list(read_table(str(sides)).columns) == ["src", "tgt"]


def test_what_is_wrong_with_a_folder_is_said(tmp_path: Path) -> None:
    folder = _corpus(tmp_path / "multi")
    with pytest.raises(ConfigError, match=r"de, en, fr; which one is read.*--input de --target fr"):
        read_table(str(folder))
    with pytest.raises(ConfigError, match=r"names the column 'es'.*has: de, en, fr"):
        read_table(str(folder), DataSettings(columns={"input": "es", "label": "en"}))
    with pytest.raises(ConfigError, match="both name the column 'de'"):
        read_table(str(folder), DataSettings(columns={"input": "de", "label": "de"}))
    with pytest.raises(DataError, match=r"dev\.de has no partner dev\.fr"):
        read_table(str(folder), DataSettings(columns={"input": "de", "label": "fr"}))
    (folder / "dev.en").write_text("D\nD2\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"dev\.en do not belong together line by line: their lines number 1 and 2"):
        read_table(str(folder), DE_EN)


def test_what_is_wrong_with_two_files_is_said(tmp_path: Path) -> None:
    folder = write(tmp_path / "f", a_dot_de="a\nb\n", a_dot_en="", b_dot_en="A\0\n")
    packed = write(tmp_path / "g", a_dot_en_dot_gz="") / "a.en.gz"
    given = str(folder / "a.de")
    for other, said in (
        (folder / "a.en", "holds no text: it is empty"),
        (packed, "holds no text: it is empty"),
        (folder / "b.en", "there is a zero byte"),
        (folder / "c.en", r"there is no file .*c\.en"),
        (folder / "a.de", "is given twice"),
        (tmp_path, "is a folder; two parallel texts are two files"),
    ):
        with pytest.raises(DataError, match=said):
            read_table(given, DataSettings(target_source=str(other)))
    with pytest.raises(DataError, match="is a folder"):
        read_table(str(tmp_path), DataSettings(target_source=str(folder)))
    with pytest.raises(DataError, match=r"one of two parallel texts; give the other one as well"):
        read_table(given)
    (folder / "a.en").write_text("A\nB\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"names the column 'fr'.*has: de, en"):
        read_table(given, DataSettings(target_source=str(folder / "a.en"), columns={"input": "fr"}))


@pytest.mark.skipif("DEEPWRIGHT_DATA" not in os.environ, reason="DEEPWRIGHT_DATA names no folder with real data")
def test_multi30k_as_it_is_published() -> None:
    folder = Path(os.environ["DEEPWRIGHT_DATA"]) / "multi30k"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    found = read_table(str(folder), replace(DE_EN, strict=True))
    assert {split: len(rows) for split, rows in found.given.items()} == {
        "train": 29_000,
        "validation": 1_014,
        "test": 1_000,
    }
