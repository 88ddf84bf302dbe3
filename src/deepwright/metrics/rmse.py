"""Root mean squared error: the root of the mean of (prediction - truth)²."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from deepwright.contracts import FloatArray, Predictions
from deepwright.metrics._numbers import errors

__all__ = ["RootMeanSquaredError"]


class RootMeanSquaredError:
    """In the number's own unit; large errors count more than in the mean absolute error."""

    unit: ClassVar[str] = "own unit"
    better: ClassVar[Literal["higher", "lower"]] = "lower"

    def terms(self, predictions: Predictions) -> FloatArray:
        """Squared errors and 1, [N, 2]."""
        return np.column_stack([errors(predictions) ** 2, np.ones(len(predictions))])

    def value(self, sums: FloatArray) -> FloatArray:
        """Sums [R, 2] to figures [R]."""
        root: FloatArray = np.sqrt(sums[:, 0] / sums[:, 1])
        return root
