"""Shaping: the same numbers in another shape."""

from __future__ import annotations

import math

from torch import nn

from deepwright.layers.layer import Layer, Shape


def flatten(shape: Shape) -> Layer:
    """All numbers of an example in one row: [C, H, W] to [C·H·W].

    Args:
        shape: any.
    """
    return Layer(nn.Flatten(), (math.prod(shape),))
