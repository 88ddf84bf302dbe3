"""CIFAR-10: 60,000 colour pictures of 32×32 pixels; fetched when it is first used.

(A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.) The binary version: each picture is a
byte with its class, then 1,024 bytes of red, green and blue each, row by row.
"""

from __future__ import annotations

import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from deepwright.data.files.published import Published, fetch
from deepwright.data.table import Column, Table
from deepwright.errors import DataError
from deepwright.messages import _, listing

__all__ = ["cifar10"]

_ARCHIVE, _NAMES = "cifar-10-binary.tar.gz", "batches.meta.txt"
_PUBLISHED = Published(
    "cifar10",
    {_ARCHIVE: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"},
    ("https://www.cs.toronto.edu/~kriz", "https://cave.cs.toronto.edu/kriz"),
)
_PARTS = {"train": [f"data_batch_{number}.bin" for number in range(1, 6)], "test": ["test_batch.bin"]}
_SIDE = 32
_RECORD = 1 + 3 * _SIDE**2


def cifar10() -> Table:
    """The table with columns ``image`` (uint8 [60000, 32, 32, 3]) and ``label`` (names such as ``airplane``).

    Raises:
        DataError: the archive cannot be had, or is not what it should be.
    """
    folder, remarks = fetch(_PUBLISHED)
    names, values, given = _read(folder / _ARCHIVE)
    pictures = values[:, 1:].reshape(-1, 3, _SIDE, _SIDE).transpose(0, 2, 3, 1)
    columns = {
        "image": Column("image", np.ascontiguousarray(pictures)),
        "label": Column("category", names[values[:, 0]]),
    }
    return Table(columns, _PUBLISHED.name, given, remarks)


def _read(archive: Path) -> tuple[npt.NDArray[Any], npt.NDArray[np.uint8], dict[str, npt.NDArray[np.int64]]]:
    """The names of the classes, all pictures with their classes before them [N, 3073], and the rows of each part."""
    members = _members(archive)
    names = np.array(members[_NAMES].decode("ascii", "replace").split())
    batches, given, start = [], {}, 0
    for part, files in _PARTS.items():
        records = [_records(archive, file, members[file], len(names)) for file in files]
        given[part] = np.arange(start, start + sum(map(len, records)))
        start += len(given[part])
        batches += records
    return names, np.concatenate(batches), given


def _members(archive: Path) -> dict[str, bytes]:
    """The files of the archive that are needed, read in one pass; nothing is unpacked to the disk."""
    wanted = {_NAMES, *_PARTS["train"], *_PARTS["test"]}
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                name = PurePosixPath(member.name).name
                if name in wanted and (stream := tar.extractfile(member)) is not None:
                    found[name] = stream.read()
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise _damaged(archive, str(error)) from None
    if missing := sorted(wanted - found.keys()):
        raise _damaged(archive, _("{names} missing", names=listing(missing)))
    return found


def _damaged(archive: Path, problem: str) -> DataError:
    return DataError(
        _(
            "{file} is not the archive of CIFAR-10 in its binary version, or it is damaged ({problem}). Delete it to "
            "fetch it again.",
            file=archive,
            problem=problem,
        )
    )


def _records(archive: Path, name: str, body: bytes, num_classes: int) -> npt.NDArray[np.uint8]:
    """The pictures of one file with their classes before them, uint8 [N, 3073]."""
    if not body or len(body) % _RECORD:
        raise DataError(
            _(
                "{file}: {member} holds {count} bytes, which are not whole pictures of {record} bytes each.",
                file=archive,
                member=name,
                count=len(body),
                record=_RECORD,
            )
        )
    records = np.frombuffer(body, np.uint8).reshape(-1, _RECORD)
    if (greatest := int(records[:, 0].max())) >= num_classes:
        raise DataError(
            _(
                "{file}: {member} holds the class {label}; {names} names {count}.",
                file=archive,
                member=name,
                label=greatest,
                names=_NAMES,
                count=num_classes,
            )
        )
    return records
