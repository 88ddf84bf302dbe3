"""Pairs of texts in tables: which columns they are, that they arrive as written, and what stays as it was."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deepwright.config.settings import DataSettings, Settings
from deepwright.data.asked import as_asked
from deepwright.data.pairs import is_language, pair_of
from deepwright.data.reading import read_table, table_of
from deepwright.data.table import Table
from deepwright.errors import ConfigError, DataError
from deepwright.tasks.classification import Classification
from deepwright.tasks.regression import Regression

WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
ASKED = DataSettings(pairs=True)


def table(path: Path, rows: Sequence[Sequence[object]], settings: DataSettings = DataSettings()) -> Table:  # noqa: B008
    """A CSV file of these rows, of which the first names the columns, read."""
    path.write_text("".join(",".join(map(str, row)) + "\n" for row in rows), encoding="utf-8")
    return read_table(str(path), settings)


def written(found: Table, *names: str) -> list[list[str]]:
    """The texts of some columns, which have to be of the kind text."""
    assert [found.columns[name].kind for name in names] == ["text"] * len(names)
    return [found.columns[name].values.tolist() for name in names]


@pytest.mark.parametrize(
    "names", [("source", "target"), ("src", "tgt"), ("src", "trg"), ("input", "output"), ("Source", "Target")]
)
def test_columns_named_like_pairs_are_texts_as_they_are_written(tmp_path: Path, names: tuple[str, str]) -> None:
    found = table(tmp_path / "t.csv", [names, *((word, number) for number, word in enumerate(WORDS, 1))])
    assert written(found, *names) == [WORDS, [str(number) for number in range(1, 13)]]
    assert pair_of(found.columns, {}) == names
    assert any(note.startswith("Pairs: ") for note in found.notes)


@pytest.mark.parametrize("target", ["2024-03-{:02}", "{:03}", "{}.0", "1e{}", "+{}"])
def test_dates_and_numbers_keep_every_sign(tmp_path: Path, target: str) -> None:
    texts = [target.format(number) for number in range(1, 20)]
    found = table(tmp_path / "t.csv", [("source", "target"), *((f"the {t} of it", t) for t in texts)])
    assert written(found, "target") == [texts]


def test_languages_are_taken_in_the_order_of_the_columns_unless_a_role_turns_it(tmp_path: Path) -> None:
    rows = [("zh", "en"), *((f"第{number}句", f"sentence {number}") for number in range(9))]
    found = table(tmp_path / "t.csv", rows)
    assert pair_of(found.columns, {}) == ("zh", "en")
    assert "--input en --target zh" in " ".join(found.notes)
    turned = DataSettings(columns={"label": "zh"})
    assert pair_of(table(tmp_path / "t.csv", rows, turned).columns, turned.columns) == ("en", "zh")


def test_json_lines_parquet_gzip_and_memory_give_the_same_texts(tmp_path: Path) -> None:
    numbers = list(range(1, 13))
    lines = [json.dumps({"source": word, "target": number}) for word, number in zip(WORDS, numbers, strict=True)]
    (tmp_path / "t.jsonl").write_text("\n".join(lines), encoding="utf-8")
    pq.write_table(pa.table({"source": WORDS, "target": numbers}), tmp_path / "t.parquet")
    body = "\n".join(f"{word}\t{number}" for word, number in zip(WORDS, numbers, strict=True))
    (tmp_path / "t.tsv.gz").write_bytes(gzip.compress(f"source\ttarget\n{body}\n".encode()))
    expected = [WORDS, list(map(str, numbers))]
    for name in ("t.jsonl", "t.parquet", "t.tsv.gz"):
        assert written(read_table(str(tmp_path / name)), "source", "target") == expected, name
    in_memory: dict[str, Any] = {"source": WORDS, "target": numbers}
    assert written(table_of(in_memory, settings=ASKED), "source", "target") == expected


def test_a_byte_order_mark_and_gb18030_are_read_as_for_other_tables(tmp_path: Path) -> None:
    rows = "source,target\n" + "".join(f"二〇二四年三月{number}日,2024-03-{number:02}\n" for number in range(10, 30))
    for encoding in ("utf-8-sig", "gb18030", "utf-16"):
        (tmp_path / "t.csv").write_bytes(rows.encode(encoding))
        sources, targets = written(read_table(str(tmp_path / "t.csv")), "source", "target")
        assert (sources[0], targets[0]) == ("二〇二四年三月10日", "2024-03-10"), encoding


def test_a_row_without_one_of_its_sides_is_named_and_left_out_and_na_is_a_word(tmp_path: Path) -> None:
    rows = [("source", "target", "split"), ("a b", "A", "train"), ("", "B", "train"), ("c", " ", "train")]
    found = table(tmp_path / "t.csv", [*rows, ("NA", "null", "train"), ("d", "-", "test")])
    assert written(found, "source", "target") == [["a b", "NA", "d"], ["A", "null", "-"]]
    assert [(one.name, one.reason) for one in found.rejected] == [
        ("line 3", "It has no value in the column source."),
        ("line 4", "Its text in the column target is blank."),
    ]
    assert {split: len(rows) for split, rows in found.given.items()} == {"train": 2, "test": 1}
    with pytest.raises(DataError, match="line 3 cannot be used"):
        read_table(str(tmp_path / "t.csv"), DataSettings(strict=True))


# ------------------------------------------------------------------------------------- what stays as it was


def test_labels_that_recur_are_learnt_as_classes_as_before_and_how_to_say_otherwise_is_said(tmp_path: Path) -> None:
    rows = [("source", "target"), *((f"this is the text of number {n}", ("yes", "no")[n % 2]) for n in range(40))]
    found = table(tmp_path / "t.csv", rows)
    assert pair_of(found.columns, {}) is None
    assert Classification.roles(found, {}) == {"text": "source", "label": "target"}
    assert "--task translation" in " ".join(found.notes)
    assert written(table(tmp_path / "t.csv", rows, as_asked(Settings(task="translation"))), "target")[0][:2] == [
        "yes",
        "no",
    ]


def test_measured_numbers_are_learnt_as_numbers_as_before(tmp_path: Path) -> None:
    rows = [("input", "output"), *((f"this is the text of number {n}", n / 7) for n in range(40))]
    found = table(tmp_path / "t.csv", rows)
    assert Regression.roles(found, {}) == {"text": "input", "label": "output"}
    assert found.columns["output"].kind == "number"


@pytest.mark.parametrize(
    "rows",
    [
        [("text", "target"), *((f"this is the text of number {n}", n % 3) for n in range(40))],
        [("source", "target"), *((n, n * 7 % 40) for n in range(40))],
        [("source", "target", "label"), *((f"text {n} of it", f"the other {n}", n % 2) for n in range(40))],
        [("source", "text", "target"), *((("imdb", "yelp")[n % 2], f"text {n} of all", f"t{n}") for n in range(40))],
        [("id", "en"), *((n, f"this is the text of number {n}") for n in range(40))],
    ],
    ids=["other names", "numbers alone", "a label beside them", "where texts are from", "a language that numbers rows"],
)
def test_these_tables_are_no_pairs_unless_asked_for(tmp_path: Path, rows: list[tuple[object, ...]]) -> None:
    found = table(tmp_path / "t.csv", rows)
    assert pair_of(found.columns, {}) is None
    asked = DataSettings(pairs=True, columns={"input": str(rows[0][0]), "label": str(rows[0][-1])})
    assert pair_of(table(tmp_path / "t.csv", rows, asked).columns, asked.columns, True) == (rows[0][0], rows[0][-1])


def test_another_task_that_is_asked_for_takes_the_columns_as_it_always_did(tmp_path: Path) -> None:
    rows = [("source", "target"), *((f"this is the text of number {n}", n) for n in range(40))]
    assert written(table(tmp_path / "t.csv", rows), "target")
    other = as_asked(Settings(task="regression"))
    assert table(tmp_path / "t.csv", rows, other).columns["target"].kind == "number"


def test_no_other_task_takes_pairs_unless_it_is_asked_for(tmp_path: Path) -> None:
    rows = [("de", "en", "score"), *((f"Satz {n}", f"sentence {n}", n / 7) for n in range(40))]
    found = table(tmp_path / "t.csv", rows)
    assert pair_of(found.columns, {}) == ("de", "en")
    assert Regression.roles(found, {}) is None
    assert Regression.roles(found, {"input": "de", "label": "score"}) == {"text": "de", "label": "score"}


# --------------------------------------------------------------------------------------------- what is wrong


def test_what_cannot_be_pairs_is_said(tmp_path: Path) -> None:
    three = [("de", "en", "fr"), *((f"Satz {n}", f"sentence {n}", f"phrase {n}") for n in range(9))]
    with pytest.raises(ConfigError, match=r"de, en, fr.*--input NAME.*--target NAME"):
        table(tmp_path / "t.csv", three)
    same = replace(ASKED, columns={"input": "de", "label": "de"})
    with pytest.raises(ConfigError, match="both name the column 'de'"):
        table(tmp_path / "t.csv", three, same)
    with pytest.raises(DataError, match=r"need two columns.*text: category"):
        table(tmp_path / "t.csv", [("text",), ("a",), ("b",)], ASKED)
    with pytest.raises(ConfigError, match=r"data\.columns\.input names the column 'dee'.*has: de, en, fr"):
        table(tmp_path / "t.csv", three, DataSettings(columns={"input": "dee", "label": "en"}))


def test_codes_of_languages() -> None:
    assert all(map(is_language, ("de", "EN", "zh-CN", "pt_BR", "zh-Hant", " fr ")))
    assert not any(map(is_language, ("text", "deu", "xx", "d", "", "label", "de-")))
