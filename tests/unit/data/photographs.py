"""Picture files of every awkward kind, made by the tests that need them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

ORIENTATION = 0x0112


def noise(seed: int, height: int = 8, width: int = 8, channels: int = 3) -> npt.NDArray[np.uint8]:
    shape = (height, width) if channels == 1 else (height, width, channels)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def save(file: Path, pixels: Any, **options: Any) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    picture.save(file, **options)
    return file


def classes(root: Path, counts: Mapping[str, int], size: tuple[int, int] = (8, 8), ending: str = "png") -> Path:
    """Folders of noise: so many pictures [H, W, 3] in each."""
    for number, (folder, count) in enumerate(counts.items()):
        (root / folder).mkdir(parents=True, exist_ok=True)
        for row in range(count):
            save(root / folder / f"{row}.{ending}", noise(1000 * number + row, *size))
    return root


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return exif
