"""Sums of the embeddings of features, of which every item or user has any number."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import torch
from torch import Tensor, nn


class SumsOfFeatures(nn.Module):
    """Numbers of rows [B] to the sums of their features' embeddings, [B, D].

    Args:
        features: of each row, from the number 1 on, the numbers of its features from 0; row 0 has none.
        num_features: different ones.
        embed_dim: D.
    """

    def __init__(self, features: Sequence[Sequence[int]], num_features: int, embed_dim: int) -> None:
        super().__init__()
        self.numbers: Tensor
        self.starts: Tensor
        flat = [number for row in features for number in row]
        self.register_buffer("numbers", torch.tensor(flat, dtype=torch.int64), persistent=False)
        starts = [0, *accumulate(map(len, features), initial=0)]
        self.register_buffer("starts", torch.tensor(starts), persistent=False)
        self.embed = nn.Embedding(num_features, embed_dim)

    def forward(self, rows: Tensor) -> Tensor:
        """Of rows [B], [B, D]; 0 where there are no features."""
        begins, ends = self.starts[rows], self.starts[rows + 1]
        counts = ends - begins
        offsets = counts.cumsum(0) - counts
        within = torch.arange(int(counts.sum()), device=rows.device)
        numbers = self.numbers[within + (begins - offsets).repeat_interleave(counts)]
        return nn.functional.embedding_bag(numbers, self.embed.weight, offsets, mode="sum")

    def known(self) -> Tensor:
        """Whether each row has features, [1 + N]."""
        return self.starts[1:] > self.starts[:-1]
