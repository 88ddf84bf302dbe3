"""The cache: folders that are made once from the user's files, by one process at a time, and made anew if damaged.

It is in ``$DEEPWRIGHT_CACHE``, else ``$XDG_CACHE_HOME/deepwright``, else ``~/.cache/deepwright``. All of it can be
deleted at any time when nothing runs.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from filelock import FileLock, Timeout

from deepwright.errors import DataError, StorageError
from deepwright.messages import _
from deepwright.paths import place

_log = logging.getLogger(__name__)
T = TypeVar("T")
_VARIABLE = "DEEPWRIGHT_CACHE"
_MEMORY = Path("/proc/meminfo")


def cache_folder() -> Path:
    """Where the cache is; it need not exist."""
    if folder := os.environ.get(_VARIABLE):
        return place(folder, _VARIABLE)
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return place(home, "XDG_CACHE_HOME") / "deepwright"


def made_once(folder: Path, load: Callable[[Path], T | None], make: Callable[[Path], None]) -> T:
    """What ``load`` finds in a folder of the cache; where it finds nothing whole, the folder is made first.

    Args:
        folder: its name stands for all that decides what is in it.
        load: reads the folder, which may be missing or damaged; None if it cannot be used.
        make: fills an empty folder, which takes its place when it is complete and on the disk.

    Raises:
        StorageError: the cache cannot be written.
    """
    if (found := load(folder)) is not None:
        return found
    with _as_storage_error(folder.parent):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            if (found := load(folder)) is not None:  # made by another process while this one waited
                return found
            _replace(folder, make)
            found = load(folder)
    if found is None:
        raise StorageError(_("The files behind {folder} changed while they were read; start again.", folder=folder))
    return found


def free_bytes(path: Path) -> int:
    """Bytes that can be written below a path, which need not exist yet."""
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


def available_memory() -> int | None:
    """Bytes that can be allocated without swapping; None where the system does not say."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in _MEMORY.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return None


def require_space(folder: Path, num_bytes: int, what: str) -> None:
    """Refuse to begin what cannot be finished.

    Raises:
        DataError: fewer bytes are free.
    """
    if (free := free_bytes(folder)) < num_bytes:
        raise DataError(
            _(
                "{what} needs {needed} in {folder}, where {free} are free. Make room, or name another folder in "
                "{variable}.",
                what=what,
                needed=in_bytes(num_bytes),
                folder=folder,
                free=in_bytes(free),
                variable=_VARIABLE,
            )
        )


def in_bytes(count: int) -> str:
    """A number of bytes for people: ``7.53 GB``."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} B"


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    lock = FileLock(f"{folder}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        _log.info(_("Another process is preparing the same data in {folder}; waiting for it.", folder=folder))
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _replace(folder: Path, make: Callable[[Path], None]) -> None:
    """Only the holder of the lock makes folders of this key, so that all others are left from processes that died."""
    for left in folder.parent.glob(f"{folder.name}.*.tmp"):
        shutil.rmtree(left, ignore_errors=True)
    fresh = Path(tempfile.mkdtemp(".tmp", f"{folder.name}.", folder.parent))
    try:
        make(fresh)
        _flush(fresh)
        if folder.exists():
            shutil.rmtree(folder)
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _flush(folder: Path) -> None:
    for file in folder.iterdir():
        if file.is_file():
            with file.open("rb") as stream:
                os.fsync(stream.fileno())


@contextlib.contextmanager
def _as_storage_error(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        problem = error.strerror if error.errno != errno.ENOSPC else _("the disk is full")
        raise StorageError(
            _(
                "The cache {folder} cannot be written: {problem}. Name another folder in {variable}.",
                folder=folder,
                problem=problem or error,
                variable=_VARIABLE,
            )
        ) from None
