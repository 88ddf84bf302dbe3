"""NDCG: how far up the items stand that were taken, 1 where all of them stand first.

K. Järvelin and J. Kekäläinen (2002), with gains of 1.
"""

from __future__ import annotations

import numpy as np

from deepwright.contracts import FloatArray, IntArray
from deepwright.metrics import _rankings
from deepwright.metrics._rankings import OfUsers

__all__ = ["Ndcg"]


class Ndcg(OfUsers):
    """Σ over hits at place p of 1/log₂(p + 1), over the same of the best order, from 0 to 1.

    Args:
        k: items at the top that are looked at.
    """

    def of_each(self, items: IntArray, targets: IntArray) -> FloatArray:
        """Of items [N, k] beside those that were taken [N, M], [N]."""
        discounts = 1 / np.log2(np.arange(2, self.k + 2))
        gains = (_rankings.hits(items[:, : self.k], targets) * discounts[: items.shape[1]]).sum(1)
        best = np.concatenate([[1.0], np.cumsum(discounts)])
        most = np.minimum(_rankings.num_targets(targets), self.k)
        return np.asarray(gains / np.where(most > 0, best[most - 1 + (most > 0)], 1))
