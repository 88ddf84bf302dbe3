"""BPR: vectors of users and items, learnt such that an item that was taken scores above one that was not.

Of each user u, item i that was taken and item j that was drawn among those that were not, −ln σ(x_ui − x_uj) +
λ·(‖p_u‖² + ‖q_i‖² + ‖q_j‖² + b_i² + b_j²) is made small, where x_ui = b_i + p_u·q_i (S. Rendle, C. Freudenthaler,
Z. Gantner and L. Schmidt-Thieme, 2009, "BPR: Bayesian personalized ranking from implicit feedback", sections 4.1 and
4.3.1). We deviate in that every user weighs the same, however long the history, and in that a user who was not learnt
from has the mean of the vectors of the history's items.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import torch
from msgspec import Meta
from torch import Tensor, nn

from deepwright.contracts import Recipe
from deepwright.specs import HistorySpec, ItemsSpec

__all__ = ["Bpr"]


class Bpr(nn.Module):
    """Histories [B, T] and users [B] to scores [B, 1 + I]; while it learns to losses [B].

    Args:
        inputs: histories.
        outputs: items.
        num_factors: numbers of a vector.
        l2: λ, weight of the penalty.
    """

    own_objective: ClassVar[Literal[True]] = True

    def __init__(
        self,
        inputs: HistorySpec,
        outputs: ItemsSpec,
        *,
        num_factors: Annotated[int, Meta(ge=1)] = 64,
        l2: Annotated[float, Meta(ge=0)] = 0.01,
    ) -> None:
        super().__init__()
        self.l2 = l2
        self.users = nn.Embedding(1 + inputs.num_users, num_factors)
        self.items = nn.Embedding(1 + outputs.num_items, num_factors, padding_idx=0)
        self.biases = nn.Embedding(1 + outputs.num_items, 1, padding_idx=0)
        for table in (self.users, self.items):
            nn.init.normal_(table.weight, std=0.1 / num_factors**0.5)
        nn.init.zeros_(self.biases.weight)
        with torch.no_grad():
            self.items.weight[0] = 0

    def forward(self, items: Tensor, users: Tensor) -> Tensor:
        """Items [B, T] and users [B] to scores [B, 1 + I], or to losses [B] while it learns."""
        vectors = self._users(items, users)
        if self.training:
            return self._losses(vectors, items)
        return vectors @ self.items.weight.T + self.biases.weight[:, 0]

    def _users(self, items: Tensor, users: Tensor) -> Tensor:
        """The vectors [B, D] of users, or the mean of their items' where they were not learnt from."""
        total = nn.functional.embedding_bag(items, self.items.weight, mode="sum", padding_idx=0)
        mean = total / (items > 0).sum(1, keepdim=True).clamp(min=1)
        return torch.where(users[:, None] > 0, self.users(users), mean)

    def _losses(self, vectors: Tensor, items: Tensor) -> Tensor:
        """The mean over the items [B, T] of a user, each beside one that is drawn, [B]; 0 where there is none."""
        drawn = torch.randint(1, len(self.items.weight), items.shape, device=items.device)
        weights = ((items > 0) & ~_among(drawn, items)).to(vectors.dtype)
        taken, other = self._parts(items), self._parts(drawn)
        difference = ((taken[0] - other[0]) @ vectors[..., None])[..., 0] + taken[1] - other[1]
        squares = vectors.square().sum(1, keepdim=True) + _squares(*taken) + _squares(*other)
        losses = nn.functional.softplus(-difference) + self.l2 * squares
        return (losses * weights).sum(1) / weights.sum(1).clamp(min=1)

    def _parts(self, items: Tensor) -> tuple[Tensor, Tensor]:
        """Vectors [B, T, D] and biases [B, T] of items [B, T]."""
        return self.items(items), self.biases(items)[..., 0]

    @staticmethod
    def recipe(num_examples: int, inputs: HistorySpec, _outputs: ItemsSpec) -> Recipe:
        """Passes over the histories, the fewer the more users there are."""
        epochs = max(20, min(200, 4_000_000 // num_examples))
        return Recipe(
            epochs=epochs,
            batch_size=max(1, min(256, num_examples // 10)),
            learning_rate=1e-2,
            weight_decay=0.0,
            optimizer="adam",
        )


def _squares(vectors: Tensor, biases: Tensor) -> Tensor:
    return vectors.square().sum(-1) + biases.square()


def _among(drawn: Tensor, items: Tensor) -> Tensor:
    """Whether each of the items that were drawn, [B, T], is one of the row's own, [B, T]."""
    ordered = items.sort(1).values
    places = torch.searchsorted(ordered, drawn).clamp(max=items.shape[1] - 1)
    return ordered.gather(1, places) == drawn
