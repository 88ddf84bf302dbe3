"""Bag of embeddings: the mean of the embeddings of all tokens, and a dense layer on it.

h = (1/T) Σ_t E[x_t], outputs = W·h + b: what single words give away, whatever their order (A. Joulin et al., 2017, "Bag
of tricks for efficient text classification"; M. Iyyer et al., 2015, for the dropping of whole tokens). We deviate in
that n-grams are not hashed and that the softmax is a plain one.
"""

from __future__ import annotations

from typing import Annotated

import torch
from msgspec import Meta
from torch import Tensor, nn

from deepwright.contracts import Recipe
from deepwright.layers.pooling import MeanOfSteps
from deepwright.specs import OutputSpec, TextSpec
from deepwright.tokens import PADDING

__all__ = ["BagOfEmbeddings"]

#: Spreads pairs of tokens over the table.
_PRIME = 1_000_003


class BagOfEmbeddings(nn.Module):
    """Tokens [B, T] to logits [B, classes].

    Args:
        inputs: texts.
        outputs: classes, labels or a number.
        embedding: a run with word vectors, or a file of them in the text format of word2vec, that the embeddings begin
            with; null lets them begin at random.
        embed_dim: numbers that stand for a token.
        token_dropout: share of the tokens of a text that are left away while training.
        dropout: share of the mean's numbers that is dropped while training.
        num_bigrams: rows of the table in which pairs of neighbouring tokens share embeddings; 0 embeds no pairs.
    """

    def __init__(
        self,
        inputs: TextSpec,
        outputs: OutputSpec,
        *,
        embedding: str | None = None,
        embed_dim: Annotated[int, Meta(ge=1)] = 128,
        token_dropout: Annotated[float, Meta(ge=0, lt=1)] = 0.2,
        dropout: Annotated[float, Meta(ge=0, lt=1)] = 0.3,
        num_bigrams: Annotated[int, Meta(ge=0)] = 0,
    ) -> None:
        super().__init__()
        self.token_dropout = token_dropout
        self.embed = nn.Embedding(inputs.vocab_size, embed_dim, padding_idx=PADDING)
        self.num_bigrams = num_bigrams
        if num_bigrams:
            self.embed_bigrams = nn.Embedding(num_bigrams, embed_dim)
        self.mean = MeanOfSteps()
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(embed_dim, outputs.num_outputs)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens [B, T] to logits [B, classes]; a text without tokens has the mean 0."""
        there, embeddings = tokens != PADDING, self.embed(tokens)
        if self.num_bigrams:
            first, second = tokens[:, :-1], tokens[:, 1:]
            bigrams = (first * _PRIME + second) % self.num_bigrams
            embeddings = torch.cat([embeddings, self.embed_bigrams(bigrams)], 1)
            there = torch.cat([there, second != PADDING], 1)
        if self.training and self.token_dropout:
            there &= torch.rand(there.shape, device=there.device) >= self.token_dropout
        return self.from_embeddings(embeddings, there)

    def from_embeddings(self, embeddings: Tensor, there: Tensor) -> Tensor:
        """Embeddings [B, T, D] of the tokens that are there, [B, T], to logits [B, classes]."""
        logits: Tensor = self.output(self.dropout(self.mean(embeddings, there)))
        return logits

    @staticmethod
    def worth_trying(_num_examples: int, _outputs: OutputSpec) -> bool:
        """Always: it takes seconds, and about a minute for a hundred thousand texts."""
        return True

    @staticmethod
    def recipe(num_examples: int, _inputs: TextSpec, _outputs: OutputSpec) -> Recipe:
        """Passes enough for about 2,000 steps on small data, and four on a hundred thousand."""
        if num_examples < 20_000:
            return Recipe(epochs=max(6, min(40, 60_000 // num_examples)), batch_size=32, learning_rate=3e-3)
        return Recipe(epochs=4, batch_size=128, learning_rate=3e-3)
