"""Log loss: the mean of -log of the probability given to the true class."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from deepwright.contracts import FloatArray, Predictions
from deepwright.metrics._classes import log_probabilities

__all__ = ["LogLoss"]


class LogLoss:
    """Cross-entropy in nats; log(C) is what guessing among C equal classes costs.

    Args:
        temperature: divides the outputs before softmax.
    """

    unit: ClassVar[str] = "nats"
    better: ClassVar[Literal["higher", "lower"]] = "lower"

    def __init__(self, *, temperature: float = 1.0) -> None:
        self.temperature = temperature

    def __call__(self, predictions: Predictions, weights: FloatArray) -> FloatArray:
        """Weights [R, N] to losses [R]."""
        losses = -log_probabilities(predictions, self.temperature)[np.arange(len(predictions)), predictions.targets]
        mean: FloatArray = weights @ losses / weights.sum(1)
        return mean
