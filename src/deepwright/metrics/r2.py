"""R²: the share of the variance that is explained, 1 - Σ(prediction - truth)² / Σ(truth - mean)²."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from deepwright.contracts import FloatArray, Predictions
from deepwright.metrics._numbers import errors

__all__ = ["ExplainedVariance"]

_ROUNDING = 1e-12


class ExplainedVariance:
    """0 for the mean of the rows, 1 without error, below 0 for what is worse than the mean; NaN where all are equal."""

    unit: ClassVar[str] = "ratio"
    better: ClassVar[Literal["higher", "lower"]] = "higher"

    def terms(self, predictions: Predictions) -> FloatArray:
        """Squared error, truth less the mean of all rows, its square, and 1, [N, 4]."""
        offsets = predictions.targets - np.mean(predictions.targets)
        return np.column_stack([errors(predictions) ** 2, offsets, offsets**2, np.ones(len(predictions))])

    def value(self, sums: FloatArray) -> FloatArray:
        """Sums [R, 4] to figures [R]."""
        unexplained, offset, square, count = sums.T
        variation = square - offset**2 / count
        # Where all are equal, what is left is rounding.
        differ = variation > _ROUNDING * square
        explained: FloatArray = 1 - np.divide(unexplained, variation, out=np.full(len(sums), np.nan), where=differ)
        return explained
