"""Normalisation within a network: activations to mean 0 and deviation 1, then scaled and shifted as is learnt.

y = (x - mean) / √(variance + eps) · scale + shift; the layers differ in what the mean is taken over.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from torch import nn

from deepwright.errors import ConfigError
from deepwright.layers.layer import Count, Layer, Shape, pictures, written
from deepwright.messages import _


def batch_norm(shape: Shape, *, momentum: Annotated[float, Meta(gt=0, le=1)] = 0.1) -> Layer:
    """Over the batch, for each channel or number (S. Ioffe and C. Szegedy, 2015); when evaluating, running means.

    Args:
        shape: pictures [C, H, W] or numbers [D].
        momentum: share of a new batch in the running means.

    Raises:
        ConfigError: neither pictures nor numbers arrive.
    """
    if len(shape) not in (1, 3):
        raise ConfigError(
            _(
                "its input has the shape {shape}; batch_norm needs pictures [C, H, W] or numbers [D].",
                shape=written(shape),
            )
        )
    kind = nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d
    return Layer(kind(shape[0], momentum=momentum), shape)


def layer_norm(shape: Shape) -> Layer:
    """Over all numbers of an example (J. L. Ba, J. R. Kiros and G. E. Hinton, 2016); a picture has one scale a channel.

    Args:
        shape: pictures [C, H, W], or anything whose last axis is normalised.
    """
    return Layer(nn.GroupNorm(1, shape[0]) if len(shape) == 3 else nn.LayerNorm(shape[-1]), shape)


def group_norm(shape: Shape, *, groups: Count = 8) -> Layer:
    """Over groups of the channels of an example (Y. Wu and K. He, 2018).

    Args:
        shape: pictures [C, H, W].
        groups: parts into which the channels are divided.

    Raises:
        ConfigError: no pictures arrive, or their channels cannot be divided so.
    """
    channels, _height, _width = pictures(shape, "group_norm")
    if channels % groups:
        raise ConfigError(
            _(
                "groups is {groups}, which does not divide the {channels} channels that arrive.",
                groups=groups,
                channels=channels,
            )
        )
    return Layer(nn.GroupNorm(groups, channels), shape)
