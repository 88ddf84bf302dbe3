"""Log loss: the mean of -log of the probability given to what is true: the class, or each label's yes or no."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from deepwright.contracts import FloatArray, Predictions
from deepwright.metrics._classes import log_probabilities, true

__all__ = ["LogLoss"]


class LogLoss:
    """Cross-entropy in nats; log(C) is what guessing among C equal classes costs.

    Args:
        temperature: divides the outputs before they become probabilities.
    """

    unit: ClassVar[str] = "nats"
    better: ClassVar[Literal["higher", "lower"]] = "lower"

    def __init__(self, *, temperature: float = 1.0) -> None:
        self.temperature = temperature

    def terms(self, predictions: Predictions) -> FloatArray:
        """Losses and 1, [N, 2]."""
        return np.column_stack([self._losses(predictions), np.ones(len(predictions))])

    def value(self, sums: FloatArray) -> FloatArray:
        """Sums [R, 2] to mean losses [R]."""
        return sums[:, 0] / sums[:, 1]

    def _losses(self, predictions: Predictions) -> FloatArray:
        losses: FloatArray
        if predictions.targets.ndim == 1:
            logs = log_probabilities(predictions, self.temperature)
            losses = -logs[np.arange(len(predictions)), predictions.targets]
        else:
            logits = predictions.outputs / self.temperature
            losses = np.logaddexp(0, np.where(true(predictions), -logits, logits)).mean(1)
        return losses
