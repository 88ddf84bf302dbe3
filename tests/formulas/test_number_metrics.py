"""Metrics of numbers against their definitions, weights against repeated rows, and both against scikit-learn."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from deepwright import registry
from deepwright.contracts import Predictions, weighted
from tests.formulas.reference import number_metrics as metrics
from tests.formulas.reference.arrays import Floats
from tests.formulas.tolerances import ROUNDING

REFERENCES = {"mae": metrics.mae, "rmse": metrics.rmse, "r2": metrics.r2}
EVERY = pytest.mark.parametrize("name", REFERENCES)


def drawn(seed: int, n: int) -> tuple[Floats, Floats]:
    """Estimates and truths, of which about half of the variance is explained."""
    rng = np.random.default_rng(seed)
    targets = rng.normal(3, 2, n)
    return targets + rng.normal(0, 1.4, n), targets


def measured(name: str, outputs: Floats, targets: Floats, weights: Floats) -> Floats:
    made = Predictions(np.arange(len(targets)), targets, outputs[:, None], ("number",))
    value: Floats = weighted(registry.load("metrics", name)(), made, weights)
    return value


@EVERY
@pytest.mark.parametrize("n", [1, 2, 7, 200])
def test_a_metric_is_its_definition(name: str, n: int) -> None:
    for seed in range(20):
        outputs, targets = drawn(seed, n)
        ROUNDING.check(measured(name, outputs, targets, np.ones((1, n))), [REFERENCES[name](outputs, targets)])


@EVERY
@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.lists(st.lists(st.integers(0, 4), min_size=9, max_size=9), min_size=1, max_size=3),
)
def test_whole_weights_are_repeated_rows(name: str, seed: int, rows: list[list[int]]) -> None:
    assume(all(any(row) for row in rows))
    outputs, targets = drawn(seed, 9)
    repeated = [np.repeat(np.arange(9), row) for row in rows]
    expected = [REFERENCES[name](outputs[chosen], targets[chosen]) for chosen in repeated]
    weights = np.array(rows, float)
    ROUNDING.check(measured(name, outputs, targets, weights), expected)
    ROUNDING.check(measured(name, outputs, targets, weights / 3), expected, "the scale of weights is free")


@EVERY
def test_scikit_learn_agrees(name: str) -> None:
    outputs, targets = drawn(4, 120)
    weights = np.random.default_rng(5).uniform(0, 3, 120)
    peer = {
        "mae": sklearn_metrics.mean_absolute_error,
        "rmse": sklearn_metrics.root_mean_squared_error,
        "r2": sklearn_metrics.r2_score,
    }[name]
    ROUNDING.check(
        measured(name, outputs, targets, weights[None]), [peer(targets, outputs, sample_weight=weights)], name
    )


def test_the_mean_explains_nothing_and_the_truth_everything() -> None:
    _, targets = drawn(1, 30)
    ROUNDING.check(measured("r2", np.full(30, targets.mean()), targets, np.ones((1, 30))), [0.0])
    ROUNDING.check(measured("r2", targets, targets, np.ones((1, 30))), [1.0])


@pytest.mark.parametrize("value", [0.1, -3.3, 1e9 + 0.1, 0.0])
def test_equal_numbers_have_no_variance_to_explain_however_they_are_rounded(value: float) -> None:
    """A draw of the bootstrap may hold equal numbers alone, where the table does not."""
    targets = np.full(20, value)
    targets[0] += 7
    outputs = targets + np.random.default_rng(0).normal(size=20)
    weights = np.random.default_rng(1).integers(0, 3, (50, 20)).astype(float)
    weights[:, 0] = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ROUNDING.check(measured("r2", outputs, targets, weights), np.full(50, math.nan))


def test_numbers_far_from_zero_lose_nothing() -> None:
    outputs, targets = drawn(2, 40)
    far = [measured("r2", outputs + 2.0**20, targets + 2.0**20, np.ones((1, 40)))[0]]
    np.testing.assert_allclose(far, [metrics.r2(outputs, targets)], rtol=1e-8)
