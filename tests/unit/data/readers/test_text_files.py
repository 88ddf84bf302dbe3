"""Text files as passages: what is read, how it is divided, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepwright.config.settings import DataSettings, SplitSettings
from deepwright.data.readers import text
from deepwright.data.readers.text import TextFiles
from deepwright.data.reading import read_table
from deepwright.data.splits import split_rows
from deepwright.data.table import Table
from deepwright.data.texts.passages import Passages, cuts, held
from deepwright.errors import DataError

CHINESE = "猫坐在垫子上，看着窗外的雨。\n" * 60
ENGLISH = "The cat sat on the mat and watched the rain, again and again.\n" * 60


def read(path: Path, **settings: object) -> Table:
    return read_table(str(path), DataSettings(**settings))  # type: ignore[arg-type]


def passages(table: Table) -> Passages:
    values = table.columns["text"].values
    assert isinstance(values, Passages)
    return values


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("content", [CHINESE, ENGLISH + CHINESE], ids=["Chinese", "both"])
@pytest.mark.parametrize("stored", [False, True], ids=["in memory", "in its file"])
def test_a_text_is_read_whole_in_whatever_encoding(
    encoding: str, content: str, stored: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "_IN_MEMORY", 0 if stored else 2**26)
    (tmp_path / "book.txt").write_bytes(content.encode(encoding))
    table = read(tmp_path / "book.txt")
    assert "".join(passages(table)) == content
    assert len(table) >= 10
    assert table.names is not None
    for name, passage in zip(table.names, passages(table), strict=True):
        line = int(str(name).rpartition(":")[2])
        assert content.split("\n")[line - 1 :][0] in passage + "\n"
    assert bool(table.notes) == (encoding == "gb18030") or encoding == "utf-16"


def test_a_text_in_its_file_has_the_hash_of_one_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "book.txt").write_text(ENGLISH + CHINESE, encoding="utf-8")
    sha256 = read(tmp_path / "book.txt").sha256
    monkeypatch.setattr(text, "_IN_MEMORY", 0)
    assert read(tmp_path / "book.txt").sha256 == sha256


def test_passages_end_with_lines_where_they_can() -> None:
    places = list(cuts(ENGLISH, 200))
    assert all(ENGLISH[end - 1] == "\n" for _start, end in places)
    assert [start for start, _end in places[1:]] == [end for _start, end in places[:-1]]
    long = "x" * 1000
    assert {end - start for start, end in cuts(long, 200)} == {200}
    assert list(cuts("", 200)) == []


def test_views_know_which_passages_follow() -> None:
    whole = held(["a\n" * 200, "b\n" * 200], 100)
    assert whole.follows.tolist() == [False, True, True, True] * 2
    some = whole[np.array([1, 2, 4, 6])]
    assert some.follows.tolist() == [False, True, False, False]
    assert some[1] == whole[2]
    assert some.same(whole[np.array([1, 2, 4, 6])])
    assert not some.same(whole[np.array([1, 2, 4, 5])])


def test_a_folder_is_divided_by_its_files(tmp_path: Path) -> None:
    for number in range(10):
        (tmp_path / f"{number}.txt").write_text(f"{number}\n{ENGLISH}", encoding="utf-8")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.txt").write_text(CHINESE, encoding="utf-8")
    table = read(tmp_path)
    splits = split_rows(table, SplitSettings(), None, 0)
    assert splits.method == "contiguous"
    files = [set(passages(table).documents[splits[name]].tolist()) for name in ("train", "validation", "test")]
    assert not files[0] & files[1]
    assert not files[1] & files[2]
    assert {str(name).partition(":")[0] for name in table.names} == {f"{n}.txt" for n in range(10)} | {"deep/a.txt"}  # type: ignore[union-attr]


def test_a_single_text_is_divided_in_order(tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_text(ENGLISH, encoding="utf-8")
    table = read(tmp_path / "book.txt")
    splits = split_rows(table, SplitSettings(), None, 0)
    order = np.concatenate([splits.train, splits.validation, splits.test])
    assert order.tolist() == list(range(len(table)))
    assert len(splits.test) == round(len(table) * 0.2)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"good\nbad \xff\xfe\xfd bytes\n" + "ü".encode() * 50, r"book\.txt, line 2: the byte 0x"),
        (b"one\ntwo\nth\0ree\n" * 3, r"book\.txt, line 3: there is a zero byte \(at byte 11\)"),
        (b" \n\t\n  ", "holds no text: it is empty, or has nothing but blanks"),
        (b"", "is an empty file"),
        (bytes(range(256)) * 30, r"book\.txt"),
    ],
    ids=["a byte", "a zero", "blank", "empty", "binary"],
)
@pytest.mark.parametrize("stored", [False, True], ids=["in memory", "in its file"])
def test_what_is_no_text_is_refused_in_one_sentence(
    content: bytes, said: str, stored: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "_IN_MEMORY", -1 if stored else 2**26)
    (tmp_path / "book.txt").write_bytes(content)
    with pytest.raises(DataError, match=said):
        read(tmp_path / "book.txt")


def test_a_damaged_file_among_others_is_left_out_and_named(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text(ENGLISH, encoding="utf-8")
    (tmp_path / "zero.txt").write_bytes(b"a\0b" * 10)
    (tmp_path / "empty.txt").touch()
    table = read(tmp_path)
    assert [one.name for one in table.rejected] == ["empty.txt", "zero.txt"]
    assert "".join(passages(table)) == ENGLISH
    with pytest.raises(DataError, match=r"empty\.txt holds no text"):
        read(tmp_path, strict=True)


def test_a_damaged_byte_far_into_a_long_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "_IN_MEMORY", 0)
    (tmp_path / "book.txt").write_bytes(b"a line of text\n" * 400_000 + b"\xe4\xb8x\n")
    with pytest.raises(DataError, match=r"line 400001: the byte 0xe4 \(at byte 6000001\) does not fit UTF-8"):
        read(tmp_path / "book.txt")


def test_it_reads_what_is_named_like_a_text(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(ENGLISH)
    assert not TextFiles().matches(tmp_path / "a.md")
    assert not TextFiles().matches(tmp_path)
    (tmp_path / "b.TXT").write_text(ENGLISH)
    assert TextFiles().matches(tmp_path / "b.TXT")
    assert TextFiles().matches(tmp_path)
