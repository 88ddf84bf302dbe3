from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from deepwright.config.settings import DataSettings, SplitSettings
from deepwright.data.reading import read_table
from deepwright.data.table import Table
from deepwright.errors import ConfigError, DataError
from tests.unit.data.photographs import noise, save

PHOTOS = [f"photos/{name}.png" for name in ("a", "b", "c", "d", "e", "f")]
LABELS = ["cat", "dog", "cat", "a/b c", "猫", "dog"]
PICTURES = np.stack([noise(number) for number in range(6)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six pictures in ``photos``."""
    for path, pixels in zip(PHOTOS, PICTURES, strict=True):
        save(tmp_path / path, pixels)
    return tmp_path


def table(folder: Path, text: str | bytes, name: str = "labels.csv", **settings: Any) -> Table:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(str(folder / name), DataSettings(**settings))


def refusal(folder: Path, text: str | bytes, name: str = "labels.csv", **settings: Any) -> str:
    with pytest.raises((DataError, ConfigError)) as caught:
        table(folder, text, name, **settings)
    return str(caught.value)


def lines(*columns: Sequence[object], header: str = "photo,label", by: str = ",") -> str:
    rows = [by.join(map(str, row)) for row in zip(*columns, strict=True)]
    return "\n".join([header.replace(",", by), *rows, ""])


def kinds(found: Table) -> dict[str, str]:
    return {name: column.kind for name, column in found.columns.items()}


# ---------------------------------------------------------------------------------------- what is read


def json_lines(columns: dict[str, list[Any]]) -> str:
    rows = zip(*columns.values(), strict=True)
    return "\n".join(json.dumps(dict(zip(columns, row, strict=True))) for row in rows)


def parquet(columns: dict[str, Any]) -> bytes:
    sink = pa.BufferOutputStream()
    pa.parquet.write_table(pa.table(columns), sink)
    return bytes(sink.getvalue())


COLUMNS: dict[str, list[Any]] = {"photo": PHOTOS, "label": LABELS, "price": [1, 2, 3, 4, 5, 6]}
THREE = lines(*COLUMNS.values(), header="photo,label,price")
FILES = {
    "labels.csv": THREE.encode(),
    "labels.CSV": THREE.encode(),
    "labels.csv.gz": gzip.compress(THREE.encode()),
    "labels.tsv": THREE.replace(",", "\t").encode(),
    "labels.jsonl": json_lines(COLUMNS).encode(),
    "labels.ndjson": ("\n" + json_lines(COLUMNS) + "\r\n\r\n").encode(),
    "labels.jsonl.gz": gzip.compress(json_lines(COLUMNS).encode()),
    "labels.parquet": parquet(COLUMNS),
}


@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_the_same_table(name: str, folder: Path) -> None:
    found = table(folder, FILES[name], name)
    assert kinds(found) == {"photo": "image", "label": "category", "price": "number"}
    np.testing.assert_array_equal(found.columns["photo"].values, PICTURES)
    assert found.columns["label"].values.tolist() == LABELS
    assert found.columns["price"].values.tolist() == [1, 2, 3, 4, 5, 6]
    assert found.names is not None
    assert found.names.tolist() == PHOTOS
    assert found.notes == ["Columns: photo: image, label: category, price: number."]
    assert (found.source, found.given, found.rejected) == (str(folder / name), {}, [])


@pytest.mark.parametrize(("by", "said"), [(",", False), ("\t", False), (";", True), ("|", True)])
@pytest.mark.parametrize("name", ["labels.csv", "labels.tsv"])
def test_the_delimiter_is_found_and_said(by: str, said: bool, name: str, folder: Path) -> None:
    found = table(folder, lines(PHOTOS, LABELS, by=by), name)
    assert found.columns["label"].values.tolist() == LABELS
    assert (f"{name} is divided by {by!r}." in found.notes) == said


def test_a_delimiter_within_values_is_none(folder: Path) -> None:
    text = lines(PHOTOS, ["1,5", "2,5"] * 3, header="photo,sweet; or sour", by="\t")
    assert list(table(folder, text).columns) == ["photo", "sweet; or sour"]


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "gb18030", "big5"])
def test_chinese_columns_and_classes_are_read_in_their_encoding(codec: str, folder: Path) -> None:
    text = lines(
        PHOTOS,
        ["猫", "狗", "汽車", "猫", "狗", "汽車"] if codec == "big5" else ["猫", "狗", "汽车"] * 2,
        header="照片,名",
    )
    text = text.replace("猫", "貓") if codec == "big5" else text
    found = table(folder, text.encode(codec))
    assert list(found.columns) == ["照片", "名"]
    assert found.columns["名"].values.tolist() == [line.split(",")[1] for line in text.split("\n")[1:-1]]
    assert any("it is not UTF-8" in note for note in found.notes) == (codec != "utf-8-sig")


def test_quoted_values_keep_what_is_in_them(folder: Path) -> None:
    labels = ["a,b", 'say "hi"', "two\nlines", "", "x", "y"]
    with (folder / "labels.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([["photo", "label", "n"], *zip(PHOTOS, labels, "123456", strict=True)])
    found = read_table(str(folder / "labels.csv"), DataSettings(columns={"label": "n"}))
    assert found.columns["label"].values.tolist() == labels


def test_windows_paths_are_found(folder: Path) -> None:
    found = table(folder, lines([path.replace("/", "\\") for path in PHOTOS], LABELS))
    assert found.names is not None
    assert found.names[0] == "photos\\a.png"


def test_absolute_paths_are_found(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert len(table(elsewhere, lines([folder / path for path in PHOTOS], LABELS))) == 6


def test_lists_are_labels(folder: Path) -> None:
    columns: dict[str, list[Any]] = {"photo": PHOTOS, "tags": [["a"], ["b", "a"], [], ["c"], ["a"], ["b"]]}
    for text, name in ((json_lines(columns), "x.jsonl"), (parquet(columns), "x.parquet")):
        found = table(folder, text, name)
        assert found.columns["tags"].kind == "labels"
        assert found.columns["tags"].values.tolist() == [tuple(tags) for tags in columns["tags"]]


def test_keys_that_some_objects_lack_are_missing(folder: Path) -> None:
    rows = [{"photo": path, "label": label} for path, label in zip(PHOTOS, LABELS, strict=True)]
    text = "\n".join(map(json.dumps, [{**rows[0], "n": 1}, *rows[1:5], {**rows[5], "n": 3, "m": 4}]))
    found = table(folder, text, "x.jsonl")
    np.testing.assert_equal(found.columns["n"].values.tolist(), [1, *[np.nan] * 4, 3])
    assert "Columns in which values are missing, and how many: n 4, m 5." in found.notes


def test_pictures_within_parquet_are_read(folder: Path) -> None:
    cells = [{"bytes": (folder / path).read_bytes(), "path": path} for path in PHOTOS]
    found = table(folder, parquet({"image": cells, "label": LABELS}), "x.parquet")
    np.testing.assert_array_equal(found.columns["image"].values, PICTURES)


def test_a_table_without_pictures_is_a_table(folder: Path) -> None:
    found = table(folder, "word,count\ncat,1\ndog,2\n")
    assert kinds(found) == {"word": "category", "count": "number"}
    assert (found.names, found.files) == (None, None)


def test_many_columns_are_said_in_few_words(folder: Path) -> None:
    names = [f"pixel{number}" for number in range(784)]
    found = table(folder, f"{','.join(names)}\n{','.join('0' for _ in names)}\n")
    assert len(found.columns) == 784
    assert found.notes[0].endswith("pixel11: number, … (784).")


# ----------------------------------------------------------------------------------------------- roles


def test_several_columns_of_pictures_are_all_read_and_one_can_be_chosen(folder: Path) -> None:
    text = lines(PHOTOS, PHOTOS[::-1], LABELS, header="before,after,label")
    both = table(folder, text)
    assert both.named("image") == ["before", "after"]
    np.testing.assert_array_equal(both.columns["after"].values, PICTURES[::-1])
    for role in ("image", "input"):
        one = table(folder, text, columns={role: "after"})
        assert one.named("image") == ["after"]
        assert one.names is not None
        assert one.names.tolist() == PHOTOS[::-1]


def test_pictures_without_an_ending_need_their_role(folder: Path) -> None:
    for path in PHOTOS:
        (folder / path).rename(folder / path.removesuffix(".png"))
    text = lines([path.removesuffix(".png") for path in PHOTOS], LABELS)
    assert kinds(table(folder, text))["photo"] == "category"
    np.testing.assert_array_equal(table(folder, text, columns={"image": "photo"}).columns["photo"].values, PICTURES)


def test_one_path_in_ten_may_end_otherwise(folder: Path) -> None:
    for names in (PHOTOS[:4] * 3 + ["x.txt"], PHOTOS[:4] * 2 + ["x.txt"]):
        found = table(folder, lines(names, LABELS[:1] * len(names)))
        assert kinds(found)["photo"] == ("image" if len(names) > 10 else "category")


@pytest.mark.parametrize("role", ["image", "input", "label", "anything"])
def test_a_role_of_an_unknown_column_is_answered_with_the_nearest(role: str, folder: Path) -> None:
    assert refusal(folder, lines(PHOTOS, LABELS), columns={role: "lable"}) == (
        f"data.columns.{role} names the column 'lable'; {folder / 'labels.csv'} has: photo, label. Did you mean label?"
    )


def test_a_picture_column_of_numbers_is_refused(folder: Path) -> None:
    message = refusal(folder, THREE, columns={"image": "price"})
    assert (
        message
        == "data.columns.image names the column 'price', which holds values of the kind number, not paths of pictures."
    )


def test_pictures_on_the_web_are_refused(folder: Path) -> None:
    message = refusal(folder, lines([f"https://example.org/{path}" for path in PHOTOS], LABELS))
    assert "the column 'photo' holds addresses of the web, such as https://example.org/photos/a.png." in message


# ---------------------------------------------------------------------------------------------- splits


@pytest.mark.parametrize("name", ["split", "Subset", "PARTITION"])
@pytest.mark.parametrize(
    "words", [("train", "val", "test"), ("Train", "valid", "TEST"), ("train", "validation", "test")]
)
def test_a_column_of_splits_divides_the_rows(name: str, words: tuple[str, str, str], folder: Path) -> None:
    train, validation, test = words
    parts = [train, train, validation, train, test, test]
    found = table(folder, lines(PHOTOS, LABELS, parts, header=f"photo,label,{name}"))
    given = {part: rows.tolist() for part, rows in found.given.items()}
    assert given == {"train": [0, 1, 3], "validation": [2], "test": [4, 5]}
    assert name not in found.columns
    assert f"The column {name} divides the rows: train 3, validation 1, test 2." in found.notes


def test_the_given_training_part_decides_the_size_of_pictures(folder: Path) -> None:
    save(folder / PHOTOS[5], noise(9, 20, 30))
    parts = ["train"] * 4 + ["test"] * 2
    found = table(folder, lines(PHOTOS, LABELS, parts, header="photo,label,split"))
    assert found.columns["photo"].values.shape == (6, 8, 8, 3)


def test_rows_that_are_left_out_do_not_shift_the_splits(folder: Path) -> None:
    parts = ["train", "test", "", "train", "val", "test"]
    paths = [PHOTOS[0], "none.png", *PHOTOS[2:]]
    found = table(folder, lines(paths, ["cat", "dog", "cat", "", "dog", "cat"], parts, header="photo,label,split"))
    assert found.columns["label"].values.tolist() == ["cat", "dog", "cat"]
    assert {part: rows.tolist() for part, rows in found.given.items()} == {"train": [0], "validation": [1], "test": [2]}
    assert [rejected.name for rejected in found.rejected] == ["line 4", "line 5", "line 3 (none.png)"]


@pytest.mark.parametrize(
    ("parts", "note"),
    [
        (["train", "extra", "test"] * 2, "The column split does not divide the rows: it also holds extra."),
        (["test", "val", "test"] * 2, "The column split does not divide the rows: it has no train."),
        (["a", "b", "c"] * 2, "The column split does not divide the rows: it holds a, b, c."),
    ],
)
def test_a_column_of_other_parts_divides_nothing(parts: list[str], note: str, folder: Path) -> None:
    found = table(folder, lines(PHOTOS, LABELS, parts, header="photo,label,split"))
    assert (found.given, found.columns["split"].kind) == ({}, "category")
    assert [said for said in found.notes if "divide" in said] == [note]


def test_a_column_of_splits_with_a_role_keeps_it(folder: Path) -> None:
    text = lines(PHOTOS, LABELS, ["train", "test"] * 3, header="photo,label,split")
    for settings in ({"columns": {"label": "split"}}, {"split": SplitSettings(group="split")}):
        found = table(folder, text, **settings)
        assert "split" in found.columns
        assert not found.given


def test_splits_without_a_row_to_train_on_are_refused(folder: Path) -> None:
    text = lines(PHOTOS, ["", *LABELS[1:]], ["train", *["test"] * 5], header="photo,label,split")
    assert refusal(folder, text).endswith("no row of the split train can be used.")


# ------------------------------------------------------------------------------------------- left out


def test_rows_that_cannot_be_used_are_left_out_and_named(folder: Path) -> None:
    (folder / PHOTOS[3]).write_bytes(b"no picture")
    rows = [*zip(PHOTOS, LABELS, strict=True)]
    rows[1] = ("photos/none.png", "dog")
    rows[2] = (PHOTOS[2], "")
    rows[4] = ("", "cat")
    more = [(PHOTOS[0], "dog"), (PHOTOS[5], "cat")]
    found = table(folder, lines(*zip(*rows, *more, strict=True)))
    assert found.names is not None
    assert found.names.tolist() == [PHOTOS[0], PHOTOS[5], PHOTOS[0], PHOTOS[5]]
    assert found.columns["label"].values.tolist() == ["cat", "dog", "dog", "cat"]
    np.testing.assert_array_equal(found.columns["photo"].values, PICTURES[[0, 5, 0, 5]])
    assert found.files is not None
    assert found.files.formats.tolist() == ["PNG"] * 4
    assert [(rejected.name, rejected.reason.partition(":")[0]) for rejected in found.rejected] == [
        ("line 4", "It has no value in the column label."),
        ("line 6", "It has no value in the column photo."),
        ("line 3 (photos/none.png)", "It is not there."),
        (
            "line 5 (photos/d.png)",
            "It is not a picture in a format that can be read; PNG, JPEG, GIF, WebP, BMP and TIFF are.",
        ),
    ]


@pytest.mark.parametrize(
    ("row", "beginning"),
    [
        ("photos/b.png,", ": line 3 cannot be used. It has no value in the column label."),
        (",dog", ": line 3 cannot be used. It has no value in the column photo."),
        ("none.png,dog", ": line 3 (none.png) cannot be used. It is not there."),
        ("photos/b.png,dog,3", ": line 3 cannot be used. It has 3 values, the header has 2."),
    ],
)
def test_strictness_stops_at_the_first(row: str, beginning: str, folder: Path) -> None:
    text = f"photo,label\nphotos/a.png,cat\n{row}\nphotos/c.png,cat\nphotos/d.png,cat\n"
    assert len(table(folder, text)) == 3
    assert refusal(folder, text, strict=True).startswith(f"{folder / 'labels.csv'}{beginning}")


def test_rows_of_another_length_are_left_out_and_named_by_their_line(folder: Path) -> None:
    text = 'photo,label\n\nphotos/a.png,"two\nlines"\nphotos/b.png\nphotos/c.png,dog\r\na,b,c\nphotos/d.png,dog'
    found = table(folder, text)
    assert found.columns["label"].values.tolist() == ["two\nlines", "dog", "dog"]
    assert [(rejected.name, rejected.reason) for rejected in found.rejected] == [
        ("line 5", "It has 1 value, the header has 2."),
        ("line 7", "It has 3 values, the header has 2."),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_as_editors_count_them(end: str, folder: Path) -> None:
    text = end.join(["photo,label", "", 'photos/a.png,"x', 'y"', "photos/b.png,dog", "none.png,dog", "photos/c.png,x"])
    assert table(folder, text).rejected[0].name == "line 6 (none.png)"


def test_a_table_of_which_nothing_is_left_is_refused(folder: Path) -> None:
    assert refusal(folder, lines(PHOTOS, [""] * 6)) == (
        f"{folder / 'labels.csv'}: none of its rows can be used; the first is line 2. "
        "It has no value in the column label."
    )


def test_pictures_that_are_all_elsewhere_are_refused_with_their_folder(folder: Path) -> None:
    file = folder / "photos" / "labels.csv"
    file.write_text(lines(PHOTOS, LABELS))
    with pytest.raises(DataError) as caught:
        read_table(str(file))
    assert str(caught.value) == (
        f"{file}: none of the 6 pictures that it names is there; the first is line 2 (photos/a.png). "
        f"Their paths begin at {folder / 'photos'}."
    )


def test_a_column_that_is_almost_numbers_says_so(folder: Path) -> None:
    found = table(folder, lines(PHOTOS, [1, 2, 3, "many", 5, 6], header="photo,price"))
    assert kinds(found) == {"photo": "image", "price": "category"}
    assert "price is read as category, not as numbers: line 5 has 'many'." in found.notes


def test_columns_without_a_name_are_left_out_and_said(folder: Path) -> None:
    found = table(folder, lines(range(6), PHOTOS, LABELS, [""] * 6, header=",photo,label,"))
    assert list(found.columns) == ["photo", "label"]
    assert "Columns without a name are left out: 1, 4." in found.notes


def test_row_numbers_of_pandas_are_left_out(folder: Path) -> None:
    found = table(folder, parquet({"photo": PHOTOS, "label": LABELS, "__index_level_0__": range(6)}), "x.parquet")
    assert list(found.columns) == ["photo", "label"]
    assert "Columns that cannot be used are left out: '__index_level_0__'." in found.notes


# -------------------------------------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (lines(PHOTOS, LABELS, LABELS, header="photo,label,label"), "several columns are named 'label': 2, 3."),
        (lines(PHOTOS, LABELS).split("\n", 1)[1], "has no header: its first line holds values, such as 'photos/a.png"),
        ("elsewhere.JPG,cat\nb.jpg,dog\n", "has no header: its first line holds values, such as 'elsewhere.JPG'."),
        ("1,2.5,-3\n4,5,6\n", "has no header: its first line holds values, such as '1'."),
        ("\n\n", "has no header: its first line must name the columns."),
        (",,\n1,2,3\n", "has no header: its first line must name the columns."),
        (" ", "has a header, but no rows."),
        ("photo,label\n", "has a header, but no rows."),
        ("photo,label", "has a header, but no rows."),
        ('photo,label\n"photos/a.png,cat\nb,c\n', ", line 2: a value begins with a quote that is never closed."),
        ('photo,label\na,b\nc,"d\n\ne,f', ", line 3: a value begins with a quote that is never closed."),
        ('photo,label\na,"say "hi""\n', ", line 2: text follows the quote that closes a value."),
        ('"photo,label\na,b\n', ", line 1: a value begins with a quote that is never closed."),
        ("photo,label\na\nb\nc,d\n", ": 2 rows do not fit the header; the first is line 2: It has 1 value, the header"),
        ("photo,label\na,b\0\n", ", line 2: there is a zero byte (at byte 16); the file is damaged or no text."),
        (b"photo,label\na,caf\xe9\x81\n", "is part of no text in"),
        (",".join(f"c{number}" for number in range(10_001)) + "\n", "has 10,001 columns; at most 10,000 are read."),
    ],
    ids=lambda value: str(value)[:20],
)  # fmt: skip
def test_delimited_text_that_is_no_table_is_refused(text: str | bytes, problem: str, folder: Path) -> None:
    message = refusal(folder, text)
    assert str(folder / "labels.csv") in message
    assert problem in message


def test_a_header_that_is_a_file_is_none(folder: Path) -> None:
    (folder / "photos" / "a.png").rename(folder / "first")
    assert "has no header: its first line holds values, such as 'first'." in refusal(folder, "first,cat\nsecond,dog\n")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"a": 1}\n{"a": ', ", line 2, column 7: this is not a JSON object on one line: Expecting value."),
        ('{\n  "a": 1\n}', ", line 1, column 2: this is not a JSON object on one line:"),
        ('[{"a": 1}]', """, line 1: there is [{"a": 1}], not an object such as {"image": "a.jpg", "label": "cat"}."""),
        ('{"a": 1}\n"text"', ', line 2: there is "text", not an object such as'),
        ("{}\n\n{}", "holds no objects."),
        ("\n", "holds no objects."),
        ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "this is not a JSON object on one line"),
        (
            '{"a": 1}\n{"a": ["b"]}',
            "The column 'a' mixes values of different kinds: line 1 has number, line 2 has labels.",
        ),
        (
            "\n".join(json.dumps({f"k{n}": 1}) for n in range(1_001)),
            "line 1001: there are more than 1,000 different keys.",
        ),
    ],
    ids=lambda value: str(value)[:20],
)
def test_json_lines_that_are_no_table_are_refused(text: str, problem: str, folder: Path) -> None:
    assert problem in refusal(folder, text, "x.jsonl")


@pytest.mark.parametrize(
    "data",
    [b"PAR1", b"photo,label\n", parquet(COLUMNS)[:-20], b"PAR1" + bytes(100) + b"PAR1"],
    ids=["mark", "csv", "cut", "zeros"],
)
def test_parquet_that_is_none_is_refused(data: bytes, folder: Path) -> None:
    message = refusal(folder, data, "x.parquet")
    assert message.startswith(f"{folder / 'x.parquet'} is not a Parquet file, or it is damaged: ")


def test_parquet_with_two_columns_of_one_name_is_refused(folder: Path) -> None:
    both = pa.table([pa.array([1]), pa.array([2])], names=["a", "a"])
    pa.parquet.write_table(both, folder / "x.parquet")
    with pytest.raises(DataError, match="several columns are named 'a'"):
        read_table(str(folder / "x.parquet"))


def test_a_table_file_that_is_a_folder_is_not_read_as_one(folder: Path) -> None:
    (folder / "x.csv").mkdir()
    (folder / "x.csv" / "notes").touch()
    with pytest.raises(DataError, match="is not data that can be read here"):
        read_table(str(folder / "x.csv"))


def test_a_class_of_which_nothing_is_left_to_learn_from_is_left_out(folder: Path) -> None:
    paths, labels = [*PHOTOS[:5], "gone.png"], ["a", "b", "a", "c", "b", "c"]
    found = table(folder, lines(paths, labels, ["train"] * 3 + ["test"] * 2 + ["train"], header="photo,label,split"))
    assert found.columns["label"].values.tolist() == ["a", "b", "a", "b"]
    assert {one.name: one.reason for one in found.rejected} == {
        "line 7 (gone.png)": "It is not there.",
        "line 5": "Of its class, no picture is left to learn from.",
    }


def test_half_a_character_is_no_text(folder: Path) -> None:
    rows = [{"photo": path, "label": label, "tags": ["x"]} for path, label in zip(PHOTOS, LABELS, strict=True)]
    rows[1]["label"], rows[2]["photo"], rows[3]["tags"] = "\ud800", "\udfff.png", ["y", "\ud83d"]
    found = table(folder, "\n".join(map(json.dumps, rows)), "x.jsonl")
    assert {one.name: one.reason for one in found.rejected} == {
        f"line {line}": f"Its value in the column {column} holds half a character, which is no text."
        for line, column in ((2, "label"), (3, "photo"), (4, "tags"))
    }
    assert len(found.sha256) == 64
    assert "the name of the column 'a\\ud800' holds half a character." in refusal(folder, '{"a\\ud800": 1}', "y.jsonl")


def test_paths_beside_missing_bytes_are_read_as_hugging_face_stores_them(folder: Path) -> None:
    cells = [{"bytes": None, "path": path} for path in PHOTOS]
    found = table(folder, parquet({"image": cells, "label": LABELS}), "x.parquet")
    np.testing.assert_array_equal(found.columns["image"].values, PICTURES)


def test_texts_of_parquet_that_are_none_are_refused(folder: Path) -> None:
    raw = pa.array([b"\xff\xfe"] * 6)
    texts = pa.Array.from_buffers(pa.string(), 6, raw.buffers())
    assert "x.parquet is not a Parquet file, or it is damaged: " in refusal(
        folder, parquet({"photo": PHOTOS, "label": texts}), "x.parquet"
    )


def test_a_class_is_no_input_where_the_label_would_be_names_of_pictures(tmp_path: Path) -> None:
    lines = [f"{i}.png,{'cat' if i % 2 else 'dog'}" for i in range(36)]
    (tmp_path / "labels.csv").write_text("\n".join(["picture,label", *lines]), encoding="utf-8")
    with pytest.raises(ConfigError, match="'picture', which names pictures\\. Learn from the pictures with --input"):
        read_table(str(tmp_path / "labels.csv"), DataSettings(columns={"input": "label"}))
