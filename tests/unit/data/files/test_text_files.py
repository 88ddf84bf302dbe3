from __future__ import annotations

import codecs
import gzip
from pathlib import Path

import pytest

from deepwright.data.files.text_files import line_of, read_text
from deepwright.errors import DataError

SIMPLIFIED = "照片,类别\na.jpg,猫\nb.jpg,狗\nc.jpg,飞机\n"
TRADITIONAL = "照片,類別\na.jpg,貓\nb.jpg,狗\nc.jpg,飛機\nd.jpg,圖書館\n"
INSECTS = "图,类\n1.jpg,蜻蜓\n2.jpg,螳螂\n3.jpg,蚱蜢\n"
WESTERN = "photo,étiquette\na.jpg,Größe\nb.jpg,naïve café\nc.jpg,Müller\n"


def written(folder: Path, data: bytes, name: str = "labels.csv") -> Path:
    file = folder / name
    file.write_bytes(data)
    return file


def refusal(file: Path) -> str:
    with pytest.raises(DataError) as caught:
        read_text(file)
    return str(caught.value)


@pytest.mark.parametrize("text", ["a,b\n", SIMPLIFIED, TRADITIONAL, WESTERN, "", "\n", "é"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig"])
def test_utf8_is_read_without_a_word(text: str, codec: str, tmp_path: Path) -> None:
    assert read_text(written(tmp_path, text.encode(codec))) == (text, "UTF-8", ())


@pytest.mark.parametrize(
    ("text", "codec", "name"),
    [
        (SIMPLIFIED, "gb18030", "GB18030"),
        (SIMPLIFIED, "gbk", "GB18030"),
        (SIMPLIFIED, "gb2312", "GB18030"),
        (INSECTS, "gb18030", "GB18030"),
        (TRADITIONAL, "gb18030", "GB18030"),
        ("a,b\n1,车\n2,鸟\n", "gbk", "GB18030"),
        ("x,y\n1,㐀龘𠀀猫猫\n", "gb18030", "GB18030"),
        ("a,b\n1,T恤衫\n2,A字裙\n3,X光片\n", "gbk", "GB18030"),
        (TRADITIONAL, "big5", "Big5"),
        ("甲,乙\n臺灣,電腦\n「鳥」,資料庫\n", "cp950", "Big5"),
    ],
)
def test_chinese_encodings_are_told_apart_and_said(text: str, codec: str, name: str, tmp_path: Path) -> None:
    note = f"labels.csv is read as {name}; it is not UTF-8."
    assert read_text(written(tmp_path, text.encode(codec))) == (text, name, (note,))


@pytest.mark.parametrize("text", [SIMPLIFIED, WESTERN, "a,b\n1,2\n", "一,一一\r\n一一,　\r\n", "кот,собака\n"])
@pytest.mark.parametrize(("codec", "mark"), [("utf-16-le", codecs.BOM_UTF16_LE), ("utf-16-be", codecs.BOM_UTF16_BE)])
@pytest.mark.parametrize("marked", [True, False])
def test_utf16_is_known_by_its_mark_or_its_zero_bytes(
    text: str, codec: str, mark: bytes, marked: bool, tmp_path: Path
) -> None:
    found = read_text(written(tmp_path, (mark if marked else b"") + text.encode(codec)))
    assert found.text == text
    assert found.encoding == codec.upper().replace("-LE", " LE").replace("-BE", " BE")


@pytest.mark.parametrize(
    "text",
    [WESTERN, "é\n", "x,y\n1,schön\n2,Zoë\n", "price,€\n“x”,2\n", "a,b\n20 °C,½\n", "naïve"],
)
def test_western_europe_is_the_last_resort_and_not_taken_for_chinese(text: str, tmp_path: Path) -> None:
    found = read_text(written(tmp_path, text.encode("cp1252")))
    assert (found.text, found.encoding) == (text, "Western European (CP1252)")
    assert found.notes == (
        "labels.csv is not UTF-8; it is read as Western European (CP1252). "
        "If its letters look wrong, save it as UTF-8.",
    )


@pytest.mark.parametrize("codec", ["utf-8", "gb18030", "big5"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_damage_is_found_with_line_and_byte(codec: str, end: str, tmp_path: Path) -> None:
    before = (TRADITIONAL.replace("\n", end) * 20).encode(codec)
    file = written(tmp_path, before + b"\xff" + TRADITIONAL.encode(codec))
    message = refusal(file)
    assert message.startswith(f"{file}, line 101: the byte 0xff (at byte {len(before) + 1}) does not fit ")
    assert "save it as UTF-8" in message


def test_half_a_character_of_utf16_is_damage(tmp_path: Path) -> None:
    file = written(tmp_path, codecs.BOM_UTF16_LE + "a\nb".encode("utf-16-le") + b"x")
    assert refusal(file).startswith(f"{file}, line 2: the byte 0x78 (at byte 9) does not fit UTF-16 LE")


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"a,b\n\0,2\n", "line 2: there is a zero byte (at byte 5)"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), "line 3: there is a zero byte (at byte 9)"),
        (b"PK\x03\x04" + b"\x14\0\0\0" * 9, "line 1: there is a zero byte (at byte 6)"),
        (codecs.BOM_UTF32_LE + "a,b\n".encode("utf-32-le"), "line 1: there is a zero byte (at byte 3)"),
        (codecs.BOM_UTF16_BE + "猫\n狗\0狗".encode("utf-16-be"), "line 2: there is a zero byte (at byte 9)"),
        (bytes(100), "line 1: there is a zero byte (at byte 1)"),
        (b"ab,c\nd\0\nef\0\ngh\0\n", "line 2: there is a zero byte (at byte 7)"),
        ("猫\0\n狗\0\n飞\0\n".encode(), "line 1: there is a zero byte (at byte 4)"),
    ],
    ids=["one", "png", "zip", "UTF-32", "in UTF-16", "zeros", "padding", "Chinese"],
)
def test_what_holds_zero_bytes_is_no_text(data: bytes, where: str, tmp_path: Path) -> None:
    file = written(tmp_path, data)
    assert refusal(file) == f"{file}, {where}; the file is damaged or no text."


@pytest.mark.parametrize("data", [b"ab\x81\n", b"caf\xe9\n\x02", b"\x1b\xe9"])
def test_bytes_of_no_text_are_refused(data: bytes, tmp_path: Path) -> None:
    assert "is part of no text in UTF-8, UTF-16, GB18030, Big5 or CP1252" in refusal(written(tmp_path, data))


def test_a_compressed_file_is_unpacked(tmp_path: Path) -> None:
    assert read_text(written(tmp_path, gzip.compress(SIMPLIFIED.encode()), "labels.csv.gz")).text == SIMPLIFIED


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"image,label\n", "is not a gzip file, or it is damaged"),
        (gzip.compress(b"image,label\n" * 99)[:-12], "ends in the middle of its compressed data"),
        (gzip.compress(b"image,label\n" * 99)[:20] + b"\xff" * 30, "damaged"),
    ],
    ids=["plain", "cut", "damaged"],
)
def test_damaged_compression_is_named(data: bytes, problem: str, tmp_path: Path) -> None:
    file = written(tmp_path, data, "labels.csv.gz")
    message = refusal(file)
    assert message.startswith(str(file))
    assert problem in message


def test_what_cannot_be_opened_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{tmp_path} cannot be read: Is a directory."


@pytest.mark.parametrize(("text", "line"), [("", 1), ("a", 1), ("a\n", 2), ("a\r\nb\rc\n", 4), ("\u2028\x0b", 1)])
def test_lines_end_as_editors_count_them(text: str, line: int) -> None:
    assert line_of(text) == line
