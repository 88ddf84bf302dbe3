"""Users by number, with the numbers of the items that they took, in the order of time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from deepwright.contracts import Raw
from deepwright.data.interactions.arranged import Histories
from deepwright.data.interactions.stored import StoredHistories
from deepwright.data.table import Column
from deepwright.errors import DataError
from deepwright.messages import _
from deepwright.specs import HistorySpec

__all__ = ["UserEncoder"]


class UserEncoder:
    """Numbers the users and items of the training split, and those of which something else is known, from 1 on.

    What a user took of items without a number is left out of the history.
    """

    kind: ClassVar[str] = "user"

    def __init__(self) -> None:
        self._spec: HistorySpec | None = None
        self.counts: npt.NDArray[np.int64] = np.zeros(1, np.int64)
        self.titles: Mapping[str, str] = {}

    def fit(self, column: Column) -> None:
        """Number the users and items of some rows, and count how often each item was taken."""
        values: Histories = column.values
        of = values.of
        taken = np.bincount(of.items[values.rows], minlength=len(of.item_names))
        present = np.bincount(values.users, minlength=len(of.user_names))
        features = [() for _item in of.item_names] if of.item_features is None else of.item_features.numbers
        about = [() for _user in of.user_names] if of.user_features is None else of.user_features.numbers
        items = [place for place in range(len(taken)) if taken[place] or features[place]]
        users = [place for place in range(len(present)) if present[place] or about[place]]
        self._spec = HistorySpec(
            tuple(of.item_names[items].tolist()),
            tuple(of.user_names[users].tolist()),
            max(1, round(len(values) / max(1, int((present > 0).sum())))),
            () if of.item_features is None else tuple(features[place] for place in items),
            () if of.user_features is None else tuple(about[place] for place in users),
            () if of.item_features is None else of.item_features.names,
            () if of.user_features is None else of.user_features.names,
        )
        self.counts = np.concatenate([[0], taken[items]])
        if of.item_features is not None and of.item_features.titles:
            self.titles = {str(of.item_names[place]): of.item_features.titles[place] for place in items}
        self._number()

    @property
    def spec(self) -> HistorySpec:
        """Users and items; an encoder that was not fitted has none."""
        if self._spec is None:
            raise RuntimeError("the encoder was not fitted")
        return self._spec

    def encode(self, values: Raw, including: bool = False) -> StoredHistories:
        """Users and histories [N, …].

        Args:
            values: users at one of their interactions, or pairs of a user's name, or None, and the names of items.
            including: whether that interaction belongs to the history.

        Raises:
            DataError: the values are no users with what they took.
        """
        if self._spec is None:
            raise RuntimeError("the encoder was not fitted")
        if not isinstance(values, Histories):
            return self._of_names(values)
        items, users = self.item_numbers(values.of.item_names), self.user_numbers(values.of.user_names)
        numbers = items[values.of.items]
        known = numbers > 0
        before = np.concatenate([[0], np.cumsum(known)])
        return StoredHistories(
            numbers[known].astype(np.int32), before[values.starts], before[values.rows + including], users[values.users]
        )

    def item_numbers(self, names: Raw) -> npt.NDArray[np.int64]:
        """[n] the number of each item by its name, 0 where it has none."""
        return np.array([self._items.get(str(name), 0) for name in names], np.int64)

    def user_numbers(self, names: Raw) -> npt.NDArray[np.int64]:
        """[n] the number of each user by its name, 0 where it has none."""
        return np.array([self._users.get(str(name), 0) for name in names], np.int64)

    def batch(self, stored: Tensor) -> tuple[Tensor, ...]:
        """Items [B, T] and users [B] of stored values [B, 1 + T]."""
        return stored[:, 1:], stored[:, 0]

    def front(self) -> nn.Module:
        """Numbers stay what they are."""
        return nn.Identity()

    def state(self) -> dict[str, Any]:
        """Names by number, how often each item was taken, and what is known of them."""
        spec = self.spec
        return {
            "items": list(spec.items),
            "users": list(spec.users),
            "counts": self.counts[1:].tolist(),
            "mean_history": spec.mean_history,
            "item_features": [list(numbers) for numbers in spec.item_features],
            "user_features": [list(numbers) for numbers in spec.user_features],
            "item_feature_names": list(spec.item_feature_names),
            "user_feature_names": list(spec.user_feature_names),
            "titles": dict(self.titles),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> UserEncoder:
        """The encoder that gave this state."""
        encoder = cls()
        encoder._spec = HistorySpec(
            tuple(state["items"]),
            tuple(state["users"]),
            int(state["mean_history"]),
            tuple(tuple(numbers) for numbers in state["item_features"]),
            tuple(tuple(numbers) for numbers in state["user_features"]),
            tuple(state["item_feature_names"]),
            tuple(state["user_feature_names"]),
        )
        encoder.counts = np.array([0, *state["counts"]], np.int64)
        encoder.titles = dict(state["titles"])
        encoder._number()
        return encoder

    def _number(self) -> None:
        self._items = {name: number for number, name in enumerate(self.spec.items, 1)}
        self._users = {name: number for number, name in enumerate(self.spec.users, 1)}

    def _of_names(self, values: Raw) -> StoredHistories:
        """Of pairs of a user's name, or None, and the names of the items that were taken."""
        if any(isinstance(value, str) or len(value) != 2 or isinstance(value[1], str) for value in values):
            raise DataError(_("A user is given as a pair of a name and a list of items."))
        pairs = [(value[0], list(value[1])) for value in values]
        histories = [self.item_numbers(items) for _user, items in pairs]
        users = [0 if user is None else self._users.get(str(user), 0) for user, _items in pairs]
        return StoredHistories.of_lists([numbers[numbers > 0].tolist() for numbers in histories], users)
