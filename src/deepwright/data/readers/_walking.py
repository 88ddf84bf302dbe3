"""The files below a folder, in the order of their names, without those that systems leave behind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

#: What Windows and macOS leave in folders and archives; hidden files are left out as well.
_SKIPPED = ("thumbs.db", "desktop.ini", "__macosx")
_CLASS_DEPTH = 2


class Entry(NamedTuple):
    """A file, or a folder that cannot be opened.

    Attributes:
        path: where it is.
        parts: its name below the root, from the first folder to the file.
    """

    path: Path
    parts: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its path below the root, with ``/`` on every system."""
        return "/".join(self.parts)


def walk(root: Path) -> Iterator[Entry]:
    """Everything below a folder; links are followed, but no folder is entered twice for the same class."""
    yield from _below(root, (), {_identity(root)})


def right_below(folder: Path) -> tuple[list[Path], list[Path]]:
    """The files and the folders in a folder, without what lies deeper."""
    below = [Path(entry.path) for entry in sorted(os.scandir(folder), key=_name) if _counts(entry.name)]
    return [path for path in below if not path.is_dir()], [path for path in below if path.is_dir()]


def readable(name: str) -> str:
    """A name that is not UTF-8, as from an archive that was unpacked with the wrong encoding, as text."""
    data = os.fsencode(name)
    for encoding in ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("utf-8", "replace")


def _below(folder: Path, parts: tuple[str, ...], seen: set[tuple[int, int]]) -> Iterator[Entry]:
    try:
        entries = sorted(os.scandir(folder), key=_name)
    except OSError:
        yield Entry(folder, parts)
        return
    for entry in entries:
        path, inner = Path(entry.path), (*parts, readable(entry.name))
        if not _counts(entry.name):
            continue
        if not _is_folder(entry):
            yield Entry(path, inner)
        elif (identity := _identity(path)) not in seen:
            # two links to one folder are two classes, but within a class they would be the same pictures twice
            visited = set(seen) if len(inner) <= _CLASS_DEPTH else seen
            visited.add(identity)
            yield from _below(path, inner, visited)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _counts(name: str) -> bool:
    return not name.startswith(".") and name.casefold() not in _SKIPPED


def _identity(folder: Path) -> tuple[int, int]:
    about = folder.stat()
    return about.st_dev, about.st_ino
