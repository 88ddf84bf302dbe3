"""Calibration error: how far confidence is from accuracy, over bins of confidence.

Expected calibration error, Σ_b (n_b / n)·|accuracy_b - confidence_b|, over bins of equal width on the probability of
the decided class (M. P. Naeini et al., 2015; C. Guo et al., 2017, equation 3, whose bins are open below; ours are
open above).
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from deepwright.contracts import FloatArray, Predictions
from deepwright.metrics._classes import decisions, log_probabilities

__all__ = ["CalibrationError"]


class CalibrationError:
    """0 where of all decisions made with confidence p a share p is right.

    Args:
        temperature: divides the outputs before softmax.
        num_bins: bins of equal width from 0 to 1.
    """

    unit: ClassVar[str] = "share"
    better: ClassVar[Literal["higher", "lower"]] = "lower"

    def __init__(self, *, temperature: float = 1.0, num_bins: int = 15) -> None:
        self.temperature, self.num_bins = temperature, num_bins

    def terms(self, predictions: Predictions) -> FloatArray:
        """Rightness less confidence in the bin of each row, and 1, [N, bins + 1]."""
        confidence = np.exp(log_probabilities(predictions, self.temperature).max(1))
        right = (decisions(predictions) == predictions.targets).astype(float)
        gaps = np.zeros((len(predictions), self.num_bins + 1))
        gaps[np.arange(len(predictions)), np.minimum(confidence * self.num_bins, self.num_bins - 1).astype(int)] = (
            right - confidence
        )
        gaps[:, -1] = 1
        return gaps

    def value(self, sums: FloatArray) -> FloatArray:
        """Sums [R, bins + 1] to calibration errors [R]."""
        error: FloatArray = np.abs(sums[:, :-1]).sum(1) / sums[:, -1]
        return error
