"""Metrics of labels against counting rows one by one, weights against repeated rows, and both against scikit-learn."""

from __future__ import annotations

import math
import warnings
from typing import Any

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
from tests.formulas.reference import label_metrics as metrics
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
]


def drawn(seed: int, n: int, num_labels: int = 3) -> tuple[Floats, Integers]:
    """Logits that lean towards the targets; the labels differ in how frequent they are, and some rows have none."""
    rng = np.random.default_rng(seed)
    targets = (rng.random((n, num_labels)) < np.linspace(0.6, 0.2, num_labels)).astype(np.int64)
    return rng.normal(0, 1.5, targets.shape) + 2 * targets - 1, targets


@every(CASES)
@pytest.mark.parametrize("n", [1, 2, 7, 200])
def test_a_metric_is_its_definition(case: Case, n: int) -> None:
    is_its_definition(case, drawn, n)


@every(CASES)
@given(seed=st.integers(0, 2**32 - 1), rows=REPETITIONS)
def test_whole_weights_are_repeated_rows(case: Case, seed: int, rows: list[list[int]]) -> None:
    weights_are_repetitions(case, drawn, seed, rows)


def test_rows_without_labels_of_which_none_is_taken_say_nothing_of_f1() -> None:
    outputs, targets = np.array([[-1.0, -1.0], [1.0, -1.0]]), np.array([[0, 0], [1, 0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = measured("macro_f1", {}, outputs, targets, np.array([[2.0, 0], [1, 1]]))
    ROUNDING.check(found, [math.nan, 1.0])
    ROUNDING.check(measured("accuracy", {}, outputs, targets, np.ones((1, 2))), [1.0])


def test_a_logit_of_zero_is_a_no() -> None:
    outputs, targets = np.zeros((2, 1)), np.array([[0], [1]])
    ROUNDING.check(measured("accuracy", {}, outputs, targets, np.eye(2)), [1.0, 0.0])
    ROUNDING.check(measured("log_loss", {}, outputs, targets, np.eye(2)), [math.log(2), math.log(2)])


@pytest.mark.parametrize("name", ["accuracy", "precision", "recall"])
def test_counts_are_the_share(name: str) -> None:
    outputs, targets = drawn(3, 50)
    metric = registry.load("metrics", name)(**({} if name == "accuracy" else {"label": "c1"}))
    assert isinstance(metric, Proportion)
    successes, trials = metric.counts(predictions(outputs, targets))
    hits, wrong, missed = metrics.counts(outputs, targets, 1)
    expected = {
        "accuracy": (round(metrics.accuracy(outputs, targets) * 50), 50),
        "precision": (hits, hits + wrong),
        "recall": (hits, hits + missed),
    }
    assert (successes, trials) == expected[name]
    assert 0 < successes < trials


def test_scikit_learn_agrees() -> None:
    outputs, targets = drawn(4, 120, num_labels=5)
    weights = np.random.default_rng(5).uniform(0, 3, 120)
    weighted: dict[str, Any] = {"sample_weight": weights}
    decided, probs = (outputs > 0).astype(int), 1 / (1 + np.exp(-outputs))
    each = [sklearn_metrics.log_loss(targets[:, c], probs[:, c], **weighted) for c in range(5)]
    expected = {
        "accuracy": sklearn_metrics.accuracy_score(targets, decided, **weighted),
        "macro_f1": sklearn_metrics.f1_score(targets, decided, average="macro", **weighted),
        "precision": sklearn_metrics.precision_score(targets[:, 1], decided[:, 1], **weighted),
        "recall": sklearn_metrics.recall_score(targets[:, 1], decided[:, 1], **weighted),
        "log_loss": np.mean(each),
    }
    for name, value in expected.items():
        arguments = {"label": "c1"} if name in ("precision", "recall") else {}
        ROUNDING.check(measured(name, arguments, outputs, targets, weights[None]), [value], name)


def test_log_loss_of_logits_of_ten_thousand() -> None:
    outputs, targets = np.array([[1e4, -1e4], [1e4, -1e4]]), np.array([[1, 0], [0, 1]])
    ROUNDING.check(measured("log_loss", {}, outputs, targets, np.eye(2)), [0.0, 1e4])
