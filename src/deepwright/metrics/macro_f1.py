"""Macro F1: the mean over classes of the harmonic mean of precision and recall.

F1 of a class is 2·tp / (2·tp + fp + fn) (C. J. van Rijsbergen, 1979); a class that is neither present nor
predicted is left out of the mean.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from deepwright.contracts import FloatArray, Predictions
from deepwright.metrics._classes import Decided, taken, true

__all__ = ["MacroF1"]


class MacroF1(Decided):
    """Every class counts the same, however rare; NaN where none is present or predicted, as labels may be."""

    unit: ClassVar[str] = "share"
    better: ClassVar[Literal["higher", "lower"]] = "higher"

    def __call__(self, predictions: Predictions, weights: FloatArray) -> FloatArray:
        """Weights [R, N] to macro F1 [R]."""
        chosen, positive = taken(predictions).astype(float), true(predictions).astype(float)
        present = weights @ chosen + weights @ positive
        f1 = np.divide(2 * (weights @ (chosen * positive)), present, out=np.zeros_like(present), where=present > 0)
        counted = (present > 0).sum(1)
        macro: FloatArray = np.divide(f1.sum(1), counted, out=np.full(len(f1), np.nan), where=counted > 0)
        return macro
