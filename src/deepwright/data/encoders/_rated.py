"""A user and the item that was rated, by their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from deepwright.contracts import Raw
from deepwright.data.encoders.user import UserEncoder
from deepwright.data.interactions.arranged import Histories
from deepwright.data.table import Column
from deepwright.errors import DataError
from deepwright.messages import _
from deepwright.specs import RatedSpec


class RatedEncoder:
    """Stores the numbers of users and of the items that they rated, int64 [N, 2]."""

    kind: ClassVar[str] = "user"

    def __init__(self) -> None:
        self.users = UserEncoder()

    def fit(self, column: Column) -> None:
        """Number the users and items of some rows."""
        self.users.fit(column)

    @property
    def spec(self) -> RatedSpec:
        """Users and items."""
        return RatedSpec(self.users.spec.items, self.users.spec.users)

    def encode(self, values: Raw) -> Tensor:
        """Users at the interactions in which they rated, or pairs of a user's and an item's name, int64 [N, 2].

        Raises:
            DataError: the values are neither.
        """
        if isinstance(values, Histories):
            users = self.users.user_numbers(values.of.user_names)[values.users]
            items = self.users.item_numbers(values.of.item_names)[values.of.items[values.rows]]
        else:
            if any(isinstance(value, str) or len(value) != 2 for value in values):
                raise DataError(_("What is to be rated is given as pairs of a user and an item."))
            names = list(values)
            users = self.users.user_numbers([user for user, _item in names])
            items = self.users.item_numbers([item for _user, item in names])
        return torch.from_numpy(np.stack([users, items], 1))

    def batch(self, stored: Tensor) -> tuple[Tensor, ...]:
        """Users [B] and items [B] of stored values [B, 2]."""
        return stored[:, 0], stored[:, 1]

    def front(self) -> nn.Module:
        """Numbers stay what they are."""
        return nn.Identity()

    def state(self) -> dict[str, Any]:
        """Names by number."""
        return self.users.state()

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> RatedEncoder:
        """The encoder that gave this state."""
        encoder = cls()
        encoder.users = UserEncoder.from_state(state)
        return encoder
