"""Mean reciprocal rank at k: one over the place of the first item that was taken."""

from __future__ import annotations

import numpy as np

from deepwright.contracts import FloatArray, IntArray
from deepwright.metrics import _rankings
from deepwright.metrics._rankings import OfUsers

__all__ = ["Mrr"]


class Mrr(OfUsers):
    """1/p of the first hit at place p among the first k, 0 without one; from 0 to 1.

    Args:
        k: items at the top that are looked at.
    """

    def of_each(self, items: IntArray, targets: IntArray) -> FloatArray:
        """Of items [N, k] beside those that were taken [N, M], [N]."""
        found = _rankings.hits(items[:, : self.k], targets)
        return np.asarray(np.where(found.any(1), 1 / (found.argmax(1) + 1), 0.0))
