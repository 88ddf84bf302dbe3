from __future__ import annotations

import numpy as np
import pytest

from deepwright.contracts import FloatArray, Predictions, weighted
from deepwright.metrics.log_loss import LogLoss
from deepwright.validation.calibration import BOUNDS, fit_temperature


def calibrated(n: int, seed: int = 0) -> tuple[Predictions, FloatArray]:
    """Rows whose classes are drawn from the probabilities that their logits announce."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n, 4)) * 2
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    targets = np.array([rng.choice(4, p=row) for row in probabilities])
    return Predictions(np.arange(n), targets, logits, tuple("abcd")), np.ones((1, n))


@pytest.mark.parametrize("temperature", [0.2, 1.0, 3.0])
def test_the_temperature_that_was_put_in_is_found(temperature: float) -> None:
    made, _weights = calibrated(4000)
    sharpened = Predictions(made.rows, made.targets, made.outputs * temperature, made.names)
    assert fit_temperature(sharpened) == pytest.approx(temperature, rel=0.05)


def test_no_other_temperature_has_a_lower_loss() -> None:
    made, weights = calibrated(300)
    found = fit_temperature(made)
    best = weighted(LogLoss(temperature=found), made, weights)[0]
    for other in np.geomspace(*BOUNDS, 200):
        assert weighted(LogLoss(temperature=float(other)), made, weights)[0] >= best - 1e-9


@pytest.mark.parametrize("n", [20, 2000])
def test_a_split_without_mistakes_does_not_make_confidence_infinite(n: int) -> None:
    targets = np.arange(n) % 2
    made = Predictions(np.arange(n), targets, 8 * np.eye(2)[targets], ("a", "b"))
    assert 0.5 < fit_temperature(made) < 1


def test_outputs_that_are_never_right_are_softened() -> None:
    targets = np.arange(20) % 2
    made = Predictions(np.arange(20), targets, -np.eye(2)[targets], ("a", "b"))
    assert 2 < fit_temperature(made) <= BOUNDS[1]


def test_outputs_that_say_nothing_have_some_temperature() -> None:
    made = Predictions(np.arange(20), np.arange(20) % 2, np.zeros((20, 2)), ("a", "b"))
    assert BOUNDS[0] <= fit_temperature(made) <= BOUNDS[1]
