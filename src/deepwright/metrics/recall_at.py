"""Recall at k: of the items that were taken, those among the first k."""

from __future__ import annotations

import numpy as np

from deepwright.contracts import FloatArray, IntArray
from deepwright.metrics import _rankings
from deepwright.metrics._rankings import OfUsers

__all__ = ["RecallAt"]


class RecallAt(OfUsers):
    """Hits among the first k over the items that were taken, or over k where those are more; from 0 to 1.

    Args:
        k: items at the top that are looked at.
    """

    def of_each(self, items: IntArray, targets: IntArray) -> FloatArray:
        """Of items [N, k] beside those that were taken [N, M], [N]."""
        most = np.clip(_rankings.num_targets(targets), 1, self.k)
        return np.asarray(_rankings.hits(items[:, : self.k], targets).sum(1) / most)
