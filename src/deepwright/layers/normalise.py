"""Normalisation as the first layer of a network."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Normalise(nn.Module):
    """Channels to mean 0 and deviation 1: y = (x - mean) / deviation.

    Because it is part of the network, gradients and perturbations are in the unit of the input, and an export
    takes pictures as they are.

    Args:
        mean: [C] in the unit of the input.
        deviation: [C], above 0.
    """

    def __init__(self, mean: Sequence[float], deviation: Sequence[float]) -> None:
        super().__init__()
        self.mean: Tensor
        self.scale: Tensor
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32).reshape(-1, 1, 1))
        self.register_buffer("scale", 1 / torch.tensor(deviation, dtype=torch.float32).reshape(-1, 1, 1))

    def forward(self, inputs: Tensor) -> Tensor:
        """Inputs [B, C, H, W] to outputs of the same shape."""
        return (inputs - self.mean) * self.scale
