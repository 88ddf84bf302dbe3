"""Encoded rows, in memory or on disk: one indexing per batch, no work per example."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from deepwright.contracts import Batch, IntArray, Stored
from deepwright.data.batching import of_like_cost, shuffled


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

    @property
    def lengths(self) -> Tensor | None:
        """[N] tokens of each example, by which batches are made; None where no example is longer than another."""
        found: Tensor | None = getattr(self.stored, "lengths", None)
        return found

    def batches(self, generator: torch.Generator, batch_size: int) -> list[Tensor]:
        """The positions of each batch, shuffled; where inputs have lengths, batches have about as many tokens each."""
        if self.lengths is None:
            return shuffled(len(self), generator, batch_size)
        return of_like_cost(self.lengths, generator, batch_size)

    def by_length(self) -> Tensor:
        """All positions [N], those of the longest inputs first; as they stand where inputs have no lengths."""
        lengths = self.lengths
        return torch.arange(len(self)) if lengths is None else lengths.argsort(stable=True, descending=True)

    def batch(self, positions: Tensor) -> Batch:
        """The examples at [B] positions as one batch."""
        targets = None if self.targets is None else self.targets[positions]
        return Batch(self.inputs_of(self.stored[positions]), targets, self.rows[positions])
