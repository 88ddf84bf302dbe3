"""Decoded pictures in the cache: a file of pixels, and a record of what they are.

The folder's name is a hash of the paths, sizes and times of the files and of what decides how they are decoded.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import PIL

from deepwright.config.settings import DataSettings
from deepwright.data.files.cache import cache_folder
from deepwright.data.pictures.sizing import Size
from deepwright.data.stored import StoredPictures
from deepwright.data.table import Files

PIXELS, _RECORD = "pixels.u8", "record.npz"
#: Changes where the same files and settings would give other pixels, or another record.
_VERSION = f"1, Pillow {PIL.__version__}"
#: What zipfile, zlib, struct and NumPy raise for an archive that is not what was saved.
_DAMAGED = (
    OSError,
    EOFError,
    BadZipFile,
    zlib.error,
    struct.error,
    RuntimeError,
    ValueError,
    TypeError,
    KeyError,
    OverflowError,
    MemoryError,
)
Positions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Decoded:
    """Pictures of one size.

    Attributes:
        size: of each.
        slots: [N] where they are among all that were decoded; some may have failed.
        kept: [N] positions of their files.
        files: [N] what the headers said.
    """

    size: Size
    slots: Positions
    kept: Positions
    files: Files

    def save(self, folder: Path) -> None:
        """Write the record beside the pixels, which are complete."""
        columns = {field.name: getattr(self.files, field.name) for field in fields(Files)}
        stamp = np.array(_stamp(folder))
        np.savez(folder / _RECORD, size=self.size, stamp=stamp, slots=self.slots, kept=self.kept, **columns)

    @classmethod
    def load(cls, folder: Path) -> Decoded | None:
        """What was saved; None if it is not there, damaged, or not what was saved."""
        try:
            with (folder / _RECORD).open("rb") as stream, np.load(stream) as archive:
                record = dict(archive)
            files = Files(**{field.name: record[field.name] for field in fields(Files)})
            whole = record["stamp"].tolist() == _stamp(folder)
            return cls(Size(*record["size"].tolist()), record["slots"], record["kept"], files) if whole else None
        except _DAMAGED:
            return None

    def pictures(self, folder: Path) -> StoredPictures:
        """The pixels."""
        return StoredPictures(folder / PIXELS, self.size.shape, self.slots)


def place_of(files: Sequence[Path], deciding: Positions, settings: DataSettings) -> Path:
    """The folder of the cache for these files, decoded like this."""
    digest = hashlib.sha256(f"{_VERSION}\0{settings.image_size}\0{settings.fit}\0".encode())
    digest.update(deciding.astype(np.int64).tobytes())
    for file in files:
        try:
            about = file.stat()
            stamp = f"{about.st_size} {about.st_mtime_ns}"
        except (OSError, ValueError):  # it will be rejected
            stamp = ""
        digest.update(f"{file.absolute()}\0{stamp}\0".encode(errors="surrogateescape"))
    return cache_folder() / "pictures" / digest.hexdigest()


def _stamp(folder: Path) -> list[int]:
    about = (folder / PIXELS).stat()
    return [about.st_size, about.st_mtime_ns]
