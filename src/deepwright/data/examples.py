"""Encoded rows, in memory or on disk: one indexing per batch, no work per example."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from deepwright.contracts import Batch, IntArray, Stored


class TensorExamples:
    """Inputs in their compact form, targets as a whole tensor.

    Args:
        stored: [N, …] inputs in their compact form.
        targets: [N, …], or None when predicting.
        rows: [N] rows of the table.
        inputs_of: turns stored inputs [B, …] into what the network takes.
    """

    def __init__(
        self, stored: Stored, targets: Tensor | None, rows: IntArray, inputs_of: Callable[[Tensor], tuple[Tensor, ...]]
    ) -> None:
        self.stored = stored
        self.targets = targets
        self.rows = torch.from_numpy(rows)
        self.inputs_of = inputs_of

    def __len__(self) -> int:
        return len(self.stored)

    def batch(self, positions: Tensor) -> Batch:
        """The examples at [B] positions as one batch."""
        targets = None if self.targets is None else self.targets[positions]
        return Batch(self.inputs_of(self.stored[positions]), targets, self.rows[positions])
