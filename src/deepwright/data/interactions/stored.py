"""Numbers of the items that many users took, one after the other in memory: a history takes as much as it has items."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from deepwright.contracts import Batch
from deepwright.data.batching import of_like_length
from deepwright.tokens import PADDING


class StoredHistories:
    """Users and what they took, indexed like a tensor [N, 1 + T]: the user's number, then those of the items.

    Args:
        flat: numbers of items; a history is a stretch of them.
        starts: [N] of each history.
        ends: [N] one behind the last item of each.
        users: [N] numbers of the users, 0 for one that is not known.
    """

    def __init__(
        self,
        flat: npt.NDArray[np.int32],
        starts: npt.NDArray[np.int64],
        ends: npt.NDArray[np.int64],
        users: npt.NDArray[np.int64],
    ) -> None:
        self.flat, self.starts, self.users = flat, starts, users
        self.lengths = torch.from_numpy(ends - starts)

    @classmethod
    def of_lists(cls, histories: Sequence[Sequence[int]], users: Sequence[int]) -> StoredHistories:
        """From a list of numbers for each user."""
        ends = np.cumsum([len(history) for history in histories], dtype=np.int64)
        flat = np.array([item for history in histories for item in history], np.int32)
        starts = np.concatenate([[0], ends[:-1]]).astype(np.int64)
        return cls(flat, starts, ends, np.asarray(users, np.int64))

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, positions: Tensor) -> Tensor:
        """Users and histories at [B] positions, int64 [B, 1 + T], T of the longest of them and at least 1."""
        rows = positions.numpy()
        starts, lengths = self.starts[rows], self.lengths.numpy()[rows]
        places = np.arange(max(1, int(lengths.max(initial=0))))
        there = places < lengths[:, None]
        found = np.full((len(rows), 1 + len(places)), PADDING, np.int64)
        found[:, 0] = self.users[rows]
        found[:, 1:][there] = self.flat[(starts[:, None] + places)[there]]
        return torch.from_numpy(found)


class UserExamples:
    """Users with what they took, and the items that they took next.

    Args:
        stored: users and histories.
        targets: [N, M] numbers of items that were taken next, 0 where there is none or one that is not known, below 0
            where there are no more; None where whole histories are learnt from.
        rows: [N] the row of the first of these.
    """

    def __init__(self, stored: StoredHistories, targets: Tensor | None, rows: npt.NDArray[np.int64]) -> None:
        self.stored, self.targets, self.rows = stored, targets, torch.from_numpy(rows)

    def __len__(self) -> int:
        return len(self.stored)

    def batches(self, generator: torch.Generator, batch_size: int) -> list[Tensor]:
        """The positions of each batch, shuffled; the histories of a batch are about as long."""
        return of_like_length(self.stored.lengths, generator, batch_size)

    def by_length(self) -> Tensor:
        """All positions [N], those of the longest histories first."""
        return self.stored.lengths.argsort(stable=True, descending=True)

    def batch(self, positions: Tensor) -> Batch:
        """Users at [B] positions: items [B, T] and users [B]."""
        found = self.stored[positions]
        targets = None if self.targets is None else self.targets[positions]
        return Batch((found[:, 1:], found[:, 0]), targets, self.rows[positions])
