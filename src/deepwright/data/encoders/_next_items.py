"""Items that users took next, as what is learnt: their numbers, which are those of the items that were taken before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor

from deepwright.contracts import Raw
from deepwright.data.encoders.user import UserEncoder
from deepwright.data.interactions.arranged import Taken
from deepwright.data.table import Column
from deepwright.specs import ItemsSpec


class NextItems:
    """Stores numbers of items int64 [N], 0 for one that was not learnt from.

    Args:
        users: the encoder that numbered the items.
    """

    kind: ClassVar[str] = "item"

    def __init__(self, users: UserEncoder) -> None:
        self.users = users

    def fit(self, column: Column) -> None:
        """Nothing is learnt: the items have their numbers."""

    @property
    def spec(self) -> ItemsSpec:
        """How many items there are."""
        return ItemsSpec(self.users.spec.num_items)

    def encode(self, values: Raw) -> Tensor:
        """Items that were taken as their numbers, int64 [N]."""
        assert isinstance(values, Taken)
        return torch.from_numpy(self.users.item_numbers(values.of.item_names)[values.items])

    def state(self) -> dict[str, Any]:
        """Nothing: the numbers are the other encoder's."""
        return {}

    @classmethod
    def of_state(cls, users: UserEncoder, _state: Mapping[str, Any]) -> NextItems:
        """The encoder beside the one that numbered the items."""
        return cls(users)
