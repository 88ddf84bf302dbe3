"""NumPy arrays in one file (``.npz``): pictures and labels, perhaps divided into train, validation and test.

Arrays are found by name: ``images`` and ``labels``, ``x_train`` and ``y_train``, ``train_images`` and ``train_labels``
and their like; shapes decide where names do not. Nothing in the file is executed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from deepwright.config.settings import DataSettings
from deepwright.data.readers._array_archive import ArrayArchive, open_archive
from deepwright.data.table import Table
from deepwright.data.tabular.arrays import from_array, is_pictures
from deepwright.data.tabular.columns import Typed, by_row
from deepwright.data.tabular.raw import RawTable
from deepwright.data.tabular.raw_tables import table_from
from deepwright.errors import ConfigError, DataError
from deepwright.messages import _, listing

__all__ = ["Npz"]

_IMAGES, _LABELS = ("images", "image", "x", "data"), ("labels", "label", "y", "targets", "target")
_PARTS = {"train": "train", "val": "validation", "valid": "validation", "validation": "validation", "test": "test"}
_IN_ORDER = ("train", "validation", "test")
_DIVIDED = re.compile(
    rf"(?P<part>{'|'.join(_PARTS)})_(?P<what>\w+)|(?P<what_first>\w+)_(?P<part_last>{'|'.join(_PARTS)})", re.IGNORECASE
)


class Npz:
    """A file ``.npz`` with arrays of pictures and labels, one of each or one of each for every split."""

    def matches(self, source: Path) -> bool:
        """Whether the file is named like an archive of arrays."""
        return source.is_file() and source.suffix.casefold() == ".npz"

    def read(self, source: Path, settings: DataSettings) -> Table:
        """The table with the arrays as columns; ``image`` and ``label`` where they are divided into splits.

        Raises:
            ConfigError: a role names an array that is not there.
            DataError: the file is damaged, holds no pictures, or does not say which arrays belong together.
        """
        with open_archive(source) as archive:
            parts = _parts(archive.headers)
            raw = _divided(archive, parts) if parts else _whole(archive, settings)
        return table_from(raw, settings)


def _parts(names: Iterable[str]) -> dict[str, dict[str, str]]:
    """The arrays ``image`` and ``label`` of each split; empty if names do not divide the arrays."""
    found: dict[str, dict[str, str]] = {}
    for name in names:
        if match := _DIVIDED.fullmatch(name):
            part, what = match["part"] or match["part_last"], match["what"] or match["what_first"]
            role = "image" if what.casefold() in _IMAGES else "label" if what.casefold() in _LABELS else None
            if role:
                found.setdefault(_PARTS[part.casefold()], {}).setdefault(role, name)
    return {part: found[part] for part in _IN_ORDER if part in found}


def _divided(archive: ArrayArchive, parts: Mapping[str, Mapping[str, str]]) -> RawTable:
    """The arrays of all splits, one after the other."""
    for part, names in parts.items():
        if "image" not in names or ("label" not in names and any("label" in other for other in parts.values())):
            raise DataError(
                _(
                    "{source} lacks the pictures or the labels of {part}; its arrays are: {arrays}.",
                    source=archive.source,
                    part=part,
                    arrays=archive,
                )
            )
        _require_same_length(archive, names["image"], names.get("label"))
    if "train" not in parts:
        raise DataError(
            _("{source} has no arrays to train on; its arrays are: {arrays}.", source=archive.source, arrays=archive)
        )
    arrays = archive.load([name for names in parts.values() for name in names.values()])
    columns = {}
    for role in ("image", "label") if "label" in parts["train"] else ("image",):
        joined = [arrays[names[role]] for names in parts.values()]
        if len({array.shape[1:] for array in joined}) > 1:
            raise DataError(
                _(
                    "{source}: the splits differ in shape; its arrays are: {arrays}.",
                    source=archive.source,
                    arrays=archive,
                )
            )
        columns[role] = from_array(role, np.concatenate(joined), by_row)
    counts = {part: len(arrays[names["image"]]) for part, names in parts.items()}
    note = _("The arrays give the splits: {parts}.", parts=listing(f"{part} {n}" for part, n in counts.items()))
    return RawTable(
        columns, str(archive.source), by_row, notes=[note], parts=np.repeat(list(counts), list(counts.values()))
    )


def _whole(archive: ArrayArchive, settings: DataSettings) -> RawTable:
    """The array of pictures and all others that have a value for each of them."""
    image = _pictures(archive, settings)
    label = settings.columns.get("label") or next((n for n in archive.headers if n.casefold() in _LABELS), None)
    _require_same_length(archive, image, label)
    count = archive.headers[image].shape[0]
    fitting = [
        name
        for name, header in archive.headers.items()
        if name in (image, label)
        or (header.shape[:1] == (count,) and len(header.shape) <= 2 and not header.dtype.hasobject)
    ]
    columns: dict[str, Typed | None] = dict.fromkeys(archive.headers)
    for name, array in archive.load(fitting).items():
        try:
            columns[name] = from_array(name, array, by_row)
        except DataError:
            if name in (image, label):
                raise
    return RawTable(columns, str(archive.source), by_row)


def _pictures(archive: ArrayArchive, settings: DataSettings) -> str:
    """The array of pictures: the one that the settings name, else one of a usual name, else the only one."""
    for name in settings.columns.values():
        if name not in archive.headers:
            raise ConfigError(
                _(
                    "data.columns names the array {name!r}; {source} holds: {arrays}.",
                    name=name,
                    source=archive.source,
                    arrays=archive,
                )
            )
    wanted = settings.columns.get("image", settings.columns.get("input"))
    possible = archive.headers if wanted is None else [wanted]
    pictures = [name for name in possible if is_pictures(archive.headers[name].shape)]
    usual = [name for name in pictures if name.casefold() in _IMAGES]
    if len(found := usual or pictures) == 1:
        return found[0]
    if not found:
        raise DataError(
            _(
                "{source} holds no pictures [N, H, W] or [N, H, W, 3]; its arrays are: {arrays}.",
                source=archive.source,
                arrays=archive,
            )
        )
    raise ConfigError(
        _(
            "{source} holds several arrays of pictures: {arrays}. Choose with --set data.columns.image=NAME.",
            source=archive.source,
            arrays=archive,
        )
    )


def _require_same_length(archive: ArrayArchive, image: str, label: str | None) -> None:
    if label is None:
        return
    pictures, labels = (archive.headers[name].shape[:1] for name in (image, label))
    if pictures != labels:
        raise DataError(
            _(
                "{source}: {image} and {label} differ in length; its arrays are: {arrays}.",
                source=archive.source,
                image=image,
                label=label,
                arrays=archive,
            )
        )
