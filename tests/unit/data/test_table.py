from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from deepwright.data.table import Column, ColumnKind, Table
from deepwright.errors import DataError

PICTURES = Column("image", np.arange(4 * 2 * 3, dtype=np.uint8).reshape(4, 2, 3))
LABELS = Column("category", np.array(["a", "b", "a", "c"]))
OTHER = Column("category", np.array(["x", "y", "x", "y"]))
TABLE = Table({"image": PICTURES, "label": LABELS, "writer": OTHER}, "here", {"train": np.array([0])}, ["a note"])


def changed(name: str, column: Column) -> Table:
    return dataclasses.replace(TABLE, columns={**TABLE.columns, name: column})


def test_its_length_is_the_number_of_rows() -> None:
    assert len(TABLE) == 4
    assert [len(column) for column in TABLE.columns.values()] == [4, 4, 4]


def test_rows_are_taken_in_their_order() -> None:
    taken = TABLE.take(np.array([2, 0]))
    assert taken.columns["label"].values.tolist() == ["a", "a"]
    np.testing.assert_array_equal(taken.columns["image"].values, PICTURES.values[[2, 0]])
    assert taken.columns["writer"].values.tolist() == ["x", "x"]
    assert [column.kind for column in taken.columns.values()] == ["image", "category", "category"]


def test_some_rows_have_no_splits_of_their_own() -> None:
    assert TABLE.take(np.array([2, 0])).given == {}
    assert TABLE.take(np.array([2, 0])).source == "here"


def test_columns_are_found_by_their_kind_in_order() -> None:
    assert TABLE.named("category") == ["label", "writer"]
    assert TABLE.named("image") == ["image"]
    assert TABLE.named("text") == []


def test_columns_of_different_lengths_are_refused_with_their_lengths() -> None:
    with pytest.raises(DataError, match=r"^here: the columns differ in length: image 4, label 3, writer 4\.$"):
        changed("label", Column("category", LABELS.values[:3]))


@pytest.mark.parametrize("columns", [{}, {"label": Column("category", LABELS.values[:0])}])
def test_a_table_without_rows_is_refused(columns: dict[str, Column]) -> None:
    with pytest.raises(DataError, match=r"^here has no rows\.$"):
        Table(columns, "here")


def test_the_hash_is_of_the_values_alone() -> None:
    elsewhere = Table({name: TABLE.columns[name] for name in ("writer", "label", "image")}, "elsewhere")
    assert elsewhere.sha256 == TABLE.sha256
    assert len(TABLE.sha256) == 64
    strided = np.zeros((4, 2, 6), np.uint8)[..., ::2]
    strided[:] = PICTURES.values
    assert changed("image", Column("image", strided)).sha256 == TABLE.sha256


def _pixel(values: Any) -> Any:
    values = values.copy()
    values[0, 0, 0] ^= 1
    return values


@pytest.mark.parametrize(
    ("name", "kind", "values"),
    [
        ("image", "image", _pixel(PICTURES.values)),
        ("image", "image", PICTURES.values.reshape(4, 3, 2)),
        ("image", "image", PICTURES.values.astype(np.uint16)),
        ("image", "image", PICTURES.values[::-1]),
        ("label", "category", np.array(["a", "b", "a", "d"])),
        ("label", "text", LABELS.values),
        ("label", "category", np.array(["a", "b", "a", "d"], object)),
        ("weight", "number", np.zeros(4)),
    ],
    ids=["a pixel", "the shape", "the type", "the order", "a label", "the kind", "an object", "a column more"],
)
def test_the_hash_changes_with_anything(name: str, kind: ColumnKind, values: Any) -> None:
    assert changed(name, Column(kind, values)).sha256 != TABLE.sha256


def test_the_hash_changes_with_a_column_s_name() -> None:
    renamed = Table({"image": PICTURES, "labels": LABELS, "writer": OTHER}, "here")
    assert renamed.sha256 != TABLE.sha256
