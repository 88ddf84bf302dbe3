"""Pictures in folders, one for each class, perhaps within train, validation and test.

The class is the first folder below the root or below the part; pictures may lie anywhere in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from deepwright.config.settings import DataSettings
from deepwright.data.pictures.opening import SUFFIXES
from deepwright.data.pictures.reading import read_pictures
from deepwright.data.readers._picture_table import picture_table, tables_in
from deepwright.data.readers._walking import Entry, readable, right_below, walk
from deepwright.data.readers.idx import Idx
from deepwright.data.rejections import Rejections, without_class
from deepwright.data.table import Column, Rejected, Table
from deepwright.data.tabular.raw_tables import table_from
from deepwright.errors import DataError
from deepwright.messages import _, listing, plural

__all__ = ["Folder"]

_PARTS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}
_SHOWN = 5
#: Endings of pictures in formats that are not read: they are missed, as notes beside the pictures are not.
_OTHER_PICTURES = frozenset(
    f".{ending}"
    for ending in (
        *("heic", "heif", "avif", "jxl", "jp2", "psd", "svg", "tga", "ico", "eps"),
        *("raw", "dng", "cr2", "cr3", "nef", "arw", "orf", "rw2"),
    )
)


class Folder:
    """A folder with ``<class>/…`` or with ``train/<class>/…``, ``val/<class>/…`` and ``test/<class>/…``."""

    def matches(self, source: Path) -> bool:
        """Whether a file in it is named like a picture, or one right in it like a table, and none like an IDX file."""
        if not source.is_dir() or Idx().matches(source):
            return False
        return bool(tables_in(source)) or any(is_picture(entry.path) for entry in walk(source))

    def read(self, source: Path, settings: DataSettings) -> Table:
        """The table with columns ``image`` and ``label``, and the splits that the folders give.

        Raises:
            DataError: there are fewer than two classes, or too few pictures that can be used.
        """
        return read_folder(source, settings, str(source))


def read_folder(root: Path, settings: DataSettings, source: str, prefix: str = "", within: Path | None = None) -> Table:
    """Read a folder that the user may know by another name.

    Args:
        root: where it is.
        settings: how pictures are brought to one size.
        source: what the user calls it.
        prefix: of the names of the pictures.
        within: the folder out of which no path in a table may lead; None where any may be named.

    Raises:
        ConfigError: a table in it and the folders could both be meant.
        DataError: there are fewer than two classes, or too few pictures that can be used.
    """
    entries = list(walk(root))
    layout = _Layout(root, source, entries)
    reasons = [layout.reason_against(entry) for entry in entries]
    usable = [entry for entry, why in zip(entries, reasons, strict=True) if not why]
    raw = picture_table(root, settings, source, classes=layout.has_classes(usable))
    if raw is not None:
        return replace(table_from(replace(raw, within=within), settings), source=source)
    layout.require_parts()
    rejected = [Rejected(prefix + entry.name, why) for entry, why in zip(entries, reasons, strict=True) if why]
    lost = {
        row: why
        for row, why in enumerate(reasons)
        if why and (entries[row].path.suffix.casefold() in SUFFIXES or entries[row].path.is_dir())
    }
    Rejections([prefix + entry.name for entry in entries], source, settings.strict).add(lost)
    layout.require_classes(usable)
    names = np.array([prefix + entry.name for entry in usable])
    trained = np.flatnonzero([layout.part(entry) == "train" for entry in usable])
    read = read_pictures([entry.path for entry in usable], names.tolist(), settings, source, trained)
    every = np.array([layout.label(entry) for entry in usable]), np.array([layout.part(entry) for entry in usable])
    positions, unlearnt = without_class(*every, read.kept, names.__getitem__)
    read = read.at(positions)
    kept = [usable[position] for position in read.kept]
    layout.require_classes(kept)
    labels = np.array([layout.label(entry) for entry in kept])
    parts = [layout.part(entry) for entry in kept]
    given = {part: np.flatnonzero(np.array(parts) == part) for part in dict.fromkeys(_PARTS.values()) if part in parts}
    return Table(
        {"image": Column("image", read.values, settings.fit), "label": Column("category", labels)},
        source,
        given if len(given) > 1 else {},
        [*read.notes, *layout.notes(kept)],
        names[read.kept],
        read.files,
        [*rejected, *read.rejected, *unlearnt],
    )


class _Layout:
    """What the folders mean.

    Args:
        root: of all.
        source: what the user calls it.
        entries: all below it.
    """

    def __init__(self, root: Path, source: str, entries: Sequence[Entry]) -> None:
        self.root, self.source = root, source
        tops = {entry.parts[0] for entry in entries if len(entry.parts) > 1 and is_picture(entry.path)}
        parts = {top: _PARTS[top.casefold()] for top in sorted(tops) if top.casefold() in _PARTS}
        classes = [{e.parts[1] for e in entries if len(e.parts) > 2 and e.parts[0] == top} for top in sorted(tops)]
        alike = len(classes) > 1 and bool(classes[0]) and all(names == classes[0] for names in classes)
        given = set(parts) == tops or ("train" in parts.values() and len(set(parts.values())) > 1)
        self.tops, self.odd = tops, tops - set(parts) if not given and "train" in parts.values() and alike else ()
        self.parts: Mapping[str, str] = parts if given else {}
        self.repeated = sorted(classes[0]) if alike and not given and len(classes[0]) > 1 else []

    def part(self, entry: Entry) -> str:
        """The part that an entry belongs to; all train where no parts are given."""
        return self.parts[entry.parts[0]] if self.parts else "train"

    def label(self, entry: Entry) -> str:
        """The class of an entry."""
        return entry.parts[1 if self.parts else 0]

    def reason_against(self, entry: Entry) -> str | None:
        """Why an entry is no picture of a class, as far as its name tells."""
        suffix = entry.path.suffix.casefold()
        if not entry.path.is_file():
            if entry.path.is_dir():
                return _("It cannot be opened.")
            return _("It is a link to what is not there.") if entry.path.is_symlink() else _("It is no file.")
        if suffix and suffix not in SUFFIXES | _OTHER_PICTURES:
            return _("It is not named like a picture.")
        if self.parts and entry.parts[0] not in self.parts:
            return _("It lies beside the folders {parts}, not in one of them.", parts=listing(self.parts))
        if len(entry.parts) < (3 if self.parts else 2):
            return _("It lies beside the folders of the classes, not in one of them.")
        return None

    def has_classes(self, entries: Iterable[Entry]) -> bool:
        """Whether there are two classes or more."""
        return len({self.label(entry) for entry in entries}) > 1

    def require_parts(self) -> None:
        """No folders that are parts by their content, but not by their names.

        Raises:
            DataError: there are some.
        """
        if self.odd:
            raise DataError(
                _(
                    "{source} holds the same classes in {folders}; parts are named train, val or validation, and test. "
                    "Rename {others}.",
                    source=self.source,
                    folders=listing(sorted(self.tops)),
                    others=listing(sorted(self.odd)),
                )
            )

    def require_classes(self, entries: Sequence[Entry]) -> None:
        """At least two classes to train on.

        Raises:
            DataError: there are fewer.
        """
        if self.parts and "train" not in self.parts.values():
            raise DataError(
                _(
                    "{source} has no folder train, only {parts}; pictures to train on are needed as well.",
                    source=self.source,
                    parts=listing(self.parts),
                )
            )
        classes = sorted({self.label(entry) for entry in entries if self.part(entry) == "train"})
        if not classes:
            raise DataError(
                _(
                    "{source} holds no picture in a folder of its class; put the pictures of each class into a folder "
                    "with its name, such as {example}, or give the table that says what they show.",
                    source=self.source,
                    example="cat/1.jpg",
                )
            )
        if len(classes) == 1:
            raise DataError(
                _(
                    "{source} holds pictures of a single class, {name}; at least two are needed, each in a folder of "
                    "its own right below it. If the folders within {name} are the classes, give that folder; if the "
                    "classes stand in a table, give the table.",
                    source=self.source,
                    name=classes[0],
                )
            )

    def notes(self, kept: Sequence[Entry]) -> list[str]:
        """Folders without a usable picture, and classes with a single one."""
        filled = {entry.parts[: 2 if self.parts else 1] for entry in kept}
        empty = [folder for folder in self._class_folders() if folder not in filled]
        counts = Counter(self.label(entry) for entry in kept if self.part(entry) == "train")
        single = sorted(name for name, count in counts.items() if count == 1)
        found = []
        if self.repeated:
            found.append(
                _(
                    "The classes are the folders {tops}; each of them holds the same folders, {repeated}, which are "
                    "not told apart. If those are the classes, give one of the upper folders.",
                    tops=_first(sorted(self.tops)),
                    repeated=_first(self.repeated),
                )
            )
        if empty:
            found.append(
                plural(
                    "{n} folder holds no picture that can be used: {names}.",
                    "{n} folders hold no picture that can be used: {names}.",
                    len(empty),
                    names=_first("/".join(folder) for folder in empty),
                )
            )
        if single:
            found.append(
                plural(
                    "{n} class has a single picture to learn from: {names}.",
                    "{n} classes have a single picture to learn from: {names}.",
                    len(single),
                    names=_first(single),
                )
            )
        return found

    def _class_folders(self) -> list[tuple[str, ...]]:
        above: list[tuple[str, ...]] = [(part,) for part in self.parts] or [()]
        return [
            (*names, readable(folder.name)) for names in above for folder in right_below(self.root.joinpath(*names))[1]
        ]


def is_picture(path: Path) -> bool:
    """Whether a file is named like a picture."""
    return path.suffix.casefold() in SUFFIXES and path.is_file()


def _first(names: Iterable[str]) -> str:
    first = list(islice(names, _SHOWN + 1))
    return listing([*first[:_SHOWN], "…"] if len(first) > _SHOWN else first)
