"""Data sets that are published elsewhere: taken from the data folder, and fetched into it where they are missing.

The data folder is ``$DEEPWRIGHT_DATA``, else ``$XDG_DATA_HOME/deepwright/data``, else
``~/.local/share/deepwright/data``; the files of a data set are in ``<data folder>/<name>``. ``$DEEPWRIGHT_MIRROR``
takes the place of the public mirrors: one or more URLs, separated by spaces, that hold the same folders; ``off``
fetches nothing.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from deepwright.data.files.downloading import UnavailableError, download, sha256_of
from deepwright.errors import DataError, StorageError
from deepwright.messages import _, listing
from deepwright.paths import place

_log = logging.getLogger(__name__)
_FOLDER, _MIRROR, _OFF = "DEEPWRIGHT_DATA", "DEEPWRIGHT_MIRROR", "off"


@dataclass(frozen=True)
class Published:
    """Files that anyone can fetch.

    Attributes:
        name: the registered name of the data set, and of its folder.
        files: SHA-256 by name.
        mirrors: URLs below which the files are, best first.
    """

    name: str
    files: Mapping[str, str]
    mirrors: Sequence[str]


def data_folder() -> Path:
    """Where fetched data sets are; it need not exist."""
    if folder := os.environ.get(_FOLDER):
        return place(folder, _FOLDER)
    home = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return place(home, "XDG_DATA_HOME") / "deepwright" / "data"


def fetch(published: Published) -> tuple[Path, list[str]]:
    """The folder with all files of a data set, and remarks about them; what is missing is fetched.

    Files that are there already are used as they are, but it is said where they differ from what was published.

    Raises:
        DataError: a file can be had from no mirror, or not be read.
        StorageError: the folder cannot be written.
    """
    folder = data_folder() / published.name
    if _missing(published, folder):
        _fetch(published, folder)
    others = [file for file, sha256 in published.files.items() if _sha256(folder / file) != sha256]
    if not others:
        return folder, []
    remark = _(
        "Not the files that were published, by their SHA-256, but used as they are: {files} in {folder}.",
        files=listing(others),
        folder=folder,
    )
    return folder, [remark]


def _missing(published: Published, folder: Path) -> list[str]:
    return [file for file in published.files if not (folder / file).is_file()]


def _fetch(published: Published, folder: Path) -> None:
    bases = _bases(published)
    if not bases:
        problem = _("{variable}={value} forbids to fetch it", variable=_MIRROR, value=_OFF)
        raise _unavailable(published, folder, problem)
    with _alone(published, folder):
        missing = _missing(published, folder)
        _log.info(_("Fetching {files} into {folder}.", files=listing(missing), folder=folder))
        with _progress() as progress:
            for file in missing:
                show = partial(_show, progress, progress.add_task(file, total=None))
                try:
                    download(folder / file, published.files[file], [f"{base}/{file}" for base in bases], show)
                except UnavailableError as error:
                    raise _unavailable(published, folder, str(error)) from None


def _bases(published: Published) -> list[str]:
    """URLs below which the files of a data set are."""
    own = os.environ.get(_MIRROR)
    if not own:
        return [mirror.rstrip("/") for mirror in published.mirrors]
    return [] if own == _OFF else [f"{mirror.rstrip('/')}/{published.name}" for mirror in own.split()]


def _unavailable(published: Published, folder: Path, problem: str) -> DataError:
    return DataError(
        _(
            "{name} is not complete in {folder} and could not be fetched ({problem}). Put {files} there by hand, or "
            "name in {variable} the folder that holds {name}/.",
            name=published.name,
            folder=folder,
            problem=problem,
            files=listing(_missing(published, folder)),
            variable=_FOLDER,
        )
    )


def _sha256(file: Path) -> str:
    try:
        return sha256_of(file)
    except OSError as error:
        raise DataError(_("{file} cannot be read: {problem}.", file=file, problem=error.strerror)) from None


def _progress() -> Progress:
    console = Console(stderr=True, highlight=False)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _show(progress: Progress, bar: TaskID, size: int, total: int | None) -> None:
    progress.update(bar, completed=size, total=total)


@contextlib.contextmanager
def _alone(published: Published, folder: Path) -> Iterator[None]:
    """One process fetches at a time; the others wait and find the files."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            _log.info(_("Another process is fetching {name}; waiting for it.", name=published.name))
            lock.acquire()
    except OSError as error:
        raise StorageError(
            _(
                "{name} is to be fetched into {folder}, which cannot be written: {problem}. Name in {variable} a "
                "folder that can be written or that holds {name}/ with {files}.",
                name=published.name,
                folder=folder,
                problem=error.strerror,
                variable=_FOLDER,
                files=listing(_missing(published, folder)),
            )
        ) from None
    try:
        yield
    finally:
        lock.release()
