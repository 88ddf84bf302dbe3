"""What can be said of interactions before anything is learnt: how many, how spread, and how the splits meet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from deepwright.contracts import IntArray
from deepwright.data.interactions.arranged import Histories
from deepwright.data.splits import Splits
from deepwright.measurements import Measurement

#: The head of the items is one part of so many, those that were taken most.
HEAD = 10
#: Places of the curve of shares.
_POINTS = 60


@dataclass(frozen=True)
class Divided:
    """How the test split meets what is learnt from.

    Attributes:
        method: of the split.
        users: with an interaction in the test split.
        cold_users: of these, without one in the training split.
        items: that are in the test split.
        cold_items: of these, that are not in the training split.
        untested: users without an interaction in the test split.
    """

    method: str
    users: int
    cold_users: int
    items: int
    cold_items: int
    untested: int


@dataclass(frozen=True)
class OfInteractions:
    """What the interactions are.

    Attributes:
        users: with an interaction.
        items: with an interaction.
        untaken: items of which something is known and that nobody took.
        density: share of all pairs of a user and an item that are there.
        per_user: least, median and greatest number of interactions of a user.
        per_item: the same of an item.
        head: items that are the most taken tenth.
        head_share: share of all interactions that they have.
        curve: shares of the items, the most taken first, and of the interactions that they have, from 0 to 1.
        tied: users with several interactions of one time; None where time does not order them.
        drawn: whether the order of these is drawn.
        period: the first and the last time; None where no column says when.
        divided: how the splits meet; None where there are none.
    """

    users: int
    items: int
    untaken: int
    density: float
    per_user: tuple[int, float, int]
    per_item: tuple[int, float, int]
    head: int
    head_share: float
    curve: tuple[tuple[float, float], ...]
    tied: int | None
    drawn: bool
    period: tuple[float, float] | None
    divided: Divided | None

    def measurements(self, rows: int) -> Iterator[Measurement]:
        """What a report may claim of so many interactions."""
        yield Measurement("density", self.density, "share", "inspection", {"users": self.users, "items": self.items})
        for name, (least, median, greatest), n in (
            ("interactions_per_user", self.per_user, self.users),
            ("interactions_per_item", self.per_item, self.items),
        ):
            spread = {"least": least, "greatest": greatest}
            yield Measurement(name, float(median), "interactions", "inspection", spread, n=n)
        head = {"head": self.head, "items": self.items}
        yield Measurement("long_tail", self.head_share, "share", "inspection", head, n=rows)
        if self.tied is not None:
            drawn = {"drawn": self.drawn}
            yield Measurement("tied_users", float(self.tied), "users", "inspection", drawn, n=self.users)
        if (found := self.divided) is None:
            return
        how = {"method": found.method}
        for name, count, unit, n in (
            ("cold_users", found.cold_users, "users", found.users),
            ("warm_users", found.users - found.cold_users, "users", found.users),
            ("cold_items", found.cold_items, "items", found.items),
        ):
            yield Measurement(name, float(count), unit, "inspection", how, split="test", n=n)
        yield Measurement("untested_users", float(found.untested), "users", "inspection", how, n=self.users)


def interactions_of_users(histories: Histories, splits: Splits | None, drawn: bool, by_time: bool) -> OfInteractions:
    """What the interactions of a table are.

    Args:
        histories: of all rows, in their order.
        splits: rows of each split; None where there are none.
        drawn: whether interactions of one time have a drawn order.
        by_time: whether time orders the interactions of a user.
    """
    of = histories.of
    users, items = np.bincount(of.users), np.bincount(of.items, minlength=len(of.item_names))
    per_user, per_item = users[users > 0], np.sort(items[items > 0])[::-1]
    head = max(1, len(per_item) // HEAD)
    shares = np.concatenate([[0.0], np.cumsum(per_item) / per_item.sum()])
    places = np.unique(np.round(np.linspace(0, len(per_item), _POINTS)).astype(np.int64))
    return OfInteractions(
        users=len(per_user),
        items=len(per_item),
        untaken=int((items == 0).sum()),
        density=len(of) / (len(per_user) * len(per_item)),
        per_user=_spread(per_user),
        per_item=_spread(per_item),
        head=head,
        head_share=float(shares[head]),
        curve=tuple((place / len(per_item), float(shares[place])) for place in places.tolist()),
        tied=_tied(histories) if by_time and of.times is not None else None,
        drawn=drawn,
        period=None if of.times is None else (float(of.times.min()), float(of.times.max())),
        divided=None if splits is None else _divided(histories, splits),
    )


def _spread(counts: IntArray) -> tuple[int, float, int]:
    return int(counts.min()), float(np.median(counts)), int(counts.max())


def _tied(histories: Histories) -> int:
    """Users of whom two interactions that follow each other are of one time."""
    of = histories.of
    assert of.times is not None
    same = (np.diff(of.users) == 0) & (np.diff(of.times) == 0)
    return len(np.unique(of.users[1:][same]))


def _divided(histories: Histories, splits: Splits) -> Divided:
    of = histories.of
    (users, items), (learnt_users, learnt_items) = (
        (np.unique(of.users[rows]), np.unique(of.items[rows])) for rows in (splits.test, splits.train)
    )
    return Divided(
        splits.method,
        len(users),
        len(np.setdiff1d(users, learnt_users)),
        len(items),
        len(np.setdiff1d(items, learnt_items)),
        len(np.unique(of.users)) - len(users),
    )
