"""Item kNN: what was taken by the users who took an item of the history.

The similarity of items i and j, of which n_i and n_j users took one and n_ij both, is the cosine of their columns,
n_ij/√(n_i·n_j) (B. Sarwar et al., 2001, "Item-based collaborative filtering recommendation algorithms", section 3.1.1),
times n_ij/(n_ij + shrinkage), since few users in common say little (R. Bell and Y. Koren, 2007, "Scalable collaborative
filtering with jointly derived neighborhood interpolation weights", equation 5). An item's score is the sum of its
similarities to the items of the history, of each of which the nearest alone are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
import torch
from msgspec import Meta
from torch import Tensor, nn

from deepwright.contracts import Examples
from deepwright.models.recommendation._histories import interactions, once
from deepwright.specs import HistorySpec, ItemsSpec

__all__ = ["ItemKnn"]

#: Numbers of a part of the matrix of similarities, which is never whole in memory.
_NUMBERS = 16_000_000
#: Items of a history whose neighbours are added at once.
_ITEMS = 32


class ItemKnn(nn.Module):
    """Similar items, solved by counting; histories [B, T] to scores [B, 1 + I].

    Args:
        inputs: histories.
        outputs: items.
        num_neighbours: items that are kept for each item, the most similar ones.
        shrinkage: users in common of whom half the cosine is believed.
    """

    def __init__(
        self,
        inputs: HistorySpec,
        outputs: ItemsSpec,
        *,
        num_neighbours: Annotated[int, Meta(ge=1)] = 100,
        shrinkage: Annotated[float, Meta(ge=0)] = 50.0,
    ) -> None:
        super().__init__()
        self.num_items, self.shrinkage = outputs.num_items, shrinkage
        shape = (1 + outputs.num_items, min(num_neighbours, 1 + outputs.num_items))
        self.neighbours: Tensor
        self.similarities: Tensor
        self.register_buffer("neighbours", torch.zeros(shape, dtype=torch.int64))
        self.register_buffer("similarities", torch.zeros(shape))

    @staticmethod
    def worth_trying(_num_examples: int, _outputs: ItemsSpec) -> bool:
        """Always: it is counted in seconds."""
        return True

    def fit(self, examples: Examples) -> None:
        """Count who took which two items, and keep the nearest of each."""
        nearest = self.similarities.shape[1]
        for first, similarities in _similarities(interactions(examples, self.num_items), self.shrinkage):
            values, items = torch.from_numpy(similarities).topk(nearest, 1)
            self.similarities[first : first + len(values)] = values
            self.neighbours[first : first + len(values)] = items

    def forward(self, items: Tensor, _users: Tensor) -> Tensor:
        """Items [B, T] to sums of similarities [B, 1 + I]."""
        scores = self.similarities.new_zeros(len(items), 1 + self.num_items)
        for part in once(items).split(_ITEMS, 1):
            scores.scatter_add_(1, self.neighbours[part].flatten(1), self.similarities[part].flatten(1))
        return scores


def _similarities(taken: Any, shrinkage: float) -> Iterator[tuple[int, Any]]:
    """The first item of a part, and the similarities of its items to all, [N, 1 + I]; to itself an item has none.

    Args:
        taken: sparse matrix [1 + U, 1 + I].
        shrinkage: users in common of whom half the cosine is believed.
    """
    by_item, num_items = taken.T.tocsr(), taken.shape[1]
    lengths = np.sqrt(np.maximum(np.diff(by_item.indptr), 1)).astype(np.float32)
    size = max(1, _NUMBERS // num_items)
    for first in range(0, num_items, size):
        together = (by_item[first : first + size] @ taken).toarray()
        part = np.arange(first, first + len(together))
        together[np.arange(len(together)), part] = 0
        cosines = together / lengths[part, None] / lengths
        yield first, cosines * (together / np.maximum(together + shrinkage, 1))
