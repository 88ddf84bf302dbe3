"""Whatever a table holds is read back as it was written, in every format and every encoding that can hold it."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
from hypothesis import assume, example, given
from hypothesis import strategies as st

from deepwright.config.settings import DataSettings
from deepwright.data.reading import read_table
from deepwright.data.schema import is_picture_name
from deepwright.data.tabular.delimited import read_delimited
from deepwright.errors import DataError

#: Letters before them keep names and values from being numbers, times, file names or nothing.
CHARACTERS = st.one_of(
    st.sampled_from("手写数字，。：“”（）猫狗飞机ab ,;|\"'\n\r\t\\/.-_=#€éß"),
    st.characters(exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="\ufeff"),
)
VALUES = st.text(CHARACTERS, max_size=8).map("v{}".format).filter(lambda text: not is_picture_name(text))
NAMES = st.text(CHARACTERS, max_size=6).map("n{}".format).filter(lambda text: not is_picture_name(text))
CODECS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"]
#: Enough that it is plain which encoding it is.
MARK = "這是一個用來說明編碼的句子"


@st.composite
def tables(draw: st.DrawFn) -> dict[str, list[str]]:
    """Two to four columns of one length, the first of which says in Chinese which encoding it is."""
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    count = draw(st.integers(2, 6))
    columns = {name: draw(st.lists(VALUES, min_size=count, max_size=count)) for name in names}
    return {MARK: [MARK] * count, **columns}


def as_csv(columns: dict[str, list[str]], end: str = "\r\n", delimiter: str = ",") -> str:
    """Quoted where it must be; where lines end in LF alone, Python would leave out quotes that CR needs."""
    stream = io.StringIO()
    if end == "\r\n":
        writer = csv.writer(stream, delimiter=delimiter, lineterminator=end)
    else:
        writer = csv.writer(stream, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([list(columns), *zip(*columns.values(), strict=True)])
    return stream.getvalue()


def read_back(data: bytes, name: str) -> dict[str, list[str]]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_bytes(data)
        table = read_table(str(file), DataSettings(columns={"label": MARK}))
    assert not table.rejected
    assert {column.kind for column in table.columns.values()} == {"category"}
    return {name: column.values.tolist() for name, column in table.columns.items()}


@given(tables(), st.sampled_from(CODECS), st.sampled_from(["\n", "\r\n"]))
@example({MARK: [MARK] * 2, "n": ["v\n", 'v"']}, "gb18030", "\r\n")
@example({MARK: [MARK] * 2, "n;|": ["v;", "v|"]}, "utf-16-le", "\n")
def test_csv_is_read_back_in_every_encoding(columns: dict[str, list[str]], codec: str, end: str) -> None:
    assert read_back(as_csv(columns, end).encode(codec), "table.csv") == columns


def in_big5(text: str) -> str:
    return text.encode("cp950", "ignore").decode("cp950")


@given(tables())
def test_chinese_csv_is_read_back_in_big5(columns: dict[str, list[str]]) -> None:
    known = {in_big5(name): [in_big5(value) for value in values] for name, values in columns.items() if name != MARK}
    known = {MARK: ["臺灣的貓與飛機圖書館"] * len(columns[MARK]), **known}
    assert read_back(as_csv(known).encode("cp950"), "table.csv") == known


@given(tables(), st.sampled_from(["\t", ";", "|"]))
def test_every_delimiter_is_found(columns: dict[str, list[str]], delimiter: str) -> None:
    others = set(",\t;|") - {delimiter}
    assume(not any(character in others for name in columns for character in name))
    assert read_back(as_csv(columns, delimiter=delimiter).encode(), "table.csv") == columns


def _json(columns: dict[str, list[str]]) -> bytes:
    rows = zip(*columns.values(), strict=True)
    return "\n".join(json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) for row in rows).encode()


def _parquet(columns: dict[str, list[str]]) -> bytes:
    sink = pa.BufferOutputStream()
    pa.parquet.write_table(pa.table(columns), sink)
    return bytes(sink.getvalue())


@given(tables(), st.sampled_from([(_json, "table.jsonl"), (_parquet, "table.parquet")]))
def test_json_lines_and_parquet_are_read_back(
    columns: dict[str, list[str]], form: tuple[Callable[[dict[str, list[str]]], bytes], str]
) -> None:
    write, name = form
    assert read_back(write(columns), name) == columns


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**52), 2**52), min_size=2, max_size=9)
)
def test_numbers_are_read_back_exactly(numbers: list[float]) -> None:
    columns = {"n": [repr(number) for number in numbers], "word": ["v"] * len(numbers)}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "table.csv"
        file.write_text(as_csv(columns))
        column = read_table(str(file), DataSettings(columns={"label": "word"})).columns["n"]
    assert (column.kind, column.values.tolist()) == ("number", numbers)


@given(st.text(st.sampled_from('ab1,;\t|"\n\r 猫.é'), max_size=30))
@example('"\r"\n"')
@example('a"b,c\n"d"')
def test_any_text_is_a_table_or_one_clear_error(text: str) -> None:
    """Arrow and the strict look at the lines agree on the rows: none is lost, none is counted twice."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "table.csv"
        file.write_bytes(b"k,l\n" + text.encode())
        try:
            found = read_delimited(file)
        except DataError:
            return
    assert {len(column) for column in found.columns.values()} == {len(found.lines)}
    ends = text.replace("\r\n", "\n").replace("\r", "\n").count("\n")
    assert (found.lines >= 2).all()
    assert (found.lines <= ends + 2).all()
    assert (found.lines[1:] > found.lines[:-1]).all()
