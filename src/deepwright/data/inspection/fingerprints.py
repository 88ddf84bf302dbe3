"""What is kept of each picture to find it again: a hash of its pixels, a small grey version, its colours.

One pass over the pictures, a few megabytes at a time, whether they are in memory or in a file.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from deepwright.data.files.threads import in_parts
from deepwright.data.stored import Bytes, StoredPictures, chunks

Floats = npt.NDArray[np.float32]

#: A side of the small version in pixels; a smaller picture keeps its own, so that a pixel stays a pixel.
SIDE = 32
#: Colours are averaged on a grid with so many cells a side.
_GRID = 4
#: Pixels that are worked on at a time.
_PIXELS = 4 << 20
_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class Fingerprints:
    """What is kept of N pictures.

    Attributes:
        digests: [N] BLAKE2b of the pixels, 16 bytes.
        thumbnails: [N, h, w] grey bytes, averaged down to at most 32 × 32 and blurred.
        colours: [N, 4, 4, C] mean byte of each channel on a coarse grid.
    """

    digests: npt.NDArray[np.void]
    thumbnails: Bytes
    colours: Bytes

    def __len__(self) -> int:
        return len(self.digests)

    @cached_property
    def contrast(self) -> npt.NDArray[np.float64]:
        """Standard deviation of each small version in grey levels, [N]."""
        return np.concatenate([_deviations(part.reshape(len(part), -1)) for part in chunks(self.thumbnails)])


def fingerprints(pictures: Bytes | StoredPictures) -> Fingerprints:
    """The fingerprints of pictures, bytes [N, H, W] or [N, H, W, 3]."""
    height, width = pictures.shape[1:3]
    down, across = _averaged(height, SIDE), _averaged(width, SIDE)
    soft_down, soft_across = _blurred(len(down)) @ down, _blurred(len(across)) @ across
    cells_down, cells_across = _averaged(len(down), _GRID), _averaged(len(across), _GRID)
    size = max(1, _PIXELS // int(np.prod(pictures.shape[1:])))

    def of(start: int) -> tuple[list[bytes], Bytes, Bytes]:
        part = np.ascontiguousarray(pictures[start : start + size])
        digests = [hashlib.blake2b(picture, digest_size=16).digest() for picture in part]
        channels = np.moveaxis(part.reshape(len(part), height, width, -1), 3, 0).astype(np.float32)
        small = soft_down @ channels @ soft_across.T
        grid = cells_down @ (down @ channels @ across.T) @ cells_across.T
        grey = small[0] if len(small) == 1 else np.tensordot(_LUMINANCE, small, 1)
        return digests, np.rint(grey).astype(np.uint8), np.rint(np.moveaxis(grid, 0, 3)).astype(np.uint8)

    digests, thumbnails, colours = zip(*in_parts(of, range(0, len(pictures), size)), strict=True)
    return Fingerprints(
        np.array([digest for part in digests for digest in part], "V16"),
        np.concatenate(thumbnails),
        np.concatenate(colours),
    )


def _deviations(numbers: Bytes) -> npt.NDArray[np.float64]:
    """Standard deviation of each row of bytes [N, P], [N], by whole sums, which are exact."""
    size = numbers.shape[1]
    sums = numbers.sum(1, dtype=np.int64)
    squares = np.einsum("ij,ij->i", numbers, numbers, dtype=np.int64, casting="unsafe")
    return np.asarray(np.sqrt(size * squares - sums**2) / size)


def _averaged(size: int, most: int) -> Floats:
    """Matrix [min(size, most), size] that averages over equal parts of a side."""
    count = min(size, most)
    edges = np.arange(count + 1) * size / count
    pixels = np.arange(size)
    shared = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return np.asarray(shared.clip(0) * count / size, np.float32)


def _blurred(size: int) -> Floats:
    """Matrix [size, size] that averages each pixel with its neighbours, weights 1, 2, 1; the outermost are repeated."""
    padded = np.pad(np.eye(size, dtype=np.float32), ((1, 1), (0, 0)), mode="edge")
    return np.asarray((padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4, np.float32)
