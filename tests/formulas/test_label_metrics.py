"""Metrics of labels against counting rows one by one, weights against repeated rows, and both against scikit-learn."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from deepwright import registry
from deepwright.contracts import Predictions, Proportion
from tests.formulas.reference import label_metrics as metrics
from tests.formulas.reference.arrays import Floats, Integers
from tests.formulas.tolerances import ROUNDING

Reference = Callable[[Floats, Integers], float]

#: The registered metric, its arguments, and the definition.
CASES: list[tuple[str, dict[str, Any], Reference]] = [
    ("accuracy", {}, metrics.accuracy),
    ("macro_f1", {}, metrics.macro_f1),
    ("precision", {"label": "c0"}, lambda z, y: metrics.precision(z, y, 0)),
    ("precision", {"label": "c2"}, lambda z, y: metrics.precision(z, y, 2)),
    ("recall", {"label": "c0"}, lambda z, y: metrics.recall(z, y, 0)),
    ("recall", {"label": "c2"}, lambda z, y: metrics.recall(z, y, 2)),
    ("log_loss", {}, metrics.log_loss),
    ("log_loss", {"temperature": 2.5}, lambda z, y: metrics.log_loss(z, y, 2.5)),
]
EVERY = pytest.mark.parametrize(
    ("name", "arguments", "reference"), CASES, ids=["-".join([name, *map(str, given)]) for name, given, _r in CASES]
)


def predictions(outputs: Floats, targets: Integers) -> Predictions:
    names = tuple(f"c{i}" for i in range(outputs.shape[1]))
    return Predictions(np.arange(len(targets)), targets, outputs, names)


def drawn(seed: int, n: int, num_labels: int = 3) -> tuple[Floats, Integers]:
    """Logits that lean towards the targets; the labels differ in how frequent they are, and some rows have none."""
    rng = np.random.default_rng(seed)
    targets = (rng.random((n, num_labels)) < np.linspace(0.6, 0.2, num_labels)).astype(np.int64)
    return rng.normal(0, 1.5, targets.shape) + 2 * targets - 1, targets


def measured(name: str, arguments: dict[str, Any], outputs: Floats, targets: Integers, weights: Floats) -> Floats:
    value: Floats = registry.load("metrics", name)(**arguments)(predictions(outputs, targets), weights)
    return value


@EVERY
@pytest.mark.parametrize("n", [1, 2, 7, 200])
def test_a_metric_is_its_definition(name: str, arguments: dict[str, Any], reference: Reference, n: int) -> None:
    for seed in range(20):
        outputs, targets = drawn(seed, n)
        ROUNDING.check(measured(name, arguments, outputs, targets, np.ones((1, n))), [reference(outputs, targets)])


@EVERY
@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.lists(st.lists(st.integers(0, 4), min_size=9, max_size=9), min_size=1, max_size=3),
)
def test_whole_weights_are_repeated_rows(
    name: str, arguments: dict[str, Any], reference: Reference, seed: int, rows: list[list[int]]
) -> None:
    assume(all(any(row) for row in rows))
    outputs, targets = drawn(seed, 9)
    repeated = [np.repeat(np.arange(9), row) for row in rows]
    expected = [reference(outputs[chosen], targets[chosen]) for chosen in repeated]
    weights = np.array(rows, float)
    ROUNDING.check(measured(name, arguments, outputs, targets, weights), expected)
    ROUNDING.check(measured(name, arguments, outputs, targets, weights / 3), expected, "the scale of weights is free")


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
