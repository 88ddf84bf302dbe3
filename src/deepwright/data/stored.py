"""Pictures of one size in a file: only the rows that are asked for are in memory, and only for as long.

The file holds bytes, row after row, without a header. It is mapped anew for every reading, so that its pages do not
stay with the process: training from a file that is larger than memory costs no more than one batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]


class StoredPictures:
    """Bytes [N, H, W] or [N, H, W, 3] in a file, indexed like an array of which each index is a view.

    Args:
        file: all pictures, one after the other.
        shape: of one picture: (H, W) or (H, W, 3).
        rows: [N] positions in the file; None takes all.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, file: Path, shape: tuple[int, ...], rows: npt.NDArray[np.int64] | None = None) -> None:
        self.file, self.rows = file, rows
        self._picture = shape
        self._num_stored = file.stat().st_size // int(np.prod(shape))

    def __len__(self) -> int:
        return self._num_stored if self.rows is None else len(self.rows)

    @property
    def shape(self) -> tuple[int, ...]:
        """[N, H, W] or [N, H, W, 3]."""
        return (len(self), *self._picture)

    @property
    def ndim(self) -> int:
        """Dimensions, the rows included."""
        return 1 + len(self._picture)

    def __getitem__(self, rows: Any) -> StoredPictures:
        """A view of some rows: a slice, an array of positions or of booleans. Nothing is read."""
        positions = np.arange(self._num_stored) if self.rows is None else self.rows
        return StoredPictures(self.file, self._picture, positions[rows])

    def read(self) -> Bytes:
        """All rows of this view, in memory."""
        mapped = np.memmap(self.file, np.uint8, "r", shape=(self._num_stored, *self._picture))
        return np.array(mapped if self.rows is None else mapped[self.rows])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return self.read() if dtype is None else self.read().astype(dtype)


def chunks(pictures: Bytes | StoredPictures, size: int = 1024) -> Iterator[Bytes]:
    """Pictures as arrays of at most ``size`` rows, in order."""
    for start in range(0, len(pictures), size):
        part = pictures[start : start + size]
        yield part.read() if isinstance(part, StoredPictures) else part
