"""IDX: the four files of MNIST and its relatives, compressed with gzip or not.

The format is Yann LeCun's (http://yann.lecun.com/exdb/mnist/): two zero bytes, the type, the number of
dimensions, each dimension as a big-endian 32-bit number, then the values.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deepwright.config.settings import DataSettings
from deepwright.data.files.compressed import unpacked
from deepwright.data.table import Column, Table
from deepwright.errors import DataError
from deepwright.messages import _, listing

__all__ = ["Idx"]

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_NAME = re.compile(r"(?P<part>.*?)[-_.]?(?P<what>images|labels)[-_.]idx(?P<dims>[13])[-_.]ubyte(\.gz)?", re.IGNORECASE)
_SPLITS = {
    "train": "train",
    "training": "train",
    "t10k": "test",
    "test": "test",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "": "train",
}
_MAX_BYTES = 2**34
_PIECE = 2**20


class Idx:
    """A folder with ``<part>-images-idx3-ubyte[.gz]`` and ``<part>-labels-idx1-ubyte[.gz]`` for one or more parts."""

    def matches(self, source: Path) -> bool:
        """Whether the folder holds files that are named like IDX files."""
        return source.is_dir() and any(_NAME.fullmatch(file.name) for file in source.iterdir())

    def read(self, source: Path, _settings: DataSettings | None = None) -> Table:
        """The table with columns ``image`` (uint8 [N, H, W]) and ``label``, and the splits the names give.

        Raises:
            DataError: a file is missing, broken, truncated, or images and labels disagree in number.
        """
        parts = _pairs(source)
        images = {part: _read(files["images"], 3) for part, files in parts.items()}
        labels = {part: _read(files["labels"], 1) for part, files in parts.items()}
        for part in parts:
            _agree(parts[part], images[part], labels[part])
        sizes = {values.shape[1:] for values in images.values()}
        if len(sizes) > 1:
            raise DataError(
                _(
                    "{source}: pictures differ in size between files: {sizes}.",
                    source=source,
                    sizes=listing(sorted(sizes)),
                )
            )
        given, start = {}, 0
        for part in parts:
            given[part] = np.arange(start, start + len(labels[part]))
            start += len(labels[part])
        columns = {
            "image": Column("image", np.concatenate(list(images.values()))),
            "label": Column("category", np.concatenate(list(labels.values())).astype(str)),
        }
        return Table(columns, str(source), given if len(given) > 1 else {})


def _pairs(source: Path) -> dict[str, dict[str, Path]]:
    found: dict[str, dict[str, Path]] = {}
    for file in sorted(source.iterdir()):
        if match := _NAME.fullmatch(file.name):
            part = re.split(r"[-_.]", match["part"].casefold())[-1]  # emnist-letters-train is a train part
            files = found.setdefault(_SPLITS.get(part, part), {})
            other = files.setdefault(match["what"].casefold(), file)
            if file not in (other, other.with_name(f"{other.name}.gz")):  # unpacked beside its archive is one file
                raise DataError(
                    _(
                        "{source} holds the same part twice: {first} and {second}. Keep one.",
                        source=source,
                        first=other.name,
                        second=file.name,
                    )
                )
    for files in found.values():
        for what, partner in (("images", "labels"), ("labels", "images")):
            if what not in files:
                raise DataError(
                    _(
                        "{file} has no partner: the file with its {what} is missing from {source}.",
                        file=files[partner].name,
                        what=what,
                        source=source,
                    )
                )
    if "train" not in found:
        raise DataError(_("{source} has no training part; found: {parts}.", source=source, parts=listing(found)))
    return dict(
        sorted(
            found.items(),
            key=lambda item: ("train", "validation", "test").index(item[0]) if item[0] in _SPLITS.values() else 9,
        )
    )


def _read(file: Path, num_dims: int) -> npt.NDArray[Any]:
    with unpacked(file) as stream:
        header = stream.read(4 + 4 * num_dims)
        shape = _shape(file, header, num_dims)
        expected = prod(shape)
        body = _body(stream.read, min(expected, _MAX_BYTES) + 1)
    if len(body) != expected:
        found = _("more than {n}", n=expected) if len(body) > expected else str(len(body))
        raise DataError(
            _(
                "{file} is damaged: its header announces {shape} values, {expected} bytes; {found} follow.",
                file=file,
                shape="×".join(map(str, shape)),
                expected=expected,
                found=found,
            )
        )
    return np.frombuffer(body, np.uint8).reshape(shape)


def _body(read: Callable[[int], bytes], limit: int) -> bytearray:
    """At most so many bytes, taken piece by piece: a header that announces too much must not cost its memory."""
    body = bytearray()
    while piece := read(min(_PIECE, limit - len(body))):
        body += piece
    return body


def _shape(file: Path, header: bytes, num_dims: int) -> tuple[int, ...]:
    if len(header) < 4 or header[:2] != b"\0\0" or header[2] not in _TYPES:
        raise DataError(
            _(
                "{file} is not an IDX file: it begins with the bytes {found}, not with 00 00 08.",
                file=file,
                found=header[:4].hex(" ") or _("none"),
            )
        )
    if header[2] != 0x08:
        raise DataError(
            _(
                "{file} holds values of type {found}; only unsigned bytes (08) are read.",
                file=file,
                found=f"{header[2]:02x}",
            )
        )
    if header[3] != num_dims:
        raise DataError(
            _(
                "{file} holds {found} dimensions; {expected} are expected.",
                file=file,
                found=header[3],
                expected=num_dims,
            )
        )
    if len(header) < 4 + 4 * num_dims:
        raise DataError(_("{file} ends within its header.", file=file))
    shape = tuple(int(size) for size in np.frombuffer(header[4:], ">u4"))
    if 0 in shape:
        raise DataError(
            _("{file} is empty: its header announces {shape} values.", file=file, shape="×".join(map(str, shape)))
        )
    return shape


def _agree(files: dict[str, Path], images: npt.NDArray[Any], labels: npt.NDArray[Any]) -> None:
    if len(images) != len(labels):
        raise DataError(
            _(
                "{images} holds {num_images} pictures, but {labels} holds {num_labels} labels; "
                "they do not belong together.",
                images=files["images"],
                num_images=len(images),
                labels=files["labels"].name,
                num_labels=len(labels),
            )
        )
