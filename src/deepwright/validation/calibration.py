"""Calibration by temperature: one number, fitted on the validation split, divides all outputs."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar

from deepwright.contracts import Predictions, weighted
from deepwright.metrics.log_loss import LogLoss

#: Temperatures that are considered; beyond them an output says nothing, or everything.
BOUNDS = (0.05, 20.0)
#: Deviation of log T around 0 before any row was seen.
PRIOR = 0.5


def fit_temperature(predictions: Predictions) -> float:
    """The most probable temperature: the least of Σ losses + (log T / PRIOR)² / 2, over log T.

    C. Guo et al. (2017, section 4.2) minimise the losses alone. On a small split without a single mistake that has no
    end but infinite confidence, for which new rows pay dearly; the prior weighs as much as a few rows and is soon
    outvoted. Decisions do not change with the temperature.
    """
    weights = np.ones((1, len(predictions)))
    low, high = np.log(BOUNDS)

    def objective(log_t: float) -> float:
        loss = weighted(LogLoss(temperature=float(np.exp(log_t))), predictions, weights)[0]
        return float(len(predictions) * loss + (log_t / PRIOR) ** 2 / 2)

    found = minimize_scalar(objective, bounds=(low, high), method="bounded")
    return float(np.exp(found.x))
