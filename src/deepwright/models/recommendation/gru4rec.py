"""GRU4Rec: a recurrent network over what a user did before tells what comes next.

B. Hidasi, A. Karatzoglou, L. Baltrunas and D. Tikk (2016, "Session-based recommendations with recurrent neural
networks"): gated cells on the items' numbers. We deviate in the loss, which is cross-entropy over all items (A.
Klenitskiy and A. Vasilev, 2023) and not of each item beside the others of the batch; in reading whole histories side
by side and not sessions one after another, so that no state is carried from step to step of the training; in one table
that is read and that scores (B. Hidasi and A. Karatzoglou, 2018, offer it as constrained embeddings); and in a step
that stands before the first item.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from deepwright.contracts import Recipe
from deepwright.layers.layer import Count
from deepwright.layers.recurrent import gru
from deepwright.models.recommendation._next_item import NextItem, Rate, next_item_recipe
from deepwright.specs import HistorySpec, ItemsSpec

__all__ = ["GRU4Rec"]


class GRU4Rec(NextItem):
    """Histories [B, T] to scores of the next item [B, 1 + I].

    Args:
        inputs: histories of users.
        outputs: what they do next.
        embed_dim: numbers that stand for an item.
        hidden_dim: numbers of a state.
        num_layers: of cells, each on the states of the one before.
        max_seq_len: items of a history that are read, the last ones.
        dropout: share of the embeddings and states that is dropped while training.
        num_negatives: items that are drawn for a step of training; null takes all, or 4,096 of more than 50,000.
    """

    def __init__(
        self,
        inputs: HistorySpec,
        outputs: ItemsSpec,
        *,
        embed_dim: Count = 64,
        hidden_dim: Count = 128,
        num_layers: Count = 1,
        max_seq_len: Count = 50,
        dropout: Rate = 0.5,
        num_negatives: Count | None = None,
    ) -> None:
        super().__init__(outputs, embed_dim, max_seq_len, num_negatives)
        self.dropout = nn.Dropout(dropout)
        cells: Any = gru(
            (1 + max_seq_len, embed_dim),
            units=hidden_dim,
            num_layers=num_layers,
            dropout=dropout if num_layers > 1 else 0.0,
            return_sequences=True,
        ).module
        self.cells, self.project = cells, nn.Linear(hidden_dim, embed_dim)

    def states(self, steps: Tensor) -> Tensor:
        """Numbers [B, T, D] to what the states [B, T, hidden_dim] say of the next item, [B, T, D]."""
        # Padding stands last, where it is in nobody's way.
        found: Tensor = self.project(self.dropout(self.cells(self.dropout(steps))))
        return found

    @staticmethod
    def recipe(num_examples: int, inputs: HistorySpec, _outputs: ItemsSpec) -> Recipe:
        """Steps of about 900 items, and passes enough for about 2,000 of them, at least 5 and at most 100."""
        return next_item_recipe(num_examples, inputs)
