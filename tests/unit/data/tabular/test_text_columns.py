"""Which columns are texts and which are categories."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepwright.config.settings import DataSettings
from deepwright.data.reading import read_table, table_of
from deepwright.data.tabular.columns import words_column
from deepwright.errors import ConfigError, DataError


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["the plot was thin", "I did smile twice", "not a good one"], "text"),
        (["味道不错很好吃", "送餐太慢了不好", "一般般没有下次"], "text"),
        (["good", "bad", "fair"], "category"),
        (["New York", "San Jose", "Los Angeles"], "category"),
        (["王小明", "李雷", "韩梅梅"], "category"),
        (["not a good one", "not a good one", "a very good one", "not a good one"], "category"),
        (["", "", ""], "category"),
    ],
)
def test_prose_that_hardly_repeats_is_text(values: list[str], kind: str) -> None:
    assert words_column(np.array(values, object)).kind == kind


def test_short_texts_are_read_as_text_where_they_are_named(tmp_path: Path) -> None:
    file = tmp_path / "words.csv"
    file.write_text("word,label\n" + "good,a\nbad,b\n" * 5, encoding="utf-8")
    for role in ("text", "input"):
        assert read_table(str(file), DataSettings(columns={role: "word"})).columns["word"].kind == "text"
    assert read_table(str(file)).columns["word"].kind == "category"


def test_a_column_of_numbers_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "numbers.csv"
    file.write_text("n,label\n1,a\n2,b\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="number, not text"):
        read_table(str(file), DataSettings(columns={"text": "n"}))


def test_rows_without_a_text_are_left_out_and_named(tmp_path: Path) -> None:
    file = tmp_path / "reviews.csv"
    file.write_text('text,label\nthe plot was thin,a\n,b\n"  　 ",a\nnot a bad one,b\n', encoding="utf-8")
    table = read_table(str(file))
    assert [(one.name, one.reason) for one in table.rejected] == [
        ("line 3", "It has no value in the column text."),
        ("line 4", "Its text in the column text is blank."),
    ]
    assert len(table) == 2
    with pytest.raises(DataError, match="line 3"):
        read_table(str(file), DataSettings(strict=True))


def test_texts_and_labels_in_memory() -> None:
    table = table_of((["the plot was thin", "I did smile twice"], ["a", "b"]))
    assert {name: column.kind for name, column in table.columns.items()} == {"text": "text", "label": "category"}
