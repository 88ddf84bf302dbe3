"""SASRec: self-attention over what a user did before tells what comes next.

W.-C. Kang and J. McAuley (2018, "Self-attentive sequential recommendation"): learnt positions, causal blocks of
attention and two dense layers, and one table of items that is read and that scores. We deviate in the loss, which is
cross-entropy over all items (A. Klenitskiy and A. Vasilev, 2023) and not of each item beside one that was drawn; in
normalising before each part of a block and not the queries alone; in counting places from the beginning of what is
read and not from its end; and in a step that stands before the first item.
"""

from __future__ import annotations

from torch import Tensor, nn

from deepwright.contracts import Recipe
from deepwright.layers.layer import Count
from deepwright.layers.positions import LearnedPositions
from deepwright.layers.transformer import transformer_block
from deepwright.models.recommendation._next_item import NextItem, Rate, next_item_recipe
from deepwright.specs import HistorySpec, ItemsSpec

__all__ = ["SASRec"]

#: Users from whom and up to whom it is tried beside other models, and items at most.
_FEW, _MANY = 2_000, 50_000


class SASRec(NextItem):
    """Histories [B, T] to scores of the next item [B, 1 + I].

    Args:
        inputs: histories of users.
        outputs: what they do next.
        embed_dim: numbers that stand for an item.
        num_layers: blocks of attention and dense layers.
        num_heads: heads of a block's attention, which divide the numbers of an item among themselves.
        hidden_dim: units between a block's dense layers; null takes as many as an item has numbers.
        max_seq_len: items of a history that are read, the last ones.
        dropout: share of the numbers that is dropped while training.
        num_negatives: items that are drawn for a step of training; null takes all, or 4,096 of more than 50,000.

    Raises:
        ConfigError: the heads do not divide the numbers.
    """

    def __init__(
        self,
        inputs: HistorySpec,
        outputs: ItemsSpec,
        *,
        embed_dim: Count = 64,
        num_layers: Count = 2,
        num_heads: Count = 1,
        hidden_dim: Count | None = None,
        max_seq_len: Count = 50,
        dropout: Rate = 0.5,
        num_negatives: Count | None = None,
    ) -> None:
        super().__init__(outputs, embed_dim, max_seq_len, num_negatives)
        shape = (1 + max_seq_len, embed_dim)
        self.positions, self.dropout = LearnedPositions(*shape), nn.Dropout(dropout)
        self.blocks = nn.Sequential()
        for _block in range(num_layers):
            block = transformer_block(
                shape,
                num_heads=num_heads,
                hidden_dim=hidden_dim or embed_dim,
                causal=True,
                activation="relu",
                dropout=dropout,
            )
            self.blocks.append(block.module)
        self.norm = nn.LayerNorm(embed_dim)

    def states(self, steps: Tensor) -> Tensor:
        """Numbers [B, T, D] to states [B, T, D], of which each has seen the steps up to its own alone."""
        states: Tensor = self.norm(self.blocks(self.dropout(self.positions(steps))))
        return states

    @staticmethod
    def worth_trying(num_examples: int, outputs: ItemsSpec) -> bool:
        """Of users enough to tell what follows what, and not so many that it takes hours."""
        return _FEW <= num_examples <= _MANY and outputs.num_items <= _MANY

    @staticmethod
    def recipe(num_examples: int, inputs: HistorySpec, _outputs: ItemsSpec) -> Recipe:
        """Steps of about 900 items, and passes enough for about 2,000 of them, at least 5 and at most 100."""
        return next_item_recipe(num_examples, inputs)
