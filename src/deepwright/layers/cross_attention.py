"""Attention to another sequence: what each step of a text that is written takes from its source.

Rows of queries may be a multiple k of the rows that are attended: each k in turn go with one of them, as the beams of a
search go with their source, which is then neither copied nor computed again.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from deepwright.layers.attention import Cache, attend


class CrossAttention(nn.Module):
    """Softmax(Q·Kᵀ / √K)·V of one sequence with another, in several heads (A. Vaswani et al., 2017, § 3.2.3).

    Args:
        size: D of both sequences.
        num_heads: H, which divides D.
        dropout: share of the weights that become 0 while training.
    """

    def __init__(self, size: int, num_heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.num_heads, self.dropout = num_heads, dropout
        self.query, self.into, self.out = nn.Linear(size, size), nn.Linear(size, 2 * size), nn.Linear(size, size)

    def read(self, memory: Tensor, there: Tensor | None) -> Cache:
        """Keys and values of a memory [B, T, D] of which ``there`` [B, T] counts, computed once for all steps."""
        keys, values = self.into(memory).unflatten(2, (2, self.num_heads, -1)).permute(2, 0, 3, 1, 4).unbind()
        return Cache(keys, values, there)

    def forward(self, inputs: Tensor, memory: Cache) -> Tensor:
        """Inputs [B·k, S, D] and what ``read`` gave of [B, T, D] to [B·k, S, D]."""
        rate = self.dropout if self.training else 0.0
        heads = attend(self._queries(inputs, memory), memory.keys, memory.values, memory.there, dropout=rate)
        outputs: Tensor = self.out(heads.transpose(1, 2).flatten(2)).reshape(inputs.shape)
        return outputs

    def weights(self, inputs: Tensor, memory: Cache) -> Tensor:
        """What each step takes from each of the other sequence, meaned over the heads, [B·k, S, T]."""
        queries = self._queries(inputs, memory)
        scores = queries @ memory.keys.transpose(2, 3) / math.sqrt(queries.shape[-1])
        there = None if memory.there is None else memory.there[:, None, None]
        weights: Tensor = _shares(scores, there).mean(1)
        return weights.reshape(*inputs.shape[:2], -1)

    def _queries(self, inputs: Tensor, memory: Cache) -> Tensor:
        folded: Tensor = self.query(inputs).reshape(len(memory.keys), -1, inputs.shape[2])
        queries: Tensor = folded.unflatten(2, (self.num_heads, -1))
        return queries.transpose(1, 2)


class Alignment(nn.Module, ABC):
    """Attention of one head by a score: each step becomes the mean of the other sequence, by the softmax of the scores.

    A step that may see nothing takes the zero vector.
    """

    @abstractmethod
    def scores(self, inputs: Tensor, memory: Tensor) -> Tensor:
        """How well steps [B, S, D] go with those of a memory [B, T, M]: [B, S, T]."""

    def forward(self, inputs: Tensor, memory: Tensor, there: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Inputs [B·k, S, D] and memory [B, T, M] to means [B·k, S, M] and what they took, [B·k, S, T]."""
        folded = inputs.reshape(len(memory), -1, inputs.shape[2])
        weights = _shares(self.scores(folded, memory), None if there is None else there[:, None])
        found = weights @ memory
        return found.reshape(*inputs.shape[:2], -1), weights.reshape(*inputs.shape[:2], -1)


class AdditiveAttention(Alignment):
    """Scores vᵀ·tanh(W·s + U·h) (D. Bahdanau et al., 2015, appendix A.1.2).

    Args:
        size: D of a step.
        memory_size: M of the other sequence.
    """

    def __init__(self, size: int, memory_size: int) -> None:
        super().__init__()
        self.query, self.key = nn.Linear(size, size), nn.Linear(memory_size, size, bias=False)
        self.score = nn.Linear(size, 1, bias=False)

    def scores(self, inputs: Tensor, memory: Tensor) -> Tensor:
        """[B, S, T]."""
        both = self.query(inputs)[:, :, None] + self.key(memory)[:, None]
        scores: Tensor = self.score(both.tanh())
        return scores[..., 0]


class MultiplicativeAttention(Alignment):
    """Scores sᵀ·W·h (M.-T. Luong et al., 2015, equation 8, "general").

    Args:
        size: D of a step.
        memory_size: M of the other sequence.
    """

    def __init__(self, size: int, memory_size: int) -> None:
        super().__init__()
        self.key = nn.Linear(memory_size, size, bias=False)

    def scores(self, inputs: Tensor, memory: Tensor) -> Tensor:
        """[B, S, T]."""
        keys: Tensor = self.key(memory)
        return inputs @ keys.transpose(1, 2)


def _shares(scores: Tensor, there: Tensor | None) -> Tensor:
    """Softmax over the last axis, of what is there; 0 everywhere where nothing is."""
    if there is None:
        return scores.softmax(-1)
    return scores.masked_fill(~there, -torch.inf).softmax(-1).nan_to_num(0.0)
