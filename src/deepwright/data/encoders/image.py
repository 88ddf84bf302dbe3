"""Pictures as tensors of one size and one colour mode.

Size and mode are those of the training split, where all pictures are alike; others are converted to them.
Normalisation by the training split's mean and deviation belongs to the network (``front``).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor, nn

from deepwright.contracts import ImageSpec, Raw
from deepwright.data.reading import as_bytes
from deepwright.data.table import Column
from deepwright.errors import DataError
from deepwright.layers.normalise import Normalise
from deepwright.messages import _, plural

__all__ = ["ImageEncoder"]

_log = logging.getLogger(__name__)


class ImageEncoder:
    """Reads paths, PIL pictures and arrays [H, W(, 3)]; stores bytes [N, C, H, W]; yields floats from 0 to 1."""

    kind: ClassVar[str] = "image"

    def __init__(self) -> None:
        self._spec: ImageSpec | None = None
        self.mean: list[float] = []
        self.deviation: list[float] = []

    def fit(self, column: Column) -> None:
        """Take size and mode from pictures [N, H, W(, 3)], and the mean and deviation of each channel."""
        values = column.values
        channels = 1 if values.ndim == 3 else values.shape[3]
        self._spec = ImageSpec(channels, values.shape[1], values.shape[2])
        shares = values.reshape(-1, channels)
        counts = np.stack([np.bincount(shares[:, c], minlength=256) for c in range(channels)])
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

    def encode(self, values: Raw) -> Tensor:
        """Pictures as bytes [N, C, H, W]; another size or mode is converted, which is said once."""
        spec = self.spec
        if isinstance(values, np.ndarray) and values.ndim >= 3:
            array: Any = as_bytes(values[..., 0] if values.ndim == 4 and values.shape[-1] == 1 else values, self.kind)
            if array.shape[1:] == (
                (spec.height, spec.width) if spec.channels == 1 else (spec.height, spec.width, spec.channels)
            ):
                stored = array[:, None] if spec.channels == 1 else array.transpose(0, 3, 1, 2)
                return torch.from_numpy(np.ascontiguousarray(stored))
        converted: dict[str, int] = {}
        pictures = [self._convert(value, converted) for value in values]
        for change, count in converted.items():
            _log.warning(
                plural(
                    "{n} picture was converted: {change}.",
                    "{n} pictures were converted: {change}.",
                    count,
                    change=change,
                )
            )
        return torch.from_numpy(np.stack(pictures))

    def batch(self, stored: Tensor) -> tuple[Tensor, ...]:
        """Bytes [B, C, H, W] as floats from 0 to 1."""
        return (stored.to(torch.float32).div_(255),)

    def front(self) -> nn.Module:
        """Normalisation to mean 0 and deviation 1 over the training split."""
        return Normalise(self.mean, self.deviation)

    def state(self) -> dict[str, Any]:
        """Size, channels, mean and deviation."""
        spec = self.spec
        return {
            "channels": spec.channels,
            "height": spec.height,
            "width": spec.width,
            "mean": self.mean,
            "deviation": self.deviation,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> ImageEncoder:
        """The encoder that gave this state."""
        encoder = cls()
        encoder._spec = ImageSpec(state["channels"], state["height"], state["width"])
        encoder.mean, encoder.deviation = list(state["mean"]), list(state["deviation"])
        return encoder

    def _convert(self, value: Any, converted: dict[str, int]) -> np.ndarray[Any, np.dtype[np.uint8]]:
        picture = _open(value)
        spec = self.spec
        mode = "L" if spec.channels == 1 else "RGB"
        if picture.mode != mode or picture.size != (spec.width, spec.height):
            change = f"{picture.mode} {picture.width}×{picture.height} → {mode} {spec.width}×{spec.height}"
            converted[change] = converted.get(change, 0) + 1
            resample = Image.Resampling.BOX if picture.width > spec.width else Image.Resampling.BICUBIC
            try:
                picture = _flatten(picture).convert(mode).resize((spec.width, spec.height), resample)
            except ValueError as error:
                raise DataError(_("A picture cannot be used: {problem}.", problem=error)) from None
        array = np.asarray(picture, np.uint8)
        return array[None] if spec.channels == 1 else array.transpose(2, 0, 1)


def _open(value: Any) -> Image.Image:
    if isinstance(value, Image.Image):
        return value
    if not isinstance(value, str | Path):
        return _from_array(np.asarray(value))
    path = Path(value)
    try:
        path = path.expanduser()
        with Image.open(path) as picture:
            picture.load()
            return picture.copy()
    except FileNotFoundError:
        raise DataError(_("There is no picture {path}.", path=path)) from None
    except IsADirectoryError:
        raise DataError(_("{path} is a folder, not a picture.", path=path)) from None
    except UnidentifiedImageError:
        raise DataError(
            _(
                "{path} is not a picture in a format that can be read; PNG, JPEG, GIF, WebP, BMP and TIFF are.",
                path=path,
            )
        ) from None
    except Image.DecompressionBombError:
        raise DataError(_("{path} announces more pixels than are safe to unpack.", path=path)) from None
    except (OSError, RuntimeError, SyntaxError, ValueError) as error:
        raise DataError(_("{path} cannot be read as a picture: {problem}.", path=path, problem=error)) from None


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


def _flatten(picture: Image.Image) -> Image.Image:
    """Sixteen-bit greys scaled to eight, transparency laid over white."""
    if picture.mode.startswith("I") or picture.mode == "F":
        values = np.asarray(picture, np.float64)
        sixteen = picture.mode.startswith("I;16") or (picture.mode == "I" and values.max(initial=0) > 255)
        return Image.fromarray(np.clip(np.rint(values / 257 if sixteen else values), 0, 255).astype(np.uint8))
    if picture.mode == "P":
        picture = picture.convert("RGBA")
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa"):
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, picture).convert("RGB")
    return picture
