"""Accuracy: the share of rows whose class, or whose every label, was decided rightly."""

from __future__ import annotations

from deepwright.contracts import FloatArray, Predictions
from deepwright.metrics._classes import ShareOfDecisions, beside

__all__ = ["Accuracy"]


class Accuracy(ShareOfDecisions):
    """Weighted share of right decisions."""

    def terms(self, predictions: Predictions) -> FloatArray:
        """Right decisions and rows, [N, 2]."""
        right = self.right(predictions)
        return beside(right, right | True)
