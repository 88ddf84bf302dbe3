"""Regularisation within a network: noise while training, so that it cannot rely on any one unit."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from torch import nn

from deepwright.layers.layer import Layer, Shape


def dropout(shape: Shape, *, rate: Annotated[float, Meta(ge=0, lt=1)] = 0.5) -> Layer:
    """Numbers become 0 at random while training, the others 1 / (1 - rate) times as large (N. Srivastava et al., 2014).

    Args:
        shape: any.
        rate: share of the numbers that become 0.
    """
    return Layer(nn.Dropout(rate), shape)
