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
        truth, total = predictions.targets - predictions.targets.mean(), weights.sum(1)
        variance = weights @ truth**2 / total - (weights @ truth / total) ** 2
        unexplained = weights @ errors(predictions) ** 2 / total
        explained: FloatArray = np.where(variance > 0, 1 - unexplained / np.where(variance > 0, variance, 1), np.nan)
        return explained
