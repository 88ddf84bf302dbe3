"""Macro F1: the mean over classes of the harmonic mean of precision and recall.

F1 of a class is 2·tp / (2·tp + fp + fn) (C. J. van Rijsbergen, 1979); a class that is neither present nor
predicted is left out of the mean.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from deepwright.contracts import FloatArray, Predictions
from deepwright.metrics._classes import Decided, beside, ratio, taken, true

__all__ = ["MacroF1"]


class MacroF1(Decided):
    """Every class counts the same, however rare; NaN where none is present or predicted, as labels may be."""

    unit: ClassVar[str] = "share"
    better: ClassVar[Literal["higher", "lower"]] = "higher"

    def terms(self, predictions: Predictions) -> FloatArray:
        """Of each class, whether it was decided for, is true, and both, [N, 3·C]."""
        chosen, positive = taken(predictions), true(predictions)
        return beside(chosen, positive, chosen & positive)

    def value(self, sums: FloatArray) -> FloatArray:
        """Sums [R, 3·C] to macro F1 [R]."""
        chosen, positive, both = np.split(sums, 3, axis=1)
        present = chosen + positive
        f1 = np.divide(2 * both, present, out=np.zeros_like(present), where=present > 0)
        return ratio(f1.sum(1), (present > 0).sum(1).astype(float))
