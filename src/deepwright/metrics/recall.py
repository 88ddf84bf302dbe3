"""Recall: of the rows that belong to a class, the share that were taken for it."""

from __future__ import annotations

from deepwright.contracts import FloatArray, Predictions
from deepwright.metrics._classes import ShareOfDecisions, beside, of_label

__all__ = ["Recall"]


class Recall(ShareOfDecisions):
    """True positives over positives of one class; NaN where no row belongs to the class.

    Args:
        label: the class.
    """

    def __init__(self, *, label: str) -> None:
        self.label = label

    def terms(self, predictions: Predictions) -> FloatArray:
        """True positives and positives, [N, 2]."""
        chosen, positive = of_label(predictions, self.label)
        return beside(chosen & positive, positive)
