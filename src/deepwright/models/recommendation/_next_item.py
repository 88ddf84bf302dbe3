"""What sequential recommenders share: a table of items that is read and that scores, and a loss at every step.

The next item is told at each step of a history from those before it, by cross-entropy over all items (A. Klenitskiy and
A. Vasilev, 2023, "Turning dross into gold loss: is BERT4Rec really better than SASRec?").
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, ClassVar, Literal

import torch
from msgspec import Meta
from torch import Tensor, nn
from torch.nn.functional import pad

from deepwright.contracts import Recipe
from deepwright.layers.embedding import TokenEmbedding
from deepwright.layers.many_classes import cross_entropy, sampled_cross_entropy
from deepwright.specs import HistorySpec, ItemsSpec

Rate = Annotated[float, Meta(ge=0, lt=1)]

#: The number of what stands before the first item of a history, and after its end.
_NONE = 0
#: Of more items than this, so many are drawn for a step.
_MANY, _SAMPLED = 50_000, 4_096


class NextItem(nn.Module, ABC):
    """Histories [B, T] to scores of the next item [B, 1 + I]; while it learns, to losses [B].

    A history begins with a step that is no item, whose row of the table is learnt: there an empty one has its scores,
    those of what comes first.

    Args:
        outputs: of how many items.
        embed_dim: numbers that stand for an item.
        max_seq_len: items of a history that are read, the last ones.
        num_negatives: items that are drawn for a step of training; null takes all, or 4,096 of more than 50,000.
    """

    own_objective: ClassVar[Literal[True]] = True
    #: How much of a history is read depends on its length, which no graph of another program can ask.
    in_graph: ClassVar[bool] = False

    def __init__(self, outputs: ItemsSpec, embed_dim: int, max_seq_len: int, num_negatives: int | None) -> None:
        super().__init__()
        self.max_seq_len, self.num_items = max_seq_len, outputs.num_items
        drawn = num_negatives or (_SAMPLED if outputs.num_items > _MANY else outputs.num_items)
        self.num_negatives = min(drawn, outputs.num_items)
        self.items = TokenEmbedding(1 + outputs.num_items, embed_dim, tied=True)

    @abstractmethod
    def states(self, steps: Tensor) -> Tensor:
        """Numbers [B, T, D] of what a history has at each step to what comes next, [B, T, D]; of no later step."""

    def forward(self, items: Tensor, _users: Tensor) -> Tensor:
        """Histories [B, T], 0 after their end, to scores [B, 1 + I]; to losses [B] in training."""
        if self.training:
            return self._losses(latest(items, self.max_seq_len + 1))
        history = latest(items, self.max_seq_len)
        states = self._read(history)
        last = states[torch.arange(len(items), device=items.device), (history != _NONE).sum(1)]
        return last @ self.items.weight.T

    def _read(self, history: Tensor) -> Tensor:
        """The states [B, 1 + T, D] before the first item and after each."""
        return self.states(self.items(pad(history, (1, 0), value=_NONE)))

    def _losses(self, history: Tensor) -> Tensor:
        """Sums over the items of each history, divided by how many these are on average: their mean is that of all."""
        there = history != _NONE
        # Only steps that are there are scored, whatever stands beside them in the batch.
        losses = self._item_losses(self._read(history[:, :-1])[there], history[there])
        sums = losses.new_zeros(len(history)).index_add(0, there.nonzero()[:, 0], losses)
        return sums * (len(history) / max(1, len(losses)))

    def _item_losses(self, states: Tensor, items: Tensor) -> Tensor:
        if self.num_negatives == self.num_items:
            return cross_entropy(states, self.items.weight[1:], items - 1)
        drawn = 1 + torch.randperm(self.num_items, device=items.device)[: self.num_negatives]
        return sampled_cross_entropy(states, self.items.weight, items, drawn, self.num_negatives / self.num_items)


def latest(items: Tensor, limit: int) -> Tensor:
    """The last ``limit`` items of histories [B, T], 0 after the end of those that have fewer."""
    if items.shape[1] <= limit:
        return items
    lengths = (items != _NONE).sum(1, keepdim=True)
    return items.gather(1, (lengths - limit).clamp(min=0) + torch.arange(limit, device=items.device))


def next_item_recipe(num_examples: int, inputs: HistorySpec) -> Recipe:
    """Steps of about 900 items, and passes enough for about 2,000 of them, at least 5 and at most 100."""
    batch_size = max(1, min(900 // inputs.mean_history, num_examples // 8))
    epochs = max(5, min(100, round(2_000 * batch_size / num_examples)))
    return Recipe(epochs=epochs, batch_size=batch_size, learning_rate=3e-3)
