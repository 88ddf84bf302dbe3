"""A table: typed columns of equal length, where they came from, and the splits they were given in."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from deepwright.data.interactions.arranged import Histories, Taken
from deepwright.data.stored import chunks
from deepwright.data.texts.passages import Passages
from deepwright.errors import ConfigError, DataError, nearest
from deepwright.messages import _, listing

ColumnKind = Literal["image", "category", "labels", "number", "text", "time", "user", "item"]
#: An array; pictures that do not fit into memory are StoredPictures, parts of long texts are Passages, users with what
#: they took before are Histories, and what they took is Taken.
Values = Any


@dataclass(frozen=True)
class Column:
    """The values of one column.

    Attributes:
        kind: what they are: image (uint8 [N, H, W] or [N, H, W, 3]), category (text [N]), labels (any number of
            classes for each row: tuples of text [N]), number (float64 [N], NaN where it is missing), text, time, user
            (with what the user took before) or item (that a user took).
        values: one entry along the first axis for each row.
        fit: how a picture of another shape is brought to the size of these: crop, pad or stretch.
    """

    kind: ColumnKind
    values: Values
    fit: Literal["crop", "pad", "stretch"] = "stretch"

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: npt.NDArray[np.int64]) -> Column:
        """The column at some rows, in their order."""
        return Column(self.kind, self.values[rows], self.fit)


@dataclass(frozen=True)
class Rejected:
    """A picture or row that could not be used.

    Attributes:
        name: what the user calls it: a path below the source, or a line of a table.
        reason: why, as a translated sentence.
    """

    name: str
    reason: str


@dataclass(frozen=True)
class Files:
    """The picture files behind the rows, as they were before they were brought to one size and mode.

    Attributes:
        widths: [N] pixels.
        heights: [N] pixels.
        modes: [N] Pillow's names: L, RGB, CMYK, P, RGBA, I;16, …
        formats: [N] Pillow's names: JPEG, PNG, …
    """

    widths: npt.NDArray[np.int64]
    heights: npt.NDArray[np.int64]
    modes: npt.NDArray[Any]
    formats: npt.NDArray[Any]


@dataclass(frozen=True)
class Table:
    """Columns of equal length.

    Attributes:
        columns: by name.
        source: where they came from, as the user named it.
        given: the rows of each split that the data itself provides; empty if it provides none.
        notes: what the reader decided or noticed, as translated sentences.
        names: [N] what the user calls each row, such as its path below the source; None where rows have no names.
        files: the picture files of the rows as they were; None where the pictures were arrays.
        rejected: what could not be used.
    """

    columns: Mapping[str, Column]
    source: str
    given: Mapping[str, npt.NDArray[np.int64]] = field(default_factory=dict)
    notes: Sequence[str] = ()
    names: npt.NDArray[Any] | None = None
    files: Files | None = None
    rejected: Sequence[Rejected] = ()

    def __post_init__(self) -> None:
        lengths = {name: len(column) for name, column in self.columns.items()}
        if len(set(lengths.values())) > 1:
            raise DataError(
                _(
                    "{source}: the columns differ in length: {lengths}.",
                    source=self.source,
                    lengths=", ".join(f"{k} {v}" for k, v in lengths.items()),
                )
            )
        if not lengths or not next(iter(lengths.values())):
            raise DataError(_("{source} has no rows.", source=self.source))

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def take(self, rows: npt.NDArray[np.int64]) -> Table:
        """Some rows, in their order."""
        columns = {name: column.take(rows) for name, column in self.columns.items()}
        return Table(columns, self.source, names=None if self.names is None else self.names[rows])

    def without(self, names: Collection[str | None]) -> Table:
        """All rows, some columns left away."""
        return replace(self, columns={name: column for name, column in self.columns.items() if name not in names})

    def require(self, column: str | None, key: str) -> Column:
        """The column that a setting names.

        Args:
            column: its name.
            key: of the setting.

        Raises:
            ConfigError: there is no such column.
        """
        if column is not None and column in self.columns:
            return self.columns[column]
        near = nearest(column, self.columns) if column else []
        raise ConfigError(
            _(
                "{key} names the column {column!r}; {source} has: {known}.",
                key=key,
                column=column,
                source=self.source,
                known=listing(self.columns),
            )
            + (" " + _("Did you mean {names}?", names=listing(near)) if near else "")
        )

    def named(self, kind: ColumnKind) -> list[str]:
        """The names of the columns of a kind."""
        return [name for name, column in self.columns.items() if column.kind == kind]

    @cached_property
    def sha256(self) -> str:
        """Hash of all values, independent of the files they were read from."""
        digest = hashlib.sha256()
        for name, column in sorted(self.columns.items()):
            values = column.values
            if isinstance(values, Histories | Taken):
                digest.update(f"{name}\0{column.kind}\0{values.shape}\0".encode())
                for of_values in values.parts():
                    digest.update(of_values)
                continue
            digest.update(f"{name}\0{column.kind}\0{values.shape}\0{values.dtype.str}\0".encode())
            if column.kind == "image":
                for part in chunks(values):
                    digest.update(np.ascontiguousarray(part).tobytes())
            elif isinstance(values, Passages):
                for text, follows in zip(values, values.follows.tolist(), strict=True):
                    digest.update(text.encode() + (b"\1" if follows else b"\0"))
            elif values.dtype == object:
                digest.update(repr(values.tolist()).encode())
            else:
                digest.update(np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()
