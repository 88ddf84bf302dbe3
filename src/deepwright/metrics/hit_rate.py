"""Hit rate at k: users of whom at least one item that they took is among the first k."""

from __future__ import annotations

import numpy as np

from deepwright.contracts import FloatArray, IntArray, Predictions
from deepwright.metrics import _rankings
from deepwright.metrics._rankings import OfUsers

__all__ = ["HitRate"]


class HitRate(OfUsers):
    """Users with a hit among the first k over all users; from 0 to 1.

    Args:
        k: items at the top that are looked at.
    """

    def of_each(self, items: IntArray, targets: IntArray) -> FloatArray:
        """Of items [N, k] beside those that were taken [N, M], [N]."""
        return np.asarray(_rankings.hits(items[:, : self.k], targets).any(1), np.float64)

    def counts(self, predictions: Predictions) -> tuple[int, int]:
        """Users with a hit, and all."""
        return int(self.right(predictions).sum()), len(predictions)
