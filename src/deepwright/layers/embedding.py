"""Embeddings: a token as numbers that are learnt."""

from __future__ import annotations

import math

from torch import Tensor, nn

from deepwright.errors import ConfigError
from deepwright.layers.layer import Count, Layer, Tokens, written
from deepwright.messages import _
from deepwright.tokens import PADDING


def embedding(shape: Tokens, *, embed_dim: Count) -> Layer:
    """The row of a table for each token, y_t = E[x_t] (Y. Bengio et al., 2003): [T] to [T, D].

    The row of 0, which stands for no token, is 0 and stays so.

    Args:
        shape: tokens [T].
        embed_dim: numbers that stand for a token, D.

    Raises:
        ConfigError: no tokens arrive.
    """
    if not isinstance(shape, Tokens):
        raise ConfigError(
            _(
                "its input is numbers of the shape {shape}; embedding needs tokens [T], the whole numbers that stand "
                "for parts of a text. Put it first, before a network for texts.",
                shape=written(shape),
            )
        )
    return Layer(nn.Embedding(shape.vocab_size, embed_dim, padding_idx=PADDING), (*shape, embed_dim))


class Unembedding(nn.Module):
    """Hidden numbers [..., D] to one logit for each token [..., V]: E·P·h + b, or W·h + b.

    E is the table of the embeddings where the two are tied (O. Press and L. Wolf, 2017; H. Inan et al., 2017), and P
    the projection to their size where D is another one.

    Args:
        size: D.
        embed: the embeddings.
        tied: whether their table is used, or W of its own.
    """

    def __init__(self, size: int, embed: nn.Embedding, tied: bool) -> None:
        super().__init__()
        vocab_size, embed_dim = embed.weight.shape
        same = not tied or size == embed_dim
        self.project = nn.Identity() if same else nn.Linear(size, embed_dim, bias=False)
        self.scores = nn.Linear(embed_dim if tied else size, vocab_size)
        nn.init.normal_(self.scores.weight, std=0.5 / math.sqrt(self.scores.in_features))
        nn.init.zeros_(self.scores.bias)
        if tied:
            self.scores.weight = embed.weight

    def forward(self, hidden: Tensor) -> Tensor:
        """Hidden [..., D] to logits [..., V]."""
        logits: Tensor = self.scores(self.project(hidden))
        return logits


class TokenEmbedding(nn.Embedding):
    """Tokens [...] to numbers [..., D], no token of them padding.

    A table that is tied to the outputs begins small, as outputs need it, and √D times a row of it stands for a token
    (A. Vaswani et al., 2017, § 3.4).

    Args:
        vocab_size: V, rows of the table.
        embed_dim: D.
        tied: whether the table scores the outputs as well.
    """

    def __init__(self, vocab_size: int, embed_dim: int, tied: bool) -> None:
        super().__init__(vocab_size, embed_dim)
        self.scale = math.sqrt(embed_dim) if tied else 1.0
        nn.init.normal_(self.weight, std=1 / self.scale)

    def forward(self, input: Tensor) -> Tensor:  # as PyTorch calls it
        """Rows of the table, scaled."""
        return super().forward(input) * self.scale
