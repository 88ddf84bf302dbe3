"""Pooling: what a window, or a whole picture, holds as one number for each channel."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from deepwright.errors import ConfigError
from deepwright.layers.layer import Layer, Margin, Masked, Shape, Size, pair, pictures, windows, written
from deepwright.messages import _


def max_pool(shape: Shape, *, size: Size = 2, stride: Size | None = None, padding: Margin = 0) -> Layer:
    """The largest number of each window.

    Args:
        shape: pictures [C, H, W].
        size: height and width of the window, in pixels.
        stride: pixels from one window to the next; null takes the size, so that windows lie side by side.
        padding: pixels around the picture that are never the largest.

    Raises:
        ConfigError: no pictures arrive, or the window does not suit them.
    """
    kernel, step, shape = _windows(shape, "max_pool", size, stride, padding)
    return Layer(nn.MaxPool2d(kernel, step, padding), shape)


def avg_pool(shape: Shape, *, size: Size = 2, stride: Size | None = None, padding: Margin = 0) -> Layer:
    """The mean of each window.

    Args:
        shape: pictures [C, H, W].
        size: height and width of the window, in pixels.
        stride: pixels from one window to the next; null takes the size, so that windows lie side by side.
        padding: pixels around the picture, which do not count in the mean.

    Raises:
        ConfigError: no pictures arrive, or the window does not suit them.
    """
    kernel, step, shape = _windows(shape, "avg_pool", size, stride, padding)
    return Layer(nn.AvgPool2d(kernel, step, padding, count_include_pad=False), shape)


def global_avg_pool(shape: Shape) -> Layer:
    """The mean of each channel of a picture, or of each number over all steps: [C, H, W] to [C], [T, D] to [D].

    Args:
        shape: pictures [C, H, W] or sequences [T, D].

    Raises:
        ConfigError: neither arrives.
    """
    if len(shape) == 2:
        return Layer(MeanOfSteps(), shape[1:])
    return Layer(GlobalAveragePool(), pictures(shape, "global_avg_pool")[:1])


def global_max_pool(shape: Shape) -> Layer:
    """The largest number of each channel of a picture, or over all steps: [C, H, W] to [C], [T, D] to [D].

    Args:
        shape: pictures [C, H, W] or sequences [T, D].

    Raises:
        ConfigError: neither arrives.
    """
    if len(shape) == 2:
        return Layer(LargestOfSteps(), shape[1:])
    return Layer(GlobalMaxPool(), pictures(shape, "global_max_pool")[:1])


class GlobalAveragePool(nn.Module):
    """Pictures [B, C, H, W] to the means of their channels [B, C]."""

    def forward(self, pictures: Tensor) -> Tensor:
        """The mean over height and width."""
        return pictures.mean((2, 3))


class GlobalMaxPool(nn.Module):
    """Pictures [B, C, H, W] to the largest number of each channel [B, C]."""

    def forward(self, pictures: Tensor) -> Tensor:
        """The maximum over height and width."""
        return pictures.amax((2, 3))


class MeanOfSteps(Masked):
    """Sequences [B, T, D] to the means over their steps [B, D]; of no step, 0."""

    def forward(self, inputs: Tensor, there: Tensor | None = None) -> Tensor:
        """The mean over the steps that are ``there`` [B, T]."""
        if there is None:
            return inputs.mean(1)
        return inputs.masked_fill(~there[..., None], 0).sum(1) / there.sum(1, keepdim=True).clamp(min=1)


class LargestOfSteps(Masked):
    """Sequences [B, T, D] to the largest of each number over their steps [B, D]; of no step, 0."""

    def forward(self, inputs: Tensor, there: Tensor | None = None) -> Tensor:
        """The maximum over the steps that are ``there`` [B, T]."""
        if there is None:
            return inputs.amax(1)
        largest = inputs.masked_fill(~there[..., None], -torch.inf).amax(1)
        return largest.masked_fill(~there.any(1, keepdim=True), 0)


def _windows(
    shape: Shape, layer: str, size: Size, stride: Size | None, padding: int
) -> tuple[tuple[int, int], tuple[int, int], Shape]:
    """Window, stride and the shape of the output."""
    channels, height, width = pictures(shape, layer)
    kernel = pair(size)
    if 2 * padding > min(kernel):
        raise ConfigError(
            _(
                "padding is {padding}, more than half of the window of {kernel} pixels.",
                padding=padding,
                kernel=written(kernel),
            )
        )
    step = kernel if stride is None else pair(stride)
    return kernel, step, (channels, *windows((height, width), kernel, step, pair(padding)))
