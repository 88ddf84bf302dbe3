"""Pictures of one size in a file: only the rows that are asked for are in memory, and only for as long.

The file holds bytes, row after row, without a header. It is read rather than mapped: the pages of a map would count as
the process's memory, and a batch of random rows takes an eighth of the time.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deepwright.errors import DataError
from deepwright.messages import _

Bytes = npt.NDArray[np.uint8]
_CHUNK_BYTES = 2**24


class StoredPictures:
    """Bytes [N, H, W] or [N, H, W, 3] in a file, indexed like an array; rows are read one at a time or by ``read``.

    Args:
        file: all pictures, one after the other.
        shape: of one picture: (H, W) or (H, W, 3).
        rows: [N] positions in the file; None takes all.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, file: Path, shape: tuple[int, ...], rows: npt.NDArray[np.int64] | None = None) -> None:
        self.file = file
        self.rows = np.arange(file.stat().st_size // int(np.prod(shape))) if rows is None else rows
        self._picture = shape

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def shape(self) -> tuple[int, ...]:
        """[N, H, W] or [N, H, W, 3]."""
        return (len(self), *self._picture)

    @property
    def ndim(self) -> int:
        """Dimensions, the rows included."""
        return 1 + len(self._picture)

    def __getitem__(self, rows: Any) -> Any:
        """One picture, in memory; or a view of some, of which nothing is read: a slice, positions or booleans."""
        chosen = self.rows[rows]
        if np.ndim(chosen) == 0:
            return self._read(np.array([chosen]))[0]
        return StoredPictures(self.file, self._picture, chosen)

    def __iter__(self) -> Iterator[Bytes]:
        return (self[row] for row in range(len(self)))

    def read(self) -> Bytes:
        """All rows of this view, in memory.

        Raises:
            DataError: the file is gone or has become too short.
        """
        return self._read(self.rows)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return self.read() if dtype is None else self.read().astype(dtype)

    def _read(self, rows: npt.NDArray[np.int64]) -> Bytes:
        pictures = np.empty((len(rows), *self._picture), np.uint8)
        size = int(np.prod(self._picture))
        try:
            with self.file.open("rb", buffering=0) as stream:
                for picture, row in zip(pictures, rows.tolist(), strict=True):
                    stream.seek(row * size)
                    if stream.readinto(picture) != size:
                        raise EOFError
        except (OSError, EOFError):
            raise DataError(
                _("{file} holds decoded pictures, but was deleted or cut; start again.", file=self.file)
            ) from None
        return pictures


def chunks(pictures: Bytes | StoredPictures, size: int | None = None) -> Iterator[Bytes]:
    """Pictures as arrays of at most ``size`` rows, in order; by default of some megabytes."""
    size = size or max(1, _CHUNK_BYTES // max(1, int(np.prod(pictures.shape[1:]))))
    for start in range(0, len(pictures), size):
        part = pictures[start : start + size]
        yield part.read() if isinstance(part, StoredPictures) else part
