"""From outputs to predictions and answers, for each task."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from deepwright import registry
from deepwright.contracts import Batch
from deepwright.data.table import Column


def fitted(name: str, label: Column) -> Any:
    task = registry.load("tasks", name)({"image": "image", "label": "label"})
    task.outputs.fit(label)
    return task


@pytest.fixture
def classes() -> Any:
    return fitted("classification", Column("category", np.array(["a", "b", "c"])))


@pytest.fixture
def labels() -> Any:
    return fitted("multi_label", Column("category", np.array(["red|round", "blue"])))


@pytest.fixture
def number() -> Any:
    return fitted("regression", Column("number", np.array([10.0, 30.0])))


def test_a_class_is_answered_with_all_probabilities(classes: Any) -> None:
    (answer,) = classes.decode(torch.tensor([[0.0, np.log(2), 0.0]]))
    assert answer["label"] == "b"
    assert answer["probabilities"] == pytest.approx({"a": 0.25, "b": 0.5, "c": 0.25})
    assert answer["probability"] == answer["probabilities"]["b"]


def test_labels_are_answered_the_most_probable_first(labels: Any) -> None:
    first, second = labels.decode(torch.tensor([[1.0, -1.0, 3.0], [-1.0, 0.0, -0.1]]))
    assert first["labels"] == ["round", "blue"]
    assert first["probabilities"]["red"] == pytest.approx(1 / (1 + np.e))
    assert second["labels"] == []


def test_numbers_are_answered_in_their_own_unit(number: Any) -> None:
    assert number.decode(torch.tensor([[0.0], [-1.5]])) == [{"value": 20.0}, {"value": 5.0}]


def test_predictions_of_numbers_are_in_their_own_unit_and_as_they_will_be_stored(number: Any) -> None:
    targets = number.outputs.encode([12.3, 30.0])
    made = number.predictions(torch.tensor([[0.1], [1 / 3]]), targets, np.array([4, 7]))
    np.testing.assert_allclose(made.targets, [12.3, 30.0], rtol=1e-15)
    assert made.outputs.shape == (2, 1)
    np.testing.assert_array_equal(made.outputs.astype(np.float32).astype(float), made.outputs)
    np.testing.assert_allclose(made.outputs[:, 0], [21, 20 + 10 / 3], rtol=1e-6)
    assert made.names == ("label",)
    assert made.rows.tolist() == [4, 7]


def test_predictions_of_labels_are_zeros_and_ones(labels: Any) -> None:
    made = labels.predictions(torch.zeros(2, 3), labels.outputs.encode(["red", "blue|round"]), np.arange(2))
    assert made.targets.tolist() == [[0, 1, 0], [1, 0, 1]]
    assert made.names == ("blue", "red", "round")


@pytest.mark.parametrize(
    ("name", "targets", "outputs", "scores"),
    [
        ("classes", ["a", "b"], [[1.0, 0, 0], [1, 0, 0]], [1, 0]),
        ("labels", ["red", "blue|red|round"], [[-1.0, 2, -3], [1, -1, 1]], [1, 2 / 3]),
        ("number", [10.0, 20.0], [[0.0], [2.0]], [10, 20]),
    ],
)
def test_scores(name: str, targets: Any, outputs: Any, scores: list[float], request: pytest.FixtureRequest) -> None:
    """Shares of right decisions; absolute errors in the number's own unit."""
    task = request.getfixturevalue(name)
    batch = Batch((), task.outputs.encode(targets), torch.arange(2))
    np.testing.assert_allclose(task.scores(torch.tensor(outputs), batch).numpy(), scores, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("classes", ["accuracy", "macro_f1", "log_loss"]),
        ("labels", ["macro_f1", "accuracy", "log_loss"]),
        ("number", ["mae", "rmse", "r2"]),
    ],
)
def test_what_is_compared_with_the_baselines(name: str, expected: list[str], request: pytest.FixtureRequest) -> None:
    claims = request.getfixturevalue(name).claims(1.5)
    assert [claim.name for claim in claims if claim.compared] == expected
    names = () if name == "number" else request.getfixturevalue(name).outputs.spec.names
    assert {f"{metric}/{label}" for metric in ("precision", "recall") for label in names} <= {c.name for c in claims}
