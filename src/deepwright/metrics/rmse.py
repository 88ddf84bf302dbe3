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

    def __call__(self, predictions: Predictions, weights: FloatArray) -> FloatArray:
        """Weights [R, N] to figures [R]."""
        root: FloatArray = np.sqrt(weights @ errors(predictions) ** 2 / weights.sum(1))
        return root
