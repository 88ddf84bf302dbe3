"""Normalisation within a network: activations to mean 0 and deviation 1, then scaled and shifted as is learnt.

y = (x - mean) / √(variance + eps) · scale + shift; the layers differ in what the mean is taken over.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta
from torch import Tensor, nn
from torch.nn.functional import batch_norm as batch_normalised
from torch.nn.modules.batchnorm import _BatchNorm

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
    return Layer(BatchNorm(shape[0], momentum=momentum), shape)


class BatchNorm(_BatchNorm):
    """Inputs [B, C, …] to outputs of the same shape; a single value, which has no deviation, as in evaluation."""

    def forward(self, inputs: Tensor) -> Tensor:
        """Normalise by the batch while training, by the running means otherwise."""
        if self.training and inputs.numel() == self.num_features:
            return batch_normalised(inputs, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)
        outputs: Tensor = super().forward(inputs)
        return outputs

    def _check_input_dim(self, inputs: Tensor) -> None:
        """The shape was checked when the layer was built."""


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
