"""Coverage at k: the items that are recommended to anybody, of all items."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from deepwright.contracts import FloatArray
from deepwright.metrics._rankings import OfItems

__all__ = ["Coverage"]


class Coverage(OfItems):
    """Different items among the first k of all users over all items; from 0 to 1.

    It grows with the users that are asked.

    Args:
        k: items at the top that are looked at.
        num_items: of which they could be.
    """

    better: ClassVar[Literal["higher", "lower"]] = "higher"

    def value(self, sums: FloatArray) -> FloatArray:
        """Items that are recommended at all."""
        return np.asarray((np.asarray(sums)[:, 1:] > 0).mean(1))
