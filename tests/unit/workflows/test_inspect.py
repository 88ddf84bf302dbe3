from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import pytest

from deepwright.config.documents import Document
from deepwright.config.settings import DataSettings
from deepwright.contracts import Predictions
from deepwright.data.datasets.digits import digits
from deepwright.data.table import Column, Table
from deepwright.errors import ConfigError, StorageError, UnknownNameError
from deepwright.reporting.data_section import DATA, DOUBTS, SAMPLES
from deepwright.reporting.mistakes import MISTAKES
from deepwright.workflows.inspect import describe_data, doubted_labels, inspect, mistaken, write_page
from deepwright.workflows.plan import plan
from tests.unit.data.photographs import classes
from tests.unit.reporting.inspected import SPLITS, inspected, table

ROLES = {"image": "image", "label": "label"}


def document(**settings: object) -> Document:
    made = Document()
    for key, value in settings.items():
        made.set(key.replace("__", "."), value, "here")
    return made


@pytest.fixture
def several(tmp_path: Path) -> Path:
    """A file with two columns that could be what is to be learnt."""
    pictures = np.random.default_rng(0).integers(0, 256, (30, 16, 16), np.uint8)
    file = tmp_path / "pictures.npz"
    np.savez(file, image=pictures, colour=np.array(["red", "blue"] * 15), form=np.array(["a", "b", "c"] * 10))
    return file


@pytest.mark.parametrize("seed", [0, 3])
def test_data_is_divided_as_training_would(seed: int) -> None:
    found = inspect(document(data__source="digits", seed=seed, data__split__test=0.3)).data
    ready = plan(document(data__source="digits", seed=seed, data__split__test=0.3, model="majority"))
    trained = describe_data(ready.table, ready.splits, ready.roles, ready.settings.data, ready.task)
    for key in ("sha256", "rows", "columns", "roles", "method", "splits", "notes"):
        assert found[key] == trained[key], key


def test_what_is_to_be_learnt_may_be_left_open(several: Path, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("deepwright").propagate = True
    with caplog.at_level(logging.WARNING, "deepwright"):
        found = inspect(document(data__source=str(several))).data
    assert "colour, form" in caplog.text
    assert "--target" in caplog.text
    assert found["roles"] == {"image": "image"}
    assert found["inspection"]["classes"] is None
    chosen = inspect(document(data__source=str(several), data__columns__label="form")).data
    assert list(chosen["inspection"]["classes"]["counts"]) == ["a", "b", "c"]


def test_a_column_that_is_not_there(several: Path) -> None:
    with pytest.raises(ConfigError, match=r"nothing.*colour.*form"):
        inspect(document(data__source=str(several), data__columns__label="nothing"))


def test_a_task_that_is_not_there() -> None:
    with pytest.raises(UnknownNameError, match="classification"):
        inspect(document(data__source="digits", task="clasification"))


def test_without_data() -> None:
    with pytest.raises(ConfigError, match="There is no data"):
        inspect(document())


def test_too_few_rows_to_divide_are_inspected_whole(tmp_path: Path) -> None:
    file = tmp_path / "few.npz"
    np.savez(file, image=np.zeros((2, 16, 16), np.uint8), label=np.array(["a", "b"]))
    found = inspect(document(data__source=str(file))).data
    assert found["splits"] == {}
    assert found["method"] is None
    assert found["inspection"]["duplicates"]["conflicts"] == 1


def test_numbers_that_are_classes_are_counted() -> None:
    columns = {**table().columns, "label": Column("number", np.arange(60.0) % 3)}
    numbers = Table(columns, "numbers")
    data = describe_data(numbers, SPLITS, ROLES, DataSettings(), "classification")
    assert data["splits"]["train"]["classes"] == {"0": 14, "1": 13, "2": 13}
    assert data["source"] == "numbers"
    data = describe_data(numbers, SPLITS, ROLES, DataSettings(), "regression")
    assert data["splits"]["train"]["numbers"]["max"] == 2


def test_texts_that_hold_several_labels_are_divided() -> None:
    columns = {**table().columns, "label": Column("category", np.array(["red|round", "red"] * 30))}
    data = describe_data(Table(columns, "labels"), SPLITS, ROLES, DataSettings(), "multi_label")
    assert data["splits"]["train"]["classes"] == {"red": 40, "round": 20}


def test_files_are_what_a_report_reads() -> None:
    found = inspected()
    files = found.files()
    assert files.keys() == {DATA, SAMPLES}
    assert json.loads(files[DATA])["inspection"]["rows"] == 60
    assert found.files() == inspected().files()
    assert found.section.name == "pets"


def test_the_page_is_written_or_nothing_is(tmp_path: Path) -> None:
    write_page(inspected(), tmp_path / "deep" / "page.html")
    assert (tmp_path / "deep" / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError):
        write_page(inspected(), tmp_path / "file" / "page.html")


def predictions(outputs: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> dict[tuple[str, str], Predictions]:
    names = ("cat", "dog")
    made = {}
    for split in ("validation", "test"):
        rows = SPLITS[split]
        targets = np.array([names.index(str(table().columns["label"].values[row])) for row in rows])
        made["mlp", split] = Predictions(rows, targets, outputs[rows], names)
    return made


def test_doubted_labels_have_names_and_pictures() -> None:
    # The pixels of row 50 are those of a cat, but it is called a dog.
    outputs = np.array([[5.0, -5.0] if row % 2 == 0 else [-5.0, 5.0] for row in range(60)])
    files, (claim,) = doubted_labels(table(), ROLES, "mlp", predictions(outputs), 1.0)
    record = json.loads(files[DOUBTS])
    assert [(s["row"], s["name"], s["label"], s["predicted"]) for s in record["suspects"]] == [
        (50, "50.jpg", "dog", "cat")
    ]
    assert record["pictures"]["50"].startswith("data:image/")
    assert (claim.name, claim.model, claim.value, claim.n) == ("suspected_labels", "mlp", 1, 20)


def test_mistakes_have_names_and_pictures() -> None:
    outputs = np.array([[5.0, -5.0] if row % 2 == 0 else [-5.0, 5.0] for row in range(60)])
    record = json.loads(mistaken(table(), ROLES, predictions(outputs)["mlp", "test"], 1.0)[MISTAKES])
    assert record["names"] == {"50": "50.jpg"}
    assert record["pictures"]["50"].startswith("data:image/")


def test_numbers_are_not_doubted() -> None:
    number = Predictions(np.arange(4), np.arange(4.0), np.zeros((4, 1)), ("age",))
    made = {("mlp", "validation"): number, ("mlp", "test"): number}
    assert doubted_labels(digits(), ROLES, "mlp", made, 1.0) == ({}, [])


@pytest.mark.parametrize(("column", "kind"), [("day", "time"), ("image", "image")])
def test_what_cannot_be_learnt_is_no_target(column: str, kind: str, tmp_path: Path) -> None:
    classes(tmp_path, {"photos": 3})
    rows = "".join(f"photos/{row}.png,2024-01-0{row + 1}\n" for row in range(3))
    (tmp_path / "t.csv").write_text("image,day\n" + rows)
    document = Document()
    document.set("data.source", str(tmp_path / "t.csv"), "the test")
    document.set("data.columns.label", column, "the test")
    with pytest.raises(ConfigError, match=f"'{column}', which holds values of the kind {kind}; what can be learnt"):
        inspect(document)
