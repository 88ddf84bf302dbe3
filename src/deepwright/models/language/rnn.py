"""RNN: a state that each step makes anew, for whole texts in both directions or for the next token.

The network of J. L. Elman (1990, "Finding structure in time") on embeddings of the tokens, with tanh, or with ReLU and
a recurrent matrix that begins orthogonal (after Q. V. Le et al., 2015, who begin with the identity). We deviate in
learning by gradients through all steps of a text.
"""

from __future__ import annotations

from typing import Literal

from torch import nn

from deepwright.layers import recurrent
from deepwright.layers.layer import Count
from deepwright.models.language._recurrent import Ngrams, Rate, RecurrentModel
from deepwright.specs import OutputSpec, TextSpec, TokensSpec

__all__ = ["Rnn"]


class Rnn(RecurrentModel):
    """Tokens [B, T] to outputs [B, num_outputs], or to logits of the next token at every step [B, T, V].

    Args:
        inputs: texts.
        outputs: classes, labels, a number, or the next token.
        activation: of the states.
        embedding: a run with word vectors, or a file of them in the text format of word2vec, that the embeddings begin
            with; null lets them begin at random.
        embed_dim: numbers that stand for a token.
        hidden_dim: numbers of a state; null takes 256 where the next token is learnt, else 128 in each direction.
        num_layers: of cells, each on the states of the one before.
        dropout: share of the embeddings and states that is dropped while training; null drops none where the next token
            is learnt, else 0.3.
        tied: whether the next token is scored by the table of the embeddings.
        ngrams: n of the longest n-grams of tokens that have numbers of their own, added to those of the token that
            ends them; 1 for none; null takes 5 of characters and bytes where the next token is learnt, else 1.
        ngram_rows: different numbers of n-grams, of which each takes one by its hash.
    """

    cells_of = staticmethod(recurrent.rnn)

    def __init__(
        self,
        inputs: TextSpec,
        outputs: OutputSpec | TokensSpec,
        *,
        activation: Literal["tanh", "relu"] = "tanh",
        embedding: str | None = None,
        embed_dim: Count = 128,
        hidden_dim: Count | None = None,
        num_layers: Count = 1,
        dropout: Rate | None = None,
        tied: bool = False,
        ngrams: Ngrams | None = None,
        ngram_rows: Count = 65_536,
    ) -> None:
        nn.Module.__init__(self)
        of_ngrams = (ngrams, ngram_rows)
        self._build(inputs, outputs, embed_dim, hidden_dim, num_layers, dropout, tied, of_ngrams, activation=activation)
