"""Paths as people write them: ``~`` is a home, where there is one."""

from __future__ import annotations

from pathlib import Path

from deepwright.errors import StorageError
from deepwright.messages import _


def expanded(path: str | Path) -> Path:
    """A path with the home that it begins with; ``~name`` of nobody, such as ``~draft.png``, is a name like others."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def place(path: str | Path, named_by: str) -> Path:
    """A path at which something is going to be written.

    Args:
        path: as it was written.
        named_by: what holds it: a variable or a setting.

    Raises:
        StorageError: it begins with the home of nobody.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise StorageError(
            _(
                "{named_by} is {path}, but {user} has no home folder here; give a full path.",
                named_by=named_by,
                path=path,
                user=Path(path).parts[0],
            )
        ) from None
