"""Which task is meant, which tasks and models there are for some data, and what is refused before anything begins."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepwright.config.documents import Document
from deepwright.data.encoders.image import ImageEncoder
from deepwright.data.table import Column, Table
from deepwright.errors import ConfigError, DataError, UsageError
from deepwright.training.progress import Silent
from deepwright.workflows import plan as planning
from deepwright.workflows.plan import options, plan
from deepwright.workflows.train import start

ROWS = 40
PICTURES = Column("image", np.random.default_rng(0).integers(0, 256, (ROWS, 8, 8), np.uint8))
CLASSES = Column("category", np.array(["a", "b"] * 20))
WHOLE = Column("number", np.tile([1.0, 2, 3, 4], 10))
TAGS = Column("category", np.array(["red|round", "red", "round", "blue|red"] * 10))


def table(**columns: Column) -> Table:
    return Table({"image": PICTURES, **columns}, "t.csv")


def document(**settings: Any) -> Document:
    """Settings by dotted key, with two underscores for the dot."""
    found = Document()
    found.set("data.source", "t.csv", "the test")
    found.set("training.num_threads", 1, "the test")
    for key, value in settings.items():
        found.set(key.replace("__", "."), value, "the test")
    return found


# ------------------------------------------------------------------------------------------------- which task


def test_the_only_task_that_fits_is_taken_with_its_default_model() -> None:
    ready = plan(document(), table(label=CLASSES))
    assert (ready.task, ready.settings.model.name, ready.splits.method) == ("classification", "convnet", "stratified")
    assert ready.settings.data.columns == {"image": "image", "label": "label"}


@pytest.mark.parametrize(
    ("label", "parts"),
    [
        (
            WHOLE,
            ["classification (label has 4 different values, taken for classes)", "regression (label holds numbers"],
        ),
        (TAGS, ["classification (label has 4 different values", "multi_label (label holds lists of 3 different"]),
    ],
)
def test_of_several_tasks_that_fit_one_has_to_be_chosen(label: Column, parts: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        plan(document(), table(label=label))
    for part in parts:
        assert part in str(caught.value)
    assert str(caught.value).endswith("Choose one with --task.")


@pytest.mark.parametrize(
    ("label", "task", "method"),
    [(WHOLE, "classification", "stratified"), (WHOLE, "regression", "random"), (TAGS, "multi_label", "stratified")],
)
def test_the_task_that_is_named_is_taken(label: Column, task: str, method: str) -> None:
    ready = plan(document(task=task), table(label=label))
    assert (ready.task, ready.splits.method) == (task, method)


def test_a_task_that_does_not_fit_is_refused_with_the_columns() -> None:
    with pytest.raises(DataError, match=r"none of the tasks regression; its columns are: image \(image\), label \(cat"):
        plan(document(task="regression"), table(label=CLASSES))


def test_a_misspelt_task_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="Did you mean regression"):
        plan(document(task="regresion"), table(label=WHOLE))


def test_a_model_that_does_not_yield_what_the_task_needs_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"model mean does not fit this data\. Fitting: convnet, majority"):
        plan(document(model="mean"), table(label=CLASSES))


@pytest.mark.parametrize(
    ("augmentations", "said"),
    [
        (["flipp"], "Did you mean flip"),
        (["auto"], "no augmentation named 'auto'"),
        ([{"vertical": 0.5}], "no augmentation named 'auto'"),
        ([{"name": "flip", "sides": 3}], r"'training\.augmentations\.0\.sides'"),
        (["flip", {"name": "mixup", "alpha": -1}], r"training\.augmentations\.1\.alpha is -1"),
    ],
)
def test_augmentations_that_there_are_not_are_refused_before_training(augmentations: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        plan(document(training__augmentations=augmentations), table(label=CLASSES))


# --------------------------------------------------------------------------------------------- what is open


def test_nothing_is_left_open_but_the_name_and_what_the_data_decides() -> None:
    ready = plan(document(), table(label=CLASSES))
    left_open = [key for key, value in flat(ready.config()).items() if value == "auto"]
    assert [key for key in left_open if not key.startswith("data.")] == ["name"]


def flat(section: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(section, dict):
        return {path: section}
    return {k: v for key, value in section.items() for k, v in flat(value, f"{path}.{key}".strip(".")).items()}


@pytest.mark.parametrize("split", ["validation", "test"])
def test_a_class_that_cannot_be_learnt_is_refused_before_training(split: str) -> None:
    labels = np.array(["a", "b"] * 20)
    labels[35] = "c"
    given = {"train": np.arange(30), "validation": np.arange(30, 34), "test": np.arange(36, 40)}
    given[split] = np.append(given[split], 35)
    found = Table({"image": PICTURES, "label": Column("category", labels)}, "t.csv", given)
    with pytest.raises(DataError, match=r"the training split does not have: c\. Known: a, b"):
        plan(document(), found)


# --------------------------------------------------------------------------------------------------- options


def listed(monkeypatch: pytest.MonkeyPatch, found: Table, **settings: Any) -> dict[str, tuple[str, str, list[str]]]:
    monkeypatch.setattr(planning, "read_table", lambda *_: found)
    rows = options(document(**settings))
    return {task: (fits, why, models.split(", ") if models else []) for task, fits, why, models in rows}


def test_every_task_is_listed_with_whether_it_fits_why_and_its_models(monkeypatch: pytest.MonkeyPatch) -> None:
    found = listed(monkeypatch, table(label=WHOLE))
    fits, why, models = found["classification"]
    assert (fits, why) == ("yes", "label has 4 different values, taken for classes")
    assert {"convnet", "majority", "pixel_linear"} <= set(models)
    assert "mean" not in models
    fits, why, models = found["regression"]
    assert (fits, why) == ("yes", "label holds numbers from 1 to 4")
    assert {"convnet", "mean", "pixel_linear"} <= set(models)
    assert "majority" not in models
    assert found["multi_label"] == ("no", "no column holds what it learns", [])


def test_a_task_is_undecided_while_its_columns_are(monkeypatch: pytest.MonkeyPatch) -> None:
    found = listed(monkeypatch, table(kind=CLASSES, size=WHOLE))
    assert found["classification"][0] == found["regression"][0] == "undecided"
    assert "kind, size" in found["regression"][1]
    decided = listed(monkeypatch, table(kind=CLASSES, size=WHOLE), data__columns__label="size")
    assert [decided[task][0] for task in ("classification", "regression")] == ["yes", "yes"]


def test_a_task_that_is_only_taken_if_it_is_asked_for_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = Table({"text": Column("text", np.array(["the cat sat", "the dog sat"] * 10, object))}, "texts")
    found = listed(monkeypatch, texts)
    assert found["language_model"][0] == "yes"
    assert found["word_embedding"][0] == "if asked for"
    assert {"skip_gram", "cbow"} <= set(found["word_embedding"][2])
    assert found["classification"][0] == "no"


def test_without_data_nothing_is_listed() -> None:
    with pytest.raises(ConfigError, match="There is no data"):
        options(Document())


def test_the_column_that_divides_the_rows_is_not_what_is_learnt() -> None:
    writers = Column("category", np.array([f"writer {i % 8}" for i in range(ROWS)]))
    columns = {"kind": CLASSES, "writer": writers}
    with pytest.raises(ConfigError, match="several columns that could be the label: kind, writer"):
        plan(document(), table(**columns))
    ready = plan(document(data__split__group="writer"), table(**columns))
    assert ready.roles["label"] == "kind"


@pytest.mark.parametrize("seed", range(5))
def test_a_label_of_one_row_is_learnt_from(seed: int) -> None:
    tags = [f"{'red' if i % 2 else 'blue'}|{'round' if i % 3 else 'flat'}" for i in range(40)]
    tags[7] += "|rare"
    label = Column("category", np.array(tags))
    ready = plan(document(task="multi_label", seed=seed), table(label=label))
    assert 7 in ready.splits.train


def test_the_training_split_is_read_for_its_statistics_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fits: list[int] = []
    fit = ImageEncoder.fit

    def counted(self: ImageEncoder, column: Column) -> None:
        fits.append(len(column))
        fit(self, column)

    monkeypatch.setattr(ImageEncoder, "fit", counted)
    ready = plan(document(training__max_steps=1), table(label=CLASSES))
    run = start(replace(ready, settings=replace(ready.settings, output=str(tmp_path))), Silent())
    assert fits == [len(ready.splits.train)], "not again for the model or for a baseline"
    assert run.predictor.task.inputs.state() == ready.fitted.inputs.state()


# ----------------------------------------------------------------------------------------- nothing is left open


def test_what_was_decided_while_reading_stands_in_the_settings() -> None:
    data = plan(document(), table(label=CLASSES)).settings.data
    assert (data.image_size, data.split.method, data.storage) == (8, "stratified", "memory")
    oblong = Column("image", np.zeros((ROWS, 8, 6), np.uint8))
    assert plan(document(), Table({"image": oblong, "label": CLASSES}, "t.csv")).settings.data.image_size is None


def test_its_configuration_gives_the_same_plan() -> None:
    ready = plan(document(), table(label=CLASSES))
    assert "auto" not in {value for key, value in settings_of(ready.config()) if key != "name"}
    again = plan(Document(ready.config()), table(label=CLASSES))
    assert again.config() == ready.config()
    for split in ("train", "validation", "test"):
        assert np.array_equal(again.splits[split], ready.splits[split])


def settings_of(section: dict[str, Any]) -> list[tuple[str, Any]]:
    """Every setting with its last key; lists are left away."""
    found = []
    for key, value in section.items():
        found += settings_of(value) if isinstance(value, dict) else [] if isinstance(value, list) else [(key, value)]
    return found
