"""Metrics against counting rows one by one, weights against repeated rows, and both against scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from deepwright import registry
from deepwright.contracts import Proportion
from tests.formulas.metric_laws import (
    REPETITIONS,
    Case,
    every,
    is_its_definition,
    measured,
    predictions,
    weights_are_repetitions,
)
from tests.formulas.reference import metrics
from tests.formulas.reference.activations import softmax
from tests.formulas.reference.arrays import Floats, Integers
from tests.formulas.tolerances import ROUNDING

CASES = [
    Case("accuracy", {}, metrics.accuracy),
    Case("macro_f1", {}, metrics.macro_f1),
    Case("precision", {"label": "c0"}, lambda z, y: metrics.precision(z, y, 0)),
    Case("precision", {"label": "c2"}, lambda z, y: metrics.precision(z, y, 2)),
    Case("recall", {"label": "c0"}, lambda z, y: metrics.recall(z, y, 0)),
    Case("recall", {"label": "c2"}, lambda z, y: metrics.recall(z, y, 2)),
    Case("log_loss", {}, metrics.log_loss),
    Case("log_loss", {"temperature": 2.5}, lambda z, y: metrics.log_loss(z, y, 2.5)),
    Case("calibration_error", {}, metrics.calibration_error),
    Case("calibration_error", {"temperature": 0.4}, lambda z, y: metrics.calibration_error(z, y, 0.4)),
    Case("calibration_error", {"num_bins": 4}, lambda z, y: metrics.calibration_error(z, y, 1.0, 4)),
]


def drawn(seed: int, n: int, num_classes: int = 4, scale: float = 2.0) -> tuple[Floats, Integers]:
    """Logits that lean towards the targets, so that classes, confidences and errors are of all kinds."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, num_classes, n)
    return rng.normal(0, scale, (n, num_classes)) + np.eye(num_classes)[targets], targets


@every(CASES)
@pytest.mark.parametrize("n", [1, 2, 7, 200])
def test_a_metric_is_its_definition(case: Case, n: int) -> None:
    is_its_definition(case, drawn, n)


@every(CASES)
@given(seed=st.integers(0, 2**32 - 1), rows=REPETITIONS)
def test_whole_weights_are_repeated_rows(case: Case, seed: int, rows: list[list[int]]) -> None:
    weights_are_repetitions(case, drawn, seed, rows)


def test_a_share_of_nothing_is_undefined_and_only_where_it_is_nothing() -> None:
    outputs, targets = np.eye(3)[[0, 0, 1]], np.array([0, 1, 0])
    weights = np.array([[1.0, 1, 1], [0, 0, 1], [1, 0, 1]])
    found = {
        (name, label): measured(name, {"label": label}, outputs, targets, weights)
        for name in ("precision", "recall")
        for label in ("c0", "c1", "c2")
    }
    nan = math.nan
    ROUNDING.check(found["precision", "c0"], [0.5, nan, 1])
    ROUNDING.check(found["precision", "c1"], [0, 0, 0])
    ROUNDING.check(found["precision", "c2"], [nan, nan, nan])
    ROUNDING.check(found["recall", "c0"], [0.5, 0, 0.5])
    ROUNDING.check(found["recall", "c1"], [0, nan, nan])
    ROUNDING.check(found["recall", "c2"], [nan, nan, nan])
    # F1 of c0 is 2·1/(2+1+1), of c1 0; c2 does not occur and does not count.
    ROUNDING.check(measured("macro_f1", {}, outputs, targets, weights[:1]), [0.25])


def test_equal_outputs_are_decided_for_the_first_class() -> None:
    outputs, targets = np.zeros((4, 3)), np.array([0, 0, 1, 2])
    ROUNDING.check(measured("accuracy", {}, outputs, targets, np.ones((1, 4))), [metrics.accuracy(outputs, targets)])
    assert metrics.accuracy(outputs, targets) == 0.5


@pytest.mark.parametrize("name", ["accuracy", "precision", "recall"])
def test_counts_are_the_share(name: str) -> None:
    outputs, targets = drawn(3, 50)
    arguments = {} if name == "accuracy" else {"label": "c1"}
    metric = registry.load("metrics", name)(**arguments)
    assert isinstance(metric, Proportion)
    successes, trials = metric.counts(predictions(outputs, targets))
    counts = metrics.confusion(outputs, targets)
    expected = {
        "accuracy": (int(np.trace(counts)), 50),
        "precision": (int(counts[1, 1]), int(counts[:, 1].sum())),
        "recall": (int(counts[1, 1]), int(counts[1].sum())),
    }
    assert (successes, trials) == expected[name]
    assert 0 < successes < trials


def test_scikit_learn_agrees() -> None:
    outputs, targets = drawn(4, 120, num_classes=5)
    targets[targets == 4] = 3  # a class that is predicted and never present
    weights = np.random.default_rng(5).uniform(0, 3, 120)
    weighted = {"sample_weight": weights}
    decided, probs, classes = outputs.argmax(1), softmax(outputs), range(5)
    expected = {
        "accuracy": sklearn_metrics.accuracy_score(targets, decided, **weighted),
        "macro_f1": sklearn_metrics.f1_score(targets, decided, average="macro", zero_division=0, **weighted),
        "precision": sklearn_metrics.precision_score(targets, decided, labels=[1], average="macro", **weighted),
        "recall": sklearn_metrics.recall_score(targets, decided, labels=[1], average="macro", **weighted),
        "log_loss": sklearn_metrics.log_loss(targets, probs, labels=classes, **weighted),
    }
    for name, value in expected.items():
        arguments = {"label": "c1"} if name in ("precision", "recall") else {}
        ROUNDING.check(measured(name, arguments, outputs, targets, weights[None]), [value], name)


def test_log_loss_of_logits_of_ten_thousand() -> None:
    outputs = np.array([[1e4, -1e4], [1e4, -1e4]])
    ROUNDING.check(measured("log_loss", {}, outputs, np.array([0, 1]), np.eye(2)), [0.0, 2e4])


def test_perfect_calibration_and_its_opposite() -> None:
    """Confidence 3/4 and right three times of four is calibrated; certain and wrong is an error of 1."""
    logits = np.array([[np.log(3.0), 0.0]] * 4)
    calibrated = measured("calibration_error", {}, logits, np.array([0, 0, 0, 1]), np.ones((1, 4)))
    certain = measured("calibration_error", {}, 1e3 * logits, np.ones(4, np.int64), np.ones((1, 4)))
    ROUNDING.check(calibrated, [0.0])
    ROUNDING.check(certain, [1.0])
