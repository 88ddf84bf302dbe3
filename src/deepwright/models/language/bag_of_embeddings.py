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
from deepwright.specs import OutputSpec, TextSpec
from deepwright.tokens import PADDING

__all__ = ["BagOfEmbeddings"]


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
    ) -> None:
        super().__init__()
        self.token_dropout = token_dropout
        self.embed = nn.Embedding(inputs.vocab_size, embed_dim, padding_idx=PADDING)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(embed_dim, outputs.num_outputs)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens [B, T] to logits [B, classes]; a text without tokens has the mean 0."""
        there = tokens != PADDING
        if self.training and self.token_dropout:
            there &= torch.rand(tokens.shape, device=tokens.device) >= self.token_dropout
        return self.from_embeddings(self.embed(tokens), there)

    def from_embeddings(self, embeddings: Tensor, there: Tensor) -> Tensor:
        """Embeddings [B, T, D] of the tokens that are there, [B, T], to logits [B, classes]."""
        counted = there.unsqueeze(2).to(embeddings.dtype)
        mean = (embeddings * counted).sum(1) / counted.sum(1).clamp(min=1)
        logits: Tensor = self.output(self.dropout(mean))
        return logits

    @staticmethod
    def recipe(num_examples: int, _inputs: TextSpec, _outputs: OutputSpec) -> Recipe:
        """Passes enough for about 2,000 steps on small data, and four on a hundred thousand."""
        if num_examples < 20_000:
            return Recipe(epochs=max(6, min(40, 60_000 // num_examples)), batch_size=32, learning_rate=3e-3)
        return Recipe(epochs=4, batch_size=128, learning_rate=3e-3)
