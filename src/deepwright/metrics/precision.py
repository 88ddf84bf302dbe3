"""Precision: of the rows that were taken for a class, the share that belong to it."""

from __future__ import annotations

from deepwright.contracts import FloatArray, Predictions
from deepwright.metrics._classes import ShareOfDecisions, beside, of_label

__all__ = ["Precision"]


class Precision(ShareOfDecisions):
    """True positives over predicted positives of one class; NaN where the class was never predicted.

    Args:
        label: the class.
    """

    def __init__(self, *, label: str) -> None:
        self.label = label

    def terms(self, predictions: Predictions) -> FloatArray:
        """True positives and predicted positives, [N, 2]."""
        chosen, positive = of_label(predictions, self.label)
        return beside(chosen & positive, chosen)
