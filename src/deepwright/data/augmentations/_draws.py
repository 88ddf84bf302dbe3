"""Random numbers for augmentations: torch's default ones, drawn on the CPU, so that every device sees the same."""

from __future__ import annotations

import torch
from torch import Tensor


def uniform(low: float, high: float, pictures: Tensor) -> Tensor:
    """A number for each picture, [B], of its type and on its device, from ``low`` to ``high``."""
    drawn = torch.rand(len(pictures), dtype=pictures.dtype, device="cpu")
    return (low + (high - low) * drawn).to(pictures.device)


def whole(greatest: int, pictures: Tensor) -> Tensor:
    """A whole number for each picture, int64 [B], from 0 to ``greatest``."""
    return torch.randint(greatest + 1, (len(pictures),), device="cpu").to(pictures.device)


def beta(alpha: float, pictures: Tensor) -> Tensor:
    """A share for each picture, [B], from Beta(alpha, alpha)."""
    both = torch.full((len(pictures),), alpha, dtype=pictures.dtype, device="cpu")
    return torch.distributions.Beta(both, both, validate_args=False).sample().to(pictures.device)


def chance(probability: float) -> bool:
    """Whether something that happens to a whole batch happens now."""
    return bool(torch.rand((), device="cpu") < probability)


def partners(pictures: Tensor) -> Tensor:
    """For each picture another of the batch, int64 [B]: a random permutation, so that each is taken once."""
    return torch.randperm(len(pictures), device="cpu").to(pictures.device)
