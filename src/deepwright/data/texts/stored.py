"""Token numbers of many texts, one after the other in memory: a text takes as much as it has tokens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from deepwright.tokens import PADDING


class StoredTexts:
    """Texts as numbers, indexed like a tensor [N, T] whose rows end in padding.

    Args:
        numbers: of the tokens of each text.
    """

    def __init__(self, numbers: Sequence[Sequence[int]]) -> None:
        lengths = np.fromiter(map(len, numbers), np.int64, len(numbers))
        self.lengths = torch.from_numpy(lengths)
        self.starts = np.concatenate([[0], np.cumsum(lengths)])
        self.flat = np.fromiter((one for text in numbers for one in text), np.int32, int(lengths.sum()))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, positions: Tensor) -> Tensor:
        """The texts at [B] positions, int32 [B, T], T of the longest of them and at least 1."""
        rows = positions.numpy()
        starts, lengths = self.starts[rows], self.starts[rows + 1] - self.starts[rows]
        places = np.arange(max(1, int(lengths.max(initial=0))))
        there = places < lengths[:, None]
        tokens = np.full(there.shape, PADDING, np.int32)
        tokens[there] = self.flat[(starts[:, None] + places)[there]]
        return torch.from_numpy(tokens)
