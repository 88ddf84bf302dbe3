"""Archives of such data: zip, and tar with gzip, bzip2, xz or nothing.

An archive is unpacked once, into the cache, and then read like a folder.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deepwright.config.settings import DataSettings
from deepwright.data.files.cache import cache_folder, made_once
from deepwright.data.files.unpacking import unpack
from deepwright.data.readers._meant import meant
from deepwright.data.readers._walking import right_below, walk
from deepwright.data.readers.folder import Folder, is_picture, read_folder
from deepwright.data.readers.idx import Idx
from deepwright.data.readers.interactions import InteractionFiles
from deepwright.data.readers.parallel import Parallel
from deepwright.data.readers.table import TableFile
from deepwright.data.table import Table
from deepwright.errors import ConfigError, DataError
from deepwright.messages import _

__all__ = ["Archive"]

_log = logging.getLogger(__name__)
_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
_CONTENT, _INDEX = "content", "index.json"


class Archive:
    """A file ``.zip``, ``.tar``, ``.tar.gz``, ``.tar.bz2`` or ``.tar.xz`` of what the other readers read."""

    def matches(self, source: Path) -> bool:
        """Whether a file is named like an archive."""
        return source.is_file() and source.name.casefold().endswith(_SUFFIXES)

    def read(self, source: Path, settings: DataSettings) -> Table:
        """The table that is read from its content, of which the archive is the source.

        Raises:
            DataError: it cannot be unpacked safely, or its content cannot be read.
            StorageError: the cache cannot be written.
        """
        with source.open("rb") as stream:
            folder = cache_folder() / "archives" / hashlib.file_digest(stream, "sha256").hexdigest()
        content = made_once(folder, _intact, lambda fresh: _unpacked(source, folder, fresh))
        root = _unwrapped(content)
        prefix = "".join(f"{part}/" for part in root.relative_to(content).parts)
        with _named(root, source):
            interactions = settings.interactions is not False and InteractionFiles().matches(root)
            if not interactions and Folder().matches(root) and meant(root, settings) != "text":
                return read_folder(root, settings, str(source), prefix, content)
            from deepwright.data.reading import read_table

            return dataclasses.replace(read_table(str(root), settings), source=str(source))


def _unpacked(source: Path, place: Path, fresh: Path) -> None:
    _log.info(_("Unpacking {source} once into {folder}.", source=source, folder=place))
    (fresh / _CONTENT).mkdir()
    unpack(source, fresh / _CONTENT)
    (fresh / _INDEX).write_text(json.dumps(_sizes(fresh / _CONTENT)), encoding="utf-8")


def _intact(folder: Path) -> Path | None:
    """The content, if every file is there as it was unpacked."""
    try:
        whole = json.loads((folder / _INDEX).read_text(encoding="utf-8")) == _sizes(folder / _CONTENT)
    except (OSError, ValueError):
        return None
    return folder / _CONTENT if whole else None


def _sizes(content: Path) -> dict[str, int]:
    return {entry.name: entry.path.stat().st_size for entry in walk(content)}


def _unwrapped(folder: Path) -> Path:
    """The innermost folder that holds all of the content: archives often wrap it into one, or several.

    A folder with pictures right in it is a class; what is beside the folders without being data is no content.
    """
    files, folders = right_below(folder)
    if (
        len(folders) != 1
        or Idx().matches(folder)
        or Parallel().matches(folder)
        or any(is_picture(file) or TableFile().matches(file) for file in files)
    ):
        return folder
    return folder if any(map(is_picture, right_below(folders[0])[0])) else _unwrapped(folders[0])


@contextmanager
def _named(root: Path, source: Path) -> Iterator[None]:
    """Errors name the archive that the user gave, not the place that it was unpacked to."""
    try:
        yield
    except (ConfigError, DataError) as error:
        raise type(error)(str(error).replace(str(root), str(source))) from None
