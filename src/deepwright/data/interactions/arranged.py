"""Interactions in the order in which users had them, and what a user had taken before each.

Rows are sorted by user, and those of a user by time: what was taken before a row are the rows of the same user above
it. Nothing is copied for a row, however long the history.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
Names = npt.NDArray[Any]


@dataclass(frozen=True)
class Features:
    """Features of some things, by their place.

    Attributes:
        names: of all features.
        numbers: for each thing those that it has, rising; none of a thing of which nothing is known.
        titles: what each thing is called where a column says so; empty where none does.
    """

    names: tuple[str, ...]
    numbers: tuple[tuple[int, ...], ...]
    titles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Interactions:
    """Who took what, sorted by user and by the order in which each user did so.

    Attributes:
        users: [N] int32, the place of each row's user in ``user_names``; they never fall.
        items: [N] int32, the place of each row's item in ``item_names``.
        user_names: [U] what the user calls each user.
        item_names: [I] what the user calls each item; those that nobody took stand at the end.
        times: [N] when, in seconds or whatever else they count; None where that is not known.
        item_features: what is known of items; None where nothing is.
        user_features: what is known of users.
    """

    users: npt.NDArray[np.int32]
    items: npt.NDArray[np.int32]
    user_names: Names
    item_names: Names
    times: npt.NDArray[np.float64] | None = None
    item_features: Features | None = None
    user_features: Features | None = None

    def __len__(self) -> int:
        return len(self.users)

    @cached_property
    def starts(self) -> IntArray:
        """[U + 1] the first row of each user, and the number of rows."""
        return np.searchsorted(self.users, np.arange(len(self.user_names) + 1)).astype(np.int64)


class _AtRows(Sequence[Any]):
    """Values of a column at some interactions.

    Args:
        of: all interactions.
        rows: [n] those that are meant.
    """

    def __init__(self, of: Interactions, rows: IntArray) -> None:
        self.of, self.rows = of, rows

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def shape(self) -> tuple[int]:
        """[n]."""
        return (len(self),)


class Histories(_AtRows):
    """Users, each at one of their interactions: the values of a column of the kind ``user``.

    A single one is a pair of the user's name and the names of the items before, which is how users are given raw.

    Args:
        of: all interactions.
        rows: [n] the interaction at which each user stands; what stands before it is the history.
    """

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, int | np.integer):
            row = self.rows[index]
            user = self.of.users[row]
            return str(self.of.user_names[user]), self.of.item_names[self.of.items[self.of.starts[user] : row]].tolist()
        return Histories(self.of, self.rows[index])

    @property
    def users(self) -> npt.NDArray[np.int32]:
        """[n] the place of each user among the names."""
        return self.of.users[self.rows]

    @property
    def starts(self) -> IntArray:
        """[n] the first row of each history."""
        return self.of.starts[self.users]

    def last_of_each(self, rows: IntArray) -> IntArray:
        """Places among some rising rows of the last one of each user, if it has one before."""
        users = self.users[rows]
        last = np.append(np.diff(users) != 0, True)
        return np.flatnonzero(last & (self.rows[rows] > self.starts[rows]))

    def tolist(self) -> list[str]:
        """The users' names."""
        names: list[str] = self.of.user_names[self.users].tolist()
        return names

    def parts(self) -> Iterator[bytes]:
        """What a hash of the values is made of."""
        yield "\0".join(self.tolist()).encode()
        yield np.ascontiguousarray(self.rows - self.starts).tobytes()


class Taken(_AtRows):
    """Items that were taken: the values of a column of the kind ``item``.

    Args:
        of: all interactions.
        rows: [n] those that are meant.
    """

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, int | np.integer):
            return str(self.of.item_names[self.of.items[self.rows[index]]])
        return Taken(self.of, self.rows[index])

    @property
    def items(self) -> npt.NDArray[np.int32]:
        """[n] the place of each item among the names."""
        return self.of.items[self.rows]

    def tolist(self) -> list[str]:
        """The items' names."""
        names: list[str] = self.of.item_names[self.items].tolist()
        return names

    def parts(self) -> Iterator[bytes]:
        """What a hash of the values is made of."""
        yield "\0".join(self.tolist()).encode()
