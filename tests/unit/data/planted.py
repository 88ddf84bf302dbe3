"""Photographs cut into tiles, and what happens to a picture on its way from one folder to another."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from sklearn.datasets import load_sample_images

Picture = npt.NDArray[np.uint8]


def tiles(side: int = 64, contrast: float = 8.0) -> Picture:
    """Tiles [N, side, side, 3] of two photographs that do not overlap, without those of plain sky."""
    cut: list[Any] = []
    for photograph in load_sample_images().images:
        rows, columns = photograph.shape[0] // side, photograph.shape[1] // side
        whole = photograph[: rows * side, : columns * side]
        cut.append(whole.reshape(rows, side, columns, side, 3).swapaxes(1, 2).reshape(-1, side, side, 3))
    every: Picture = np.concatenate(cut)
    kept: Picture = every[every.mean(3).std((1, 2)) > contrast]
    return kept


def encoded(picture: Picture, quality: int = 60) -> Picture:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(stream))


def resized(picture: Picture, factor: float = 0.9) -> Picture:
    height, width = picture.shape[:2]
    small = Image.fromarray(picture).resize((round(width * factor), round(height * factor)), Image.Resampling.BICUBIC)
    return np.asarray(small.resize((width, height), Image.Resampling.BICUBIC))


def brightened(picture: Picture, factor: float) -> Picture:
    changed: Picture = np.rint(picture * factor).clip(0, 255).astype(np.uint8)
    return changed


def shifted(picture: Picture, down: int, across: int) -> Picture:
    padded = np.pad(picture, ((1, 1), (1, 1), (0, 0))[: picture.ndim], mode="edge")
    return np.roll(padded, (down, across), (0, 1))[1:-1, 1:-1]


def cropped(picture: Picture, share: float = 0.03) -> Picture:
    height, width = picture.shape[:2]
    box = (share * width / 3, share * height, width * (1 - share * 2 / 3), height)
    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.BICUBIC, box=box))


#: Ways in which a picture comes back nearly the same.
WAYS: Mapping[str, Callable[[Picture], Picture]] = {
    "encoded again at quality 60": encoded,
    "resized to 0.9 and back": resized,
    "5 % brighter": lambda picture: brightened(picture, 1.05),
    "5 % darker": lambda picture: brightened(picture, 0.95),
    "moved by one pixel": lambda picture: shifted(picture, 0, 1),
    "moved by one pixel across and up": lambda picture: shifted(picture, -1, 1),
    "cropped by 3 %": cropped,
}
