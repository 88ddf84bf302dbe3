"""Pictures as tensors of one size and one colour mode.

Size and mode are those of the training split, where all pictures are alike; others are converted to them.
Normalisation by the training split's mean and deviation belongs to the network (``front``).
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from deepwright.contracts import Raw, Stored
from deepwright.data.pictures.opening import Fit, Header, flat, header, open_picture, standard
from deepwright.data.stored import StoredPictures, chunks
from deepwright.data.table import Column
from deepwright.data.tabular.arrays import as_bytes, is_pictures, rows_first
from deepwright.errors import DataError
from deepwright.layers.normalise import Normalise
from deepwright.messages import _, plural
from deepwright.specs import ImageSpec

__all__ = ["ImageEncoder"]

_log = logging.getLogger(__name__)
#: More kinds of conversion are counted, not listed.
_SAID = 3


class ImageEncoder:
    """Reads paths, PIL pictures and arrays [H, W(, 3)]; stores bytes [N, C, H, W]; yields floats from 0 to 1."""

    kind: ClassVar[str] = "image"

    def __init__(self) -> None:
        self._spec: ImageSpec | None = None
        self.mean: list[float] = []
        self.deviation: list[float] = []
        self.fitting: Fit = "stretch"

    def fit(self, column: Column) -> None:
        """Take size and mode from pictures [N, H, W(, 3)], and the mean and deviation of each channel."""
        values = column.values
        channels = 1 if values.ndim == 3 else values.shape[3]
        self._spec = ImageSpec(channels, values.shape[1], values.shape[2])
        self.fitting = column.fit
        counts = np.zeros((channels, 256), np.int64)
        for part in chunks(values):
            counts += np.reshape(Image.fromarray(part.reshape(-1, *values.shape[2:])).histogram(), counts.shape)
        levels = np.arange(256) / 255
        mean = counts @ levels / counts.sum(1)
        deviation = np.sqrt(np.maximum(counts @ levels**2 / counts.sum(1) - mean**2, 0))
        self.mean, self.deviation = mean.tolist(), np.maximum(deviation, 1e-3).tolist()

    @property
    def spec(self) -> ImageSpec:
        """Channels, height and width; an encoder that was not fitted has none."""
        if self._spec is None:
            raise RuntimeError("the encoder was not fitted")
        return self._spec

    def encode(self, values: Raw) -> Stored:
        """Pictures as bytes [N, C, H, W]; another size or mode is converted, which is said once."""
        spec = self.spec
        shape = (spec.height, spec.width) if spec.channels == 1 else (spec.height, spec.width, spec.channels)
        if isinstance(values, StoredPictures) and values.shape[1:] == shape:
            return _Channels(values)
        if isinstance(values, np.ndarray) and is_pictures(values.shape):
            array = values = as_bytes(rows_first(self.kind, values)[0], self.kind)
            if array.shape[1:] == shape:
                return _channels_first(array).contiguous()
        least, to = max(spec.height, spec.width), f"{_mode(spec)} {spec.width}×{spec.height}"
        changes: Counter[str] = Counter()
        pictures = []
        for value in values:
            picture, before = _open(value, least)
            changes[f"{before.mode} {before.width}×{before.height}"] += 1
            pictures.append(standard(picture, spec.height, spec.width, spec.channels, self.fitting))
        del changes[to]
        _say(changes, to)
        return _channels_first(np.stack(pictures)).contiguous()

    def batch(self, stored: Tensor) -> tuple[Tensor, ...]:
        """Bytes [B, C, H, W] as floats from 0 to 1."""
        return (stored.to(torch.float32).div_(255),)

    def front(self) -> nn.Module:
        """Normalisation to mean 0 and deviation 1 over the training split."""
        return Normalise(self.mean, self.deviation)

    def state(self) -> dict[str, Any]:
        """Size, channels, mean and deviation, and how other pictures are brought to that size."""
        spec = self.spec
        return {
            "channels": spec.channels,
            "height": spec.height,
            "width": spec.width,
            "mean": self.mean,
            "deviation": self.deviation,
            "fit": self.fitting,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> ImageEncoder:
        """The encoder that gave this state."""
        encoder = cls()
        encoder._spec = ImageSpec(state["channels"], state["height"], state["width"])
        encoder.mean, encoder.deviation = list(state["mean"]), list(state["deviation"])
        encoder.fitting = state["fit"]
        return encoder


class _Channels:
    """Stored pictures with their channels first, read when they are asked for.

    Args:
        pictures: bytes [N, H, W] or [N, H, W, 3].
    """

    def __init__(self, pictures: StoredPictures) -> None:
        self.pictures = pictures

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, positions: Tensor) -> Tensor:
        """Bytes [B, C, H, W] at [B] positions."""
        return _channels_first(self.pictures[positions.numpy()].read())


def _channels_first(pictures: Any) -> Tensor:
    return torch.from_numpy(pictures[:, None] if pictures.ndim == 3 else pictures.transpose(0, 3, 1, 2))


def _mode(spec: ImageSpec) -> str:
    return "L" if spec.channels == 1 else "RGB"


def _open(value: Any, least: int) -> tuple[Image.Image, Header]:
    """A picture in mode L or RGB, and what it was before."""
    if isinstance(value, str | Path):
        path = _path(value)
        return open_picture(path, str(value), least), header(path)
    picture = value if isinstance(value, Image.Image) else _from_array(np.asarray(value))
    try:
        return flat(picture), Header(*picture.size, picture.mode, "")
    except ValueError as error:
        raise DataError(_("A picture cannot be used: {problem}.", problem=error)) from None


def _say(changes: Counter[str], to: str) -> None:
    if len(changes) > _SAID:
        _log.warning(
            _(
                "{n} pictures of {kinds} sizes and modes were converted to {size}.",
                n=changes.total(),
                kinds=len(changes),
                size=to,
            )
        )
        return
    for before, count in changes.items():
        _log.warning(
            plural(
                "{n} picture was converted: {change}.",
                "{n} pictures were converted: {change}.",
                count,
                change=f"{before} → {to}",
            )
        )


def _path(value: str | Path) -> Path:
    try:
        return Path(value).expanduser()
    except RuntimeError:  # ~name of nobody
        return Path(value)


def _from_array(values: Any) -> Image.Image:
    pixels = values[..., 0] if values.ndim == 3 and values.shape[-1] == 1 else values
    if not pixels.size or not (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[-1] in (3, 4))):
        raise DataError(
            _(
                "A picture has the shape {shape} and the type {dtype}; read are paths, PIL pictures and arrays "
                "[H, W] or [H, W, 3].",
                shape=list(values.shape),
                dtype=values.dtype,
            )
        )
    return Image.fromarray(as_bytes(pixels, ImageEncoder.kind))
