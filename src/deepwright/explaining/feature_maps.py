"""Pictures of what a convolutional network has learnt: its first filters, and what each layer makes of one picture."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from deepwright.contracts import FloatArray

#: Channels of a layer, and filters, that are shown.
CHANNELS, FILTERS = 16, 32
#: Longer side in pixels of a picture that is kept.
_SIDE = 96


@dataclass(frozen=True)
class Channel:
    """One channel of a layer as a small picture.

    Attributes:
        number: of the channel, from 0.
        low: the least of its numbers.
        high: the greatest of its numbers.
        picture: as a data URI.
    """

    number: int
    low: float
    high: float
    picture: str


@dataclass(frozen=True)
class Maps:
    """Channels of one layer, or the filters of a convolution.

    Attributes:
        layer: its name.
        shape: of all its channels, or of all filters.
        low: what is black.
        high: what is white.
        channels: those that are shown.
    """

    layer: str
    shape: tuple[int, ...]
    low: float
    high: float
    channels: tuple[Channel, ...]


def has_maps(kind: str, y: FloatArray) -> bool:
    """Whether a layer of this class makes pictures [C, H, W] that people can look at."""
    return ("Conv" in kind or "Pool" in kind) and y.ndim == 3 and min(y.shape[1:]) > 1


def maps_of(layer: str, y: FloatArray) -> Maps:
    """The channels of an output [C, H, W] that vary most; black is its least number, white its greatest."""
    low, high = float(y.min()), float(y.max())
    order = np.argsort(-np.ptp(y, axis=(1, 2)), kind="stable")[:CHANNELS]
    grey = (y - low) / (high - low or 1)
    channels = tuple(Channel(int(i), float(y[i].min()), float(y[i].max()), picture(grey[i])) for i in sorted(order))
    return Maps(layer, y.shape, low, high, channels)


def filters_of(layer: str, weights: FloatArray) -> Maps | None:
    """The first filters [O, C, m, n] of a convolution of grey or coloured pictures, 0 is mid-grey; None of others."""
    if weights.shape[1] not in (1, 3) or max(weights.shape[2:]) == 1:
        return None
    most = float(np.abs(weights).max())
    grey = 0.5 + weights / (2 * most or 1)
    channels = tuple(
        Channel(i, float(each.min()), float(each.max()), picture(grey[i].transpose(1, 2, 0)))
        for i, each in enumerate(weights[:FILTERS])
    )
    return Maps(layer, weights.shape, -most, most, channels)


def picture(numbers: npt.NDArray[Any]) -> str:
    """Numbers from 0 to 1, [H, W], [H, W, 1] or [H, W, 3], as a PNG in a data URI; a large one is made smaller."""
    levels = np.rint(np.clip(numbers, 0, 1) * 255).astype(np.uint8)
    image = Image.fromarray(levels[..., 0] if levels.shape[2:] == (1,) else levels)
    image.thumbnail((_SIDE, _SIDE), Image.Resampling.BOX)
    stream = io.BytesIO()
    image.save(stream, "png", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"
