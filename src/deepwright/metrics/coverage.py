"""Coverage at k: the items that are recommended to anybody, of all items."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from msgspec import Meta
from scipy.sparse import csr_array

from deepwright.contracts import FIRST, Answers, FloatArray, Predictions
from deepwright.metrics import _rankings
from deepwright.metrics._rankings import At

__all__ = ["Coverage"]


class Coverage:
    """Different items among the first k of all users over all items; from 0 to 1.

    It grows with the users that are asked.

    Args:
        k: items at the top that are looked at.
        num_items: of which they could be.
    """

    unit: ClassVar[str] = "share"
    better: ClassVar[Literal["higher", "lower"]] = "higher"
    answers: ClassVar[Answers] = "items"
    of_all_rows: ClassVar[Literal[True]] = True

    def __init__(self, *, k: At = FIRST, num_items: Annotated[int, Meta(ge=1)] = 1) -> None:
        self.k, self.num_items = k, num_items

    def terms(self, predictions: Predictions) -> Any:
        """How often each item is recommended to each user, sparse [N, 1 + I]."""
        return of_items(predictions, self.k, self.num_items)

    def value(self, sums: FloatArray) -> FloatArray:
        """Items that are recommended at all."""
        return np.asarray((np.asarray(sums)[:, 1:] > 0).mean(1))


def of_items(predictions: Predictions, k: int, num_items: int) -> Any:
    """Ones where an item is among the first k of a user, sparse [N, 1 + I]."""
    items = _rankings.recommended(predictions, k)
    rows = np.repeat(np.arange(len(items)), items.shape[1])
    return csr_array((np.ones(items.size), (rows, items.ravel())), (len(items), 1 + num_items))
