"""Popular: every user is recommended what most users took.

The least that a recommendation must beat, which on many data sets is not little (P. Cremonesi, Y. Koren and R. Turrin,
2010, "Performance of recommender algorithms on top-n recommendation tasks", section 3.1).
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from deepwright.contracts import Examples
from deepwright.models.recommendation._histories import interactions
from deepwright.specs import HistorySpec, ItemsSpec

__all__ = ["Popular"]


class Popular(nn.Module):
    """How many users took each item, solved by counting; histories [B, T] to scores [B, 1 + I].

    Args:
        inputs: histories; ignored.
        outputs: items.
    """

    #: Whether what it recommends depends on the history.
    personal: ClassVar[bool] = False

    def __init__(self, inputs: HistorySpec, outputs: ItemsSpec) -> None:
        super().__init__()
        self.counts: Tensor
        self.register_buffer("counts", torch.zeros(1 + outputs.num_items))

    def fit(self, examples: Examples) -> None:
        """Count the users of each item."""
        taken = interactions(examples, len(self.counts) - 1)
        self.counts.copy_(torch.from_numpy(np.asarray(taken.sum(0)).ravel()))

    def forward(self, items: Tensor, _users: Tensor) -> Tensor:
        """Items [B, T] to counts of users [B, 1 + I], the same for every history."""
        return self.counts.expand(len(items), -1)
