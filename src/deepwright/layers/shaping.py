"""Shaping: the same numbers in another shape."""

from __future__ import annotations

import math

from torch import nn

from deepwright.errors import ConfigError
from deepwright.layers.layer import Layer, Shape, written
from deepwright.messages import _


def flatten(shape: Shape) -> Layer:
    """All numbers of an example in one row: [C, H, W] to [C·H·W].

    Args:
        shape: any but sequences [T, D], of which each may have another length.

    Raises:
        ConfigError: sequences arrive.
    """
    if len(shape) == 2:
        raise ConfigError(
            _(
                "its input has the shape {shape}, that of sequences, which may differ in length; flatten needs one. "
                "Put global_avg_pool, global_max_pool or a recurrent layer with return_sequences: false in its place.",
                shape=written(shape),
            )
        )
    return Layer(nn.Flatten(), (math.prod(shape),))
