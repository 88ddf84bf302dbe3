from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from deepwright.contracts import TRANSLATED, Predictions
from deepwright.data.datasets.digits import digits
from deepwright.predictor import Predictor
from deepwright.workflows.feature_maps import feature_maps
from tests.unit.explaining.traced import predictor_of

NAMES = tuple("0123456789")


def found(predictor: Predictor, made: Predictions) -> dict[str, Any]:
    ready: Any = SimpleNamespace(table=digits())
    files = feature_maps(ready, predictor, made)
    return json.loads(files["feature_maps.json"]) if files else {}


def classes(*answers: int) -> Predictions:
    """Rows 7, 8, … of which each is a 2, and what they are taken for."""
    rows = np.arange(7, 7 + len(answers))
    return Predictions(rows, np.full(len(answers), 2), np.eye(10)[list(answers)], NAMES)


def test_the_first_row_that_is_answered_rightly_is_shown() -> None:
    record = found(predictor_of("convnet")[0], classes(1, 2, 2))
    assert (record["row"], record["answer"], record["name"]) == (8, "2", None)
    assert [maps["layer"] for maps in record["maps"]] == ["conv1", "pool", "conv2", "pool#2", "conv3"]
    assert record["filters"]["shape"] == [32, 1, 3, 3]
    assert record["picture"].startswith("data:image/png;base64,")


def test_labels_are_all_right_and_numbers_nearest() -> None:
    targets = np.array([[1, 0, 1], [1, 1, 0]])
    made = Predictions(np.array([3, 4]), targets, np.array([[1.0, 1, 1], [2, 2, -2]]), ("red", "round", "big"))
    record = found(predictor_of("convnet")[0], made)
    assert (record["row"], record["answer"]) == (4, ["red", "round"])
    made = Predictions(np.array([3, 4, 5]), np.array([1.0, 2.0, 3.0]), np.array([[4.0], [2.5], [5.0]]), ("size",))
    record = found(predictor_of("convnet")[0], made)
    assert (record["row"], record["answer"]) == (4, 2.5)


def test_a_deep_network_is_shown_in_part() -> None:
    deep = predictor_of("resnet")[0]
    assert len(found(deep, classes(2))["maps"]) <= 12


@pytest.mark.parametrize(
    ("model", "made"), [("mlp", classes(2)), ("pixel_linear", classes(2)), ("convnet", classes(1))]
)
def test_nothing_without_convolutions_or_a_right_answer(model: str, made: Predictions) -> None:
    assert found(predictor_of(model)[0], made) == {}


def test_texts_have_no_feature_maps() -> None:
    texts = np.array(["a", "b"], object)
    made = Predictions(np.arange(2), texts, np.zeros((2, 4)), TRANSLATED, written=texts)
    predictor: Any = SimpleNamespace(task=SimpleNamespace(inputs=SimpleNamespace(spec=None)))
    assert found(predictor, made) == {}
