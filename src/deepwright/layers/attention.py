"""Attention: each step of a sequence takes from the others what suits it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from msgspec import Meta
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from deepwright.errors import ConfigError
from deepwright.layers.layer import Count, Layer, Masked, Shape, sequence
from deepwright.layers.positions import turn, turns
from deepwright.messages import _


def attention(
    shape: Shape,
    *,
    num_heads: Count = 4,
    causal: bool = False,
    rotary: bool = False,
    dropout: Annotated[float, Meta(ge=0, lt=1)] = 0.0,
) -> Layer:
    """Softmax(Q·Kᵀ / √K)·V of a sequence with itself, in several heads (A. Vaswani et al., 2017, § 3.2).

    Args:
        shape: sequences [T, D].
        num_heads: parts of D that attend each by itself.
        causal: whether a step sees itself and those before it alone.
        rotary: whether queries and keys are turned by their places (J. Su et al., 2021).
        dropout: share of the weights that become 0 while training.

    Raises:
        ConfigError: no sequences arrive, or D cannot be divided so.
    """
    _steps, size = sequence(shape, "attention")
    heads_suit(size, num_heads, rotary)
    return Layer(MultiHeadAttention(size, num_heads, causal=causal, turned=rotary, dropout=dropout), shape)


def attend(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    there: Tensor | None = None,
    *,
    causal: bool = False,
    dropout: float = 0.0,
) -> Tensor:
    """Scaled dot-product attention, softmax(Q·Kᵀ / √K)·V (ibid., equation 1): [B, H, T, K].

    Args:
        queries: [B, H, T, K].
        keys: [B, H, S, K], S at least T where it is causal: the queries are the last steps.
        values: [B, H, S, K].
        there: [B, S] keys that count; None for all. A query that may see none of them yields 0.
        causal: whether a query sees the keys at its own place and before it alone.
        dropout: share of the weights that become 0.
    """
    steps, seen = queries.shape[-2], keys.shape[-2]
    if there is None and (not causal or steps in (1, seen)):
        whole = causal and steps > 1
        return scaled_dot_product_attention(queries, keys, values, dropout_p=dropout, is_causal=whole)
    mask = torch.ones(steps, seen, dtype=torch.bool, device=queries.device)
    if causal:
        mask = mask.tril(seen - steps)
    if there is None:
        return scaled_dot_product_attention(queries, keys, values, mask, dropout)
    mask = mask & there[:, None, None, :]
    # The softmax of nothing is not a number: such a row looks everywhere, and what it finds is thrown away.
    any_seen = mask.any(-1, keepdim=True)
    found = scaled_dot_product_attention(queries, keys, values, mask | ~any_seen, dropout)
    return found.masked_fill(~any_seen, 0)


class _Room:
    """Space for the keys and values [B, H, size, K] of steps to come, of which the first ``used`` are written."""

    def __init__(self, like: Cache, size: int) -> None:
        self.size, self.used = size, 0
        self.keys, self.values = (
            part.new_empty(*part.shape[:2], size, part.shape[-1]) for part in (like.keys, like.values)
        )

    def add(self, more: Cache) -> None:
        places = slice(self.used, self.used + len(more))
        self.keys[:, :, places], self.values[:, :, places] = more.keys, more.values
        self.used += len(more)


@dataclass(frozen=True)
class Cache:
    """Keys and values of the steps before, so that decoding step by step computes each only once.

    A cache never changes. What it is extended by is written behind it, into room that the two then share; where that
    was taken before, both are copied.

    Attributes:
        keys: [B, H, S, K].
        values: [B, H, S, K].
        there: [B, S] steps that count; None for all.
    """

    keys: Tensor
    values: Tensor
    there: Tensor | None = None
    _room: _Room | None = None

    def __len__(self) -> int:
        return self.keys.shape[-2]

    def extended(self, more: Cache) -> Cache:
        """These steps and more after them; this one stays as it is."""
        there = None
        if self.there is not None or more.there is not None:
            there = torch.cat((self._there(), more._there()), 1)
        if torch.is_grad_enabled():
            return Cache(torch.cat((self.keys, more.keys), -2), torch.cat((self.values, more.values), -2), there)
        room, length = self._room, len(self) + len(more)
        if room is None or room.used != len(self) or room.size < length:
            room = _Room(self, 2 * length)
            room.add(self)
        room.add(more)
        return Cache(room.keys[:, :, :length], room.values[:, :, :length], there, room)

    def of_rows(self, rows: Tensor) -> Cache:
        """The cache of some rows [R] of the batch, in that order."""
        there = None if self.there is None else self.there[rows]
        return Cache(self.keys.index_select(0, rows), self.values.index_select(0, rows), there)

    def _there(self) -> Tensor:
        return self.keys.new_ones(len(self.keys), len(self), dtype=torch.bool) if self.there is None else self.there


class MultiHeadAttention(Masked):
    """Sequences [B, T, D] to sequences of the same shape (ibid., § 3.2.2).

    Args:
        size: D.
        num_heads: H, which divides D.
        causal: whether a step sees itself and those before it alone.
        turned: whether queries and keys are turned by their places.
        dropout: share of the weights that become 0 while training.
    """

    def __init__(
        self, size: int, num_heads: int, *, causal: bool = False, turned: bool = False, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.num_heads, self.causal, self.turned, self.dropout = num_heads, causal, turned, dropout
        self.into = nn.Linear(size, 3 * size)
        self.out = nn.Linear(size, size)

    def forward(self, inputs: Tensor, there: Tensor | None = None, by: Tensor | None = None) -> Tensor:
        """Inputs [B, T, D] of which ``there`` [B, T] count; what they are turned ``by`` is computed if not given."""
        return self._attended(inputs, None, there, by)[0]

    def step(
        self, inputs: Tensor, state: Cache | None = None, there: Tensor | None = None, by: Tensor | None = None
    ) -> tuple[Tensor, Cache]:
        """Go on where a call before ended: inputs [B, T, D] to outputs, and what the next call takes."""
        assert self.causal, "a step that sees what follows cannot be computed before it"
        return self._attended(inputs, state, there, by)

    def _attended(
        self, inputs: Tensor, before: Cache | None, there: Tensor | None, by: Tensor | None
    ) -> tuple[Tensor, Cache]:
        parts = self.into(inputs).unflatten(2, (3, self.num_heads, -1)).permute(2, 0, 3, 1, 4)
        queries, keys, values = parts.unbind()
        if self.turned:
            start = 0 if before is None else len(before)
            by = turns(parts.shape[-2], parts.shape[-1], start) if by is None else by
            queries, keys = turn(parts[:2], by).unbind()
        cache = Cache(keys, values, there)
        if before is not None:
            cache = before.extended(cache)
        rate = self.dropout if self.training else 0.0
        heads = attend(queries, cache.keys, cache.values, cache.there, causal=self.causal, dropout=rate)
        outputs: Tensor = self.out(heads.transpose(1, 2).flatten(2))
        return outputs, cache


def heads_suit(size: int, num_heads: int, turned: bool) -> None:
    """Whether D can be divided among the heads.

    Raises:
        ConfigError: it cannot.
    """
    if size % num_heads:
        raise ConfigError(
            _(
                "num_heads is {num_heads}, which does not divide the {size} numbers of a step.",
                num_heads=num_heads,
                size=size,
            )
        )
    if turned and size // num_heads % 2:
        raise ConfigError(
            _(
                "rotary turns pairs of numbers, but a head has {size} of them. Take an even number a head.",
                size=size // num_heads,
            )
        )
