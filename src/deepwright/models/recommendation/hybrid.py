"""Hybrid: who took what and what is known of items and users together, so that new ones are recommended too.

An item's vector is the sum of the embeddings of its features and of its own (M. Kula, 2015, "Metadata embeddings for
user and item cold-start recommendations", section 3); its own is left away now and then in learning, so that features
learn to stand alone, and so is a user's history (M. Volkovs, G. Yu and T. Poutanen, 2017, "DropoutNet: addressing cold
start in recommender systems", section 4). A user's vector is a small network's of the mean of the history's items, and
the embeddings of the user's features. We deviate from both in the loss, which is the cross-entropy of the item that
follows in a history among all that were ever taken, or 2,048 that are drawn of them for each step.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import torch
from msgspec import Meta
from torch import Tensor, nn

from deepwright.contracts import Recipe
from deepwright.errors import ConfigError
from deepwright.layers.many_classes import sampled_cross_entropy
from deepwright.messages import _
from deepwright.models.recommendation._features import SumsOfFeatures
from deepwright.specs import HistorySpec, ItemsSpec

__all__ = ["Hybrid"]

#: Steps of a history that are learnt from at once, and items at most that a step is told from.
_STEPS, _DRAWN = 8, 2_048


class Hybrid(nn.Module):
    """Histories [B, T] and users [B] to scores [B, 1 + I]; while it learns to losses [B].

    Args:
        inputs: histories of items or of users of which something is known.
        outputs: items.
        embed_dim: numbers of a vector.
        hidden_dim: units of the network between a history and a user's vector.
        identity_dropout: share of the items whose own embedding is left away while training, and of the histories.
        dropout: share of the numbers of the mean of a history that is dropped while training.

    Raises:
        ConfigError: nothing is known of items or of users.
    """

    own_objective: ClassVar[Literal[True]] = True

    def __init__(
        self,
        inputs: HistorySpec,
        outputs: ItemsSpec,
        *,
        embed_dim: Annotated[int, Meta(ge=1)] = 64,
        hidden_dim: Annotated[int, Meta(ge=1)] = 128,
        identity_dropout: Annotated[float, Meta(ge=0, lt=1)] = 0.2,
        dropout: Annotated[float, Meta(ge=0, lt=1)] = 0.2,
    ) -> None:
        super().__init__()
        if not any(inputs.item_features) and not any(inputs.user_features):
            raise ConfigError(
                _(
                    "The model {name!r} learns from what is known of items or users, and this data names nothing about "
                    "them; give a table of the items and their features with --items FILE, or choose another model.",
                    name="hybrid",
                )
            )
        self.embed_dim, self.identity_dropout = embed_dim, identity_dropout
        self.identities = nn.Embedding(1 + outputs.num_items, embed_dim + 1, padding_idx=0)  # the last is a bias
        self.item_features = _sums(inputs.item_features, len(inputs.item_feature_names), embed_dim + 1)
        self.user_features = _sums(inputs.user_features, len(inputs.user_feature_names), embed_dim)
        self.taste = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(embed_dim, hidden_dim), nn.GELU(), nn.Linear(hidden_dim, embed_dim)
        )
        nn.init.normal_(self.identities.weight, std=embed_dim**-0.5)
        with torch.no_grad():
            self.identities.weight[0] = 0
        self.taken: Tensor
        self.register_buffer("taken", torch.zeros(1 + outputs.num_items, dtype=torch.bool))

    def forward(self, items: Tensor, users: Tensor) -> Tensor:
        """Items [B, T] and users [B] to scores [B, 1 + I], or to losses [B] while it learns."""
        if self.training:
            return self._losses(items, users)
        table = self._table()
        vectors = table[:, :-1]
        total = nn.functional.embedding_bag(items, vectors, mode="sum", padding_idx=0)
        return self._scores(total / (items > 0).sum(1, keepdim=True).clamp(min=1), users, table)

    def _losses(self, items: Tensor, users: Tensor) -> Tensor:
        """The mean cross-entropy of some items of each history [B, T] after those before them, [B]."""
        self.taken[items] = True
        self.taken[0] = False
        table, counts = self._table(), (items > 0).sum(1, keepdim=True)
        steps = (torch.rand(len(items), _STEPS, device=items.device) * counts).long()
        steps = steps.minimum((counts - 1).clamp(min=0))
        before = nn.functional.pad(table[:, :-1][items].cumsum(1), (0, 0, 1, 0))
        history = before.gather(1, steps[..., None].expand(-1, -1, self.embed_dim)) / steps[..., None].clamp(min=1)
        if self.user_features is not None:
            history = history * (torch.rand_like(history[..., :1]) >= self.identity_dropout)
        vectors = nn.functional.pad(self._vectors(history, users), (0, 1), value=1.0)  # which the biases are scored by
        wanted, taken = items.gather(1, steps), self.taken.nonzero()[:, 0]
        drawn = taken[torch.randperm(len(taken), device=items.device)[:_DRAWN]]
        share = len(drawn) / len(taken)
        losses = sampled_cross_entropy(vectors.flatten(0, 1), table, wanted.flatten(), drawn, share)
        return losses.reshape(wanted.shape).mean(1) * (counts[:, 0] > 0)

    def _table(self) -> Tensor:
        """The vector of every item, and its bias, [1 + I, D + 1]; one that was never taken has only its features."""
        kept = self.taken.to(self.identities.weight.dtype)
        if self.item_features is None:
            table: Tensor = self.identities.weight * kept[:, None]
            return table
        if self.training:
            alone = torch.rand_like(kept) < self.identity_dropout
            kept = kept * ~(alone & self.item_features.known())
        of_features: Tensor = self.item_features(torch.arange(len(kept), device=kept.device))
        return self.identities.weight * kept[:, None] + of_features

    def _scores(self, history: Tensor, users: Tensor, table: Tensor) -> Tensor:
        """Scores [B, …, 1 + I] of users [B] with histories of a mean, [B, …, D]."""
        return self._vectors(history, users) @ table[:, :-1].T + table[:, -1]

    def _vectors(self, history: Tensor, users: Tensor) -> Tensor:
        """Vectors [B, …, D] of users [B] with histories of a mean, [B, …, D]."""
        vectors: Tensor = self.taste(history)
        if self.user_features is None:
            return vectors
        known: Tensor = self.user_features(users)
        return vectors + known.reshape(len(users), *[1] * (history.ndim - 2), self.embed_dim)

    @staticmethod
    def recipe(num_examples: int, _inputs: HistorySpec, _outputs: ItemsSpec) -> Recipe:
        """Passes over the histories, the fewer the more users there are."""
        return Recipe(
            epochs=max(10, min(200, 600_000 // num_examples)),
            batch_size=max(1, min(256, num_examples // 10)),
            learning_rate=3e-3,
            weight_decay=0.01,
        )


def _sums(features: tuple[tuple[int, ...], ...], num_features: int, embed_dim: int) -> SumsOfFeatures | None:
    """The embeddings of features, none if there are none."""
    if not any(features):
        return None
    sums = SumsOfFeatures(features, num_features, embed_dim)
    nn.init.normal_(sums.embed.weight, std=embed_dim**-0.5)
    return sums
