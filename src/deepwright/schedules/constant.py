"""Constant: the same learning rate at every step."""

from __future__ import annotations

__all__ = ["constant"]


def constant(progress: float) -> float:
    """Share of the highest learning rate at a share of the training, both from 0 to 1.

    Args:
        progress: finished steps over all steps.
    """
    return 1.0
