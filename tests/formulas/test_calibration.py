"""The temperature that is found is the best there is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from deepwright.contracts import Predictions
from deepwright.validation.calibration import BOUNDS, PRIOR, fit_temperature
from tests.formulas.reference import metrics
from tests.formulas.reference.activations import softmax
from tests.formulas.tolerances import SEARCH, TEMPERATURE

GRID = np.geomspace(*BOUNDS, 400)


def predictions(seed: int, scale: float) -> Predictions:
    """Logits that are ``scale`` times too large: targets are drawn from the probabilities of the logits before."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (150, 3))
    targets = np.array([rng.choice(3, p=row) for row in softmax(logits)])
    return Predictions(np.arange(150), targets, scale * logits, ("a", "b", "c"))


def objective(made: Predictions, temperature: float) -> float:
    """Sum of the losses, and half the square of log T in units of its prior deviation."""
    loss = metrics.log_loss(made.outputs, made.targets, temperature)
    return float(len(made) * loss + (np.log(temperature) / PRIOR) ** 2 / 2)


@pytest.mark.parametrize("scale", [0.2, 1.0, 3.0, 10.0])
@pytest.mark.parametrize("seed", range(3))
def test_no_temperature_of_a_fine_grid_is_better(seed: int, scale: float) -> None:
    made = predictions(seed, scale)
    losses = [objective(made, float(t)) for t in GRID]
    found = fit_temperature(made)
    assert objective(made, found) <= min(losses) + 150 * SEARCH.absolute
    best = int(np.argmin(losses))
    assert GRID[best - 1] <= found <= GRID[best + 1]
    # 150 rows tell the true scale only roughly.
    assert scale / 2 < found < scale * 2


def test_at_the_best_temperature_the_derivative_is_zero() -> None:
    """For β = 1/T, Σ(E_p[z] - z_y) + log β / (β·PRIOR²) = 0: expected logits are those observed, but for the prior."""
    made = predictions(4, 3.0)
    observed = made.outputs[np.arange(150), made.targets]

    def derivative(beta: float) -> float:
        slope = ((softmax(beta * made.outputs) * made.outputs).sum(axis=1) - observed).sum()
        return float(slope + np.log(beta) / (beta * PRIOR**2))

    TEMPERATURE.check(fit_temperature(made), 1 / brentq(derivative, 1 / BOUNDS[1], 1 / BOUNDS[0]))


@pytest.mark.parametrize("right", [True, False])
def test_where_more_is_always_better_the_prior_holds_it(right: bool) -> None:
    logits = 10 * np.eye(3)[[0, 1, 2, 0]]
    targets = np.array([0, 1, 2, 0]) if right else np.array([1, 2, 0, 1])
    found = fit_temperature(Predictions(np.arange(4), targets, logits, ("a", "b", "c")))
    assert 0.8 < found < 1 if right else 1.5 < found < BOUNDS[1]
