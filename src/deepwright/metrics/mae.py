"""Mean absolute error: the mean of |prediction - truth|."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from deepwright.contracts import FloatArray, Predictions
from deepwright.metrics._numbers import errors

__all__ = ["MeanAbsoluteError"]


class MeanAbsoluteError:
    """In the number's own unit."""

    unit: ClassVar[str] = "own unit"
    better: ClassVar[Literal["higher", "lower"]] = "lower"

    def __call__(self, predictions: Predictions, weights: FloatArray) -> FloatArray:
        """Weights [R, N] to figures [R]."""
        mean: FloatArray = weights @ np.abs(errors(predictions)) / weights.sum(1)
        return mean
