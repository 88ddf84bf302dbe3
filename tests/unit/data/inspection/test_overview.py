from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from deepwright.data.inspection.overview import Spread, inspect_table
from deepwright.data.splits import Splits
from deepwright.data.table import Column, Files, Rejected, Table
from tests.unit.data.planted import tiles

PHOTOGRAPHS = tiles()[:40]


def table(labels: Column, **changes: object) -> Table:
    return replace(Table({"image": Column("image", PHOTOGRAPHS), "label": labels}, "photographs"), **changes)  # type: ignore[arg-type]


CLASSES = Column("category", np.array(["10"] * 20 + ["9"] * 17 + ["x"] * 3))
SPLITS = Splits("given", np.arange(0, 38), np.arange(38, 39), np.arange(39, 40))


def test_classes_are_counted_in_every_split() -> None:
    found = inspect_table(table(CLASSES), SPLITS, CLASSES).classes
    assert found is not None
    assert list(found.counts) == ["9", "10", "x"]
    assert found.counts["x"] == {"train": 1, "validation": 1, "test": 1}
    assert found.ratio == 20
    assert found.few == {"x": 1}


def test_without_splits_all_rows_are_counted() -> None:
    found = inspect_table(table(CLASSES), None, CLASSES)
    assert found.classes is not None
    assert found.classes.counts["9"] == {"all": 17}
    assert found.duplicates is not None
    assert found.duplicates.leaks == []


def test_labels_are_counted_one_by_one() -> None:
    values = np.empty(40, object)
    values[:] = [("red", "round") if row < 10 else ("red",) if row < 30 else () for row in range(40)]
    labels = Column("labels", values)
    found = inspect_table(table(labels), None, labels).classes
    assert found is not None
    assert found.counts == {"red": {"all": 30}, "round": {"all": 10}}


def test_numbers_have_no_classes() -> None:
    numbers = Column("number", np.arange(40.0))
    assert inspect_table(table(numbers), None, numbers).classes is None


def test_files_as_they_were() -> None:
    files = Files(
        np.array([640] * 30 + [320] * 10),
        np.array([480] * 30 + [240] * 9 + [100]),
        np.array(["RGB"] * 39 + ["L"]),
        np.array(["JPEG"] * 40),
    )
    found = inspect_table(table(CLASSES, files=files)).pictures
    assert found is not None
    assert found.shape == (64, 64, 3)
    assert found.widths == Spread(320, 640, 640)
    assert found.heights == Spread(100, 480, 480)
    assert found.sizes == {"640 × 480": 30, "320 × 240": 9, "320 × 100": 1}
    assert found.num_sizes == 3
    assert found.modes == {"RGB": 39, "L": 1}
    assert found.formats == {"JPEG": 40}


def test_rejected_files_are_grouped_by_reason() -> None:
    rejected = [Rejected(f"{row}.png", "It is empty." if row % 3 else "It is cut.") for row in range(150)]
    found = inspect_table(table(CLASSES, rejected=rejected)).rejected
    assert found.count == 150
    assert found.reasons == {"It is empty.": 100, "It is cut.": 50}
    assert len(found.listed) == 100
    assert found.listed[0] == Rejected("0.png", "It is cut.")


def test_blank_pictures_are_counted() -> None:
    pictures = PHOTOGRAPHS.copy()
    pictures[4:7] = 90
    found = inspect_table(Table({"image": Column("image", pictures)}, "memory"))
    assert found.pictures is not None
    assert found.pictures.blank == 3
    assert found.duplicates is not None
    assert found.duplicates.repeated == 2


def test_conflicting_labels_and_names() -> None:
    pictures = PHOTOGRAPHS.copy()
    pictures[39] = pictures[0]
    whole = Table(
        {"image": Column("image", pictures), "label": CLASSES}, "m", names=np.array([f"{r}.png" for r in range(40)])
    )
    found = inspect_table(whole, SPLITS, CLASSES)
    assert found.duplicates is not None
    assert found.duplicates.conflicts == 1
    assert found.duplicates.listed[0].names == ["0.png", "39.png"]
    assert found.duplicates.listed[0].labels == ["10", "x"]
    assert [leak.exact for leak in found.duplicates.leaks] == [0, 1, 0]


def test_a_table_without_pictures() -> None:
    text = Table({"text": Column("text", np.array(["a", "b"])), "label": Column("category", np.array(["x", "y"]))}, "t")
    found = inspect_table(text, None, text.columns["label"])
    assert found.pictures is None
    assert found.duplicates is None
    assert [record.name for record in found.measurements()] == ["rejected_rows", "class_ratio"]


@pytest.mark.parametrize("splits", [None, SPLITS])
def test_the_record_is_plain_data(splits: Splits | None) -> None:
    found = inspect_table(table(CLASSES), splits, CLASSES)
    assert json.loads(json.dumps(found.to_json()))["rows"] == 40
    assert found.sha256 == table(CLASSES).sha256
    json.dumps([record.to_json() for record in found.measurements()])
    names = {record.name for record in found.measurements()}
    assert {"rejected_rows", "blank_pictures", "class_ratio", "repeated_rows", "conflicting_pictures"} <= names
