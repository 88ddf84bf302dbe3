"""The arrays of an ``.npz`` file: headers at once, values when asked for, nothing that could be executed."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deepwright.data.files.cache import available_memory, in_bytes
from deepwright.errors import DataError
from deepwright.messages import _, listing


@contextmanager
def open_archive(source: Path) -> Iterator[ArrayArchive]:
    """The archive in a file.

    Raises:
        DataError: it is none, or it is damaged.
    """
    with ExitStack() as stack:
        with _as_damage(source):
            archive = ArrayArchive(source, stack.enter_context(zipfile.ZipFile(source)))
        yield archive


@contextmanager
def _as_damage(source: Path) -> Iterator[None]:
    try:
        yield
    except DataError:
        raise
    except Exception as error:  # what is no array fails in any way, down to Python's tokenizer
        raise DataError(
            _(
                "{file} is not an archive of NumPy arrays, or it is damaged: {problem}. Save it again with {call}.",
                file=source,
                problem=str(error).partition("\n")[0].rstrip(".") or type(error).__name__,
                call="numpy.savez",
            )
        ) from None


@dataclass(frozen=True)
class Header:
    shape: tuple[int, ...]
    dtype: Any

    @property
    def num_bytes(self) -> int:
        return prod(self.shape) * int(self.dtype.itemsize)


class ArrayArchive:
    """The arrays of an open file, of which only the headers are read at first."""

    def __init__(self, source: Path, file: zipfile.ZipFile) -> None:
        self.source, self._file = source, file
        self.headers: dict[str, Header] = {}
        for member in file.infolist():
            if member.filename.endswith(".npy"):
                self.headers[member.filename.removesuffix(".npy")] = self._header(member)

    def __str__(self) -> str:
        return listing(f"{name} {list(header.shape)} {header.dtype}" for name, header in self.headers.items()) or _(
            "none"
        )

    def load(self, names: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
        """Some arrays by name."""
        needed, available = sum(self.headers[name].num_bytes for name in names), available_memory()
        if available is not None and needed > available:
            raise DataError(
                _(
                    "{source} takes {needed} of memory, of which {free} are free.",
                    source=self.source,
                    needed=in_bytes(needed),
                    free=in_bytes(available),
                )
            )
        return {name: self._load(name) for name in names}

    def _load(self, name: str) -> npt.NDArray[Any]:
        if self.headers[name].dtype.hasobject:
            raise DataError(
                _(
                    "{source}: the array {name!r} holds Python objects, which could run code when they are read. "
                    "Save it as an array of numbers or of text.",
                    source=self.source,
                    name=name,
                )
            )
        with _as_damage(self.source), self._file.open(f"{name}.npy") as stream:
            array: npt.NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
            return array

    def _header(self, member: zipfile.ZipInfo) -> Header:
        with self._file.open(member) as stream:
            version = np.lib.format.read_magic(stream)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, _by_columns, dtype = read(stream)
            header = Header(shape, dtype)
            if not dtype.hasobject and stream.tell() + header.num_bytes != member.file_size:
                raise DataError(
                    _(
                        "{source} is damaged: its array {name} announces {shape} values, {expected} bytes; "
                        "{found} follow.",
                        source=self.source,
                        name=member.filename.removesuffix(".npy"),
                        shape="×".join(map(str, shape)),
                        expected=header.num_bytes,
                        found=member.file_size - stream.tell(),
                    )
                )
        return header
