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

    def terms(self, predictions: Predictions) -> FloatArray:
        """Absolute errors and 1, [N, 2]."""
        return np.column_stack([np.abs(errors(predictions)), np.ones(len(predictions))])

    def value(self, sums: FloatArray) -> FloatArray:
        """Sums [R, 2] to figures [R]."""
        return sums[:, 0] / sums[:, 1]
