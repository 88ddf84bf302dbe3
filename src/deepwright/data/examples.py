"""Encoded rows, in memory or on disk: one indexing per batch, no work per example."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from deepwright.contracts import Batch, IntArray, Stored
from deepwright.data.batching import of_like_cost, of_like_length, shuffled
from deepwright.data.texts.stored import StoredTexts
from deepwright.data.texts.stream import NONE
from deepwright.tokens import PADDING


class TensorExamples:
    """Inputs in their compact form, targets as a whole tensor.

    Args:
        stored: [N, …] inputs in their compact form.
        targets: [N, …], or None when predicting.
        rows: [N] rows of the table.
        inputs_of: turns stored inputs [B, …] into what the network takes.
    """

    def __init__(
        self, stored: Stored, targets: Any, rows: IntArray, inputs_of: Callable[[Tensor], tuple[Tensor, ...]]
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
        """The positions of each batch, shuffled; where inputs have lengths, those of a batch are about as long."""
        if self.lengths is None:
            return shuffled(len(self), generator, batch_size)
        return of_like_length(self.lengths, generator, batch_size)

    def by_length(self) -> Tensor:
        """All positions [N], those of the longest inputs first; as they stand where inputs have no lengths."""
        lengths = self.lengths
        return torch.arange(len(self)) if lengths is None else lengths.argsort(stable=True, descending=True)

    def batch(self, positions: Tensor) -> Batch:
        """The examples at [B] positions as one batch."""
        targets = None if self.targets is None else self.targets[positions]
        return Batch(self.inputs_of(self.stored[positions]), targets, self.rows[positions])


class StoredPairs:
    """Pairs of texts, as long as both together.

    Args:
        source: texts that are read.
        target: texts that are written, as many.
    """

    def __init__(self, source: StoredTexts, target: StoredTexts) -> None:
        self.source, self.target = source, target
        self.lengths = source.lengths + target.lengths

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, positions: Tensor) -> Tensor:
        """The sources at [B] positions, [B, T]."""
        return self.source[positions]


class PairExamples(TensorExamples):
    """Sources beside the tokens before each token that is to be written: the end, and then those of the target.

    Args:
        source: texts that are read.
        target: texts that are written.
        texts: [N] what they spell.
        max_seq_len: tokens of a text that is written, at most; one that is as long was cut, and does not end there.
    """

    def __init__(self, source: StoredTexts, target: StoredTexts, texts: npt.NDArray[Any], max_seq_len: int) -> None:
        super().__init__(StoredPairs(source, target), texts, np.arange(len(texts)), lambda stored: (stored,))
        self.target, self.max_seq_len = target, max_seq_len

    def batches(self, generator: torch.Generator, batch_size: int) -> list[Tensor]:
        """The positions of each batch, shuffled; batches have about as many tokens each, of which each counts."""
        assert self.lengths is not None
        return of_like_cost(self.lengths, generator, batch_size)

    def batch(self, positions: Tensor) -> Batch:
        """The pairs at [B] positions: sources [B, T] and tokens before [B, S]; targets [B, S], the last one the end."""
        source, tokens = self.stored[positions].long(), self.target[positions].long()
        lengths = self.target.lengths[positions]
        first = tokens.new_full((len(tokens), 1), PADDING)
        before = torch.cat([first, tokens], 1)
        places = torch.arange(before.shape[1])
        targets = torch.cat([tokens, first], 1).where(places <= lengths[:, None], NONE)
        cut = (lengths >= self.max_seq_len)[:, None] & (places == lengths[:, None])
        return Batch((source, before), targets.masked_fill(cut, NONE), self.rows[positions])
