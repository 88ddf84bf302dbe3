"""Positions: where in a sequence a step stands, which attention does not see by itself."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from deepwright.errors import ConfigError
from deepwright.layers.layer import Count, Layer, Shape, sequence
from deepwright.messages import _

#: The longest wavelength is this, times 2π.
_LONGEST = 10_000.0


def sinusoidal_positions(shape: Shape) -> Layer:
    """Waves are added, sin(t / 10000^(2i/D)) to number 2i and the cosine to 2i + 1 (A. Vaswani et al., 2017, § 3.5).

    Args:
        shape: sequences [T, D].

    Raises:
        ConfigError: no sequences arrive.
    """
    sequence(shape, "sinusoidal_positions")
    return Layer(SinusoidalPositions(), shape)


def learned_positions(shape: Shape, *, max_seq_len: Count = 512) -> Layer:
    """A row of a table for each place is added (J. Gehring et al., 2017).

    Args:
        shape: sequences [T, D].
        max_seq_len: places that there are rows for.

    Raises:
        ConfigError: no sequences arrive, or longer ones.
    """
    steps, size = sequence(shape, "learned_positions")
    _enough(steps, max_seq_len)
    return Layer(LearnedPositions(max_seq_len, size), shape)


class SinusoidalPositions(nn.Module):
    """Sequences [B, T, D] with the waves of their places."""

    def forward(self, inputs: Tensor, start: int = 0) -> Tensor:
        """Add the waves; the first step stands at ``start``."""
        return inputs + waves(inputs.shape[1], inputs.shape[2], start).to(inputs)

    def step(self, inputs: Tensor, state: int | None = None) -> tuple[Tensor, int]:
        """Go on where a call before ended: the same, and where the next one begins."""
        start = state or 0
        return self(inputs, start), start + inputs.shape[1]


class LearnedPositions(nn.Module):
    """Sequences [B, T, D] with the rows of their places.

    Args:
        max_seq_len: rows.
        size: D.
    """

    def __init__(self, max_seq_len: int, size: int) -> None:
        super().__init__()
        self.rows = nn.Parameter(torch.empty(max_seq_len, size))
        nn.init.normal_(self.rows, std=0.02)

    def forward(self, inputs: Tensor, start: int = 0) -> Tensor:
        """Add the rows; the first step stands at ``start``."""
        end = start + inputs.shape[1]
        _enough(end, len(self.rows))
        return inputs + self.rows[start:end]

    def step(self, inputs: Tensor, state: int | None = None) -> tuple[Tensor, int]:
        """Go on where a call before ended: the same, and where the next one begins."""
        start = state or 0
        return self(inputs, start), start + inputs.shape[1]


def waves(steps: int, size: int, start: int = 0) -> Tensor:
    """[steps, size] sines and cosines by turns, float64; of an odd size, the last cosine is left out."""
    angles = _angles(steps, size, start)
    return torch.stack((angles.sin(), angles.cos()), 2).flatten(1)[:, :size]


def rotary(vectors: Tensor, start: int = 0) -> Tensor:
    """Turn each pair of numbers by t / 10000^(2i/K) (J. Su et al., 2021, equation 34): the same shape.

    The product of a query and a key turned so depends on how far apart they stand, not on where.

    Args:
        vectors: queries or keys [B, H, T, K], K even.
        start: where the first step stands.
    """
    return turn(vectors, turns(vectors.shape[-2], vectors.shape[-1], start))


def turns(steps: int, size: int, start: int = 0) -> Tensor:
    """[2, steps, size] what ``turn`` turns by: cosines, and sines of which each first one is negative; float64."""
    angles = _angles(steps, size, start)
    sin, cos = angles.sin(), angles.cos()
    return torch.stack((torch.stack((cos, cos), 2), torch.stack((-sin, sin), 2))).flatten(2)


def turn(vectors: Tensor, by: Tensor) -> Tensor:
    """Turn pairs of vectors [..., T, K]: (x, y) becomes (x·cos - y·sin, y·cos + x·sin)."""
    cos, sin = by.to(vectors)
    return torch.addcmul(vectors * cos, vectors.unflatten(-1, (-1, 2)).flip(-1).flatten(-2), sin)


def _angles(steps: int, size: int, start: int) -> Tensor:
    """[steps, ⌈size/2⌉] t / 10000^(2i/size), float64: a float32 loses far places."""
    places = torch.arange(start, start + steps, dtype=torch.float64)
    return places[:, None] / _LONGEST ** (torch.arange(0, size, 2, dtype=torch.float64) / size)


def _enough(steps: int, rows: int) -> None:
    if steps > rows:
        raise ConfigError(
            _(
                "a sequence has {steps} steps, but learned_positions has rows for {rows}. Take a larger max_seq_len, "
                "or sinusoidal_positions, which has no end.",
                steps=steps,
                rows=rows,
            )
        )
