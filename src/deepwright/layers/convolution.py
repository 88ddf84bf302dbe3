"""Convolutions: the same small weighted sum at every place of a picture."""

from __future__ import annotations

from typing import Literal

from torch import nn

from deepwright.errors import ConfigError
from deepwright.layers.layer import Count, Layer, Margin, Shape, Size, pair, pictures, windows, written
from deepwright.messages import _


def conv2d(
    shape: Shape,
    *,
    filters: Count | Literal["outputs"],
    kernel: Size = 3,
    stride: Size = 1,
    padding: Literal["valid", "same"] | Margin = "valid",
    dilation: Count = 1,
    groups: Count = 1,
    bias: bool = True,
) -> Layer:
    """A weighted sum of each window, the same everywhere.

    y[o, i, j] = b[o] + Σ w[o, c, m, n] · x[c, i·stride + m·dilation, j·stride + n·dilation].

    Args:
        shape: pictures [C, H, W].
        filters: channels of the output; the word outputs stands for as many as the task has outputs.
        kernel: height and width of the window, in pixels.
        stride: pixels from one place to the next.
        padding: pixels of zeros around the picture; valid adds none, same as many as keep its size at stride 1.
        dilation: pixels from one weight of the window to the next.
        groups: parts into which the channels are divided; filters of a part see the channels of that part alone.
        bias: whether b is added.

    Raises:
        ConfigError: no pictures arrive, or the settings do not suit them.
    """
    assert isinstance(filters, int)
    channels, height, width = pictures(shape, "conv2d")
    if channels % groups or filters % groups:
        raise ConfigError(
            _(
                "groups is {groups}, which must divide the {channels} channels that arrive and the {filters} filters.",
                groups=groups,
                channels=channels,
                filters=filters,
            )
        )
    rows, columns = pair(kernel)
    reach = ((rows - 1) * dilation + 1, (columns - 1) * dilation + 1)
    around = (0, 0) if padding == "valid" else _same(reach) if padding == "same" else pair(padding)
    places = windows((height, width), reach, pair(stride), around)
    module = nn.Conv2d(channels, filters, pair(kernel), pair(stride), around, dilation, groups, bias)
    return Layer(module, (filters, *places))


def _same(reach: tuple[int, int]) -> tuple[int, int]:
    if not (reach[0] % 2 and reach[1] % 2):
        raise ConfigError(
            _(
                "padding is same, but a window of {reach} pixels has no middle. Take an odd kernel.",
                reach=written(reach),
            )
        )
    return reach[0] // 2, reach[1] // 2
