"""Embeddings: a token as numbers that are learnt."""

from __future__ import annotations

from torch import nn

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
