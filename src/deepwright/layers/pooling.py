"""Pooling: what a window, or a whole picture, holds as one number for each channel."""

from __future__ import annotations

from torch import Tensor, nn

from deepwright.errors import ConfigError
from deepwright.layers.layer import Layer, Margin, Shape, Size, pair, pictures, windows, written
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
    """The mean of each channel over the whole picture: [C, H, W] to [C].

    Args:
        shape: pictures [C, H, W].

    Raises:
        ConfigError: no pictures arrive.
    """
    return Layer(GlobalAveragePool(), pictures(shape, "global_avg_pool")[:1])


def global_max_pool(shape: Shape) -> Layer:
    """The largest number of each channel of the whole picture: [C, H, W] to [C].

    Args:
        shape: pictures [C, H, W].

    Raises:
        ConfigError: no pictures arrive.
    """
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
