"""Calibration by temperature: one number, fitted on the validation split, divides all outputs."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar

from deepwright.contracts import Predictions
from deepwright.metrics.log_loss import LogLoss

#: Temperatures that are considered; beyond them an output says nothing, or everything.
BOUNDS = (0.05, 20.0)


def fit_temperature(predictions: Predictions) -> float:
    """The temperature with the lowest log loss (C. Guo et al., 2017, section 4.2).

    The search is over log T, where the loss has one minimum. Decisions do not change with the temperature.
    """
    weights = np.ones((1, len(predictions)))
    low, high = np.log(BOUNDS)
    found = minimize_scalar(
        lambda log_t: float(LogLoss(temperature=float(np.exp(log_t)))(predictions, weights)[0]),
        bounds=(low, high),
        method="bounded",
    )
    return float(np.exp(found.x))
