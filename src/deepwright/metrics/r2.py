"""R²: the share of the variance that is explained, 1 - Σ(prediction - truth)² / Σ(truth - mean)²."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from deepwright.contracts import FloatArray, Predictions
from deepwright.metrics._numbers import errors

__all__ = ["ExplainedVariance"]


class ExplainedVariance:
    """0 for the mean of the rows, 1 without error, below 0 for what is worse than the mean; NaN where all are equal."""

    unit: ClassVar[str] = "ratio"
    better: ClassVar[Literal["higher", "lower"]] = "higher"

    def __call__(self, predictions: Predictions, weights: FloatArray) -> FloatArray:
        """Weights [R, N] to figures [R]."""
        truth, drawn = predictions.targets, weights > 0
        means = weights @ truth / weights.sum(1)
        variation = (weights * (truth - means[:, None]) ** 2).sum(1)
        # Rounding alone would leave a variation where all are equal.
        differ = np.where(drawn, truth, -np.inf).max(1) > np.where(drawn, truth, np.inf).min(1)
        unexplained = weights @ errors(predictions) ** 2
        explained: FloatArray = 1 - np.divide(unexplained, variation, out=np.full(len(weights), np.nan), where=differ)
        return explained
