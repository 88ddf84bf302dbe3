"""What the recurrent models share: all but their cells."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Any, ClassVar

import torch
from msgspec import Meta
from torch import Tensor, nn

from deepwright.contracts import Recipe
from deepwright.layers.embedding import Front, TokenEmbedding, Unembedding
from deepwright.layers.layer import Count, Layer
from deepwright.layers.pooling import LargestOfSteps
from deepwright.layers.recurrent import Recurrent
from deepwright.specs import OutputSpec, TextSpec, TokensSpec
from deepwright.tokens import PADDING

#: Passes over a text that repeats itself soon, and steps of a very short one.
_MOST_EPOCHS, _LEAST_STEPS = 5, 200

Rate = Annotated[float, Meta(ge=0, lt=1)]
Ngrams = Annotated[int, Meta(ge=1, le=8)]


class RecurrentModel(nn.Module):
    """Tokens [B, T] to outputs [B, num_outputs], or to logits of the next token at every step [B, T, V].

    Whole texts are judged by cells in both directions, of whose states at the steps that are there the largest of each
    number counts (after A. Conneau et al., 2017). The next token is learnt in one direction; where n-grams have numbers
    outputs are made of these as well as of the states (after T. Mikolov et al., 2011, "Strategies for training large
    scale neural network language models", whose n-grams have logits of their own).

    Args:
        inputs: texts.
        outputs: classes, labels, a number, or the next token.
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

    cells_of: ClassVar[Callable[..., Layer]]
    #: What it does depends on whether texts are padded, which no graph of another program can ask.
    in_graph: ClassVar[bool] = False

    def __init__(
        self,
        inputs: TextSpec,
        outputs: OutputSpec | TokensSpec,
        *,
        embedding: str | None = None,
        embed_dim: Count = 128,
        hidden_dim: Count | None = None,
        num_layers: Count = 1,
        dropout: Rate | None = None,
        tied: bool = False,
        ngrams: Ngrams | None = None,
        ngram_rows: Count = 65_536,
    ) -> None:
        super().__init__()
        self._build(inputs, outputs, embed_dim, hidden_dim, num_layers, dropout, tied, (ngrams, ngram_rows))

    def _build(
        self,
        inputs: TextSpec,
        outputs: OutputSpec | TokensSpec,
        embed_dim: int,
        hidden_dim: int | None,
        num_layers: int,
        dropout: float | None,
        tied: bool,
        ngrams: tuple[int | None, int],
        **of_cells: Any,
    ) -> None:
        self.continues = isinstance(outputs, TokensSpec)
        units = hidden_dim or (256 if self.continues else 128)
        rate = (0.0 if self.continues else 0.3) if dropout is None else dropout
        self.dropout = nn.Dropout(rate)
        embed = (
            TokenEmbedding(inputs.vocab_size, embed_dim, tied)
            if self.continues
            else nn.Embedding(inputs.vocab_size, embed_dim, padding_idx=PADDING)
        )
        self.front = Front(embed, longest_ngrams(ngrams[0], inputs, self.continues), ngrams[1])
        cells: Any = (
            type(self)
            .cells_of(
                (inputs.max_seq_len, embed_dim),
                units=units,
                num_layers=num_layers,
                bidirectional=not self.continues,
                dropout=rate if num_layers > 1 else 0.0,
                return_sequences=True,
                **of_cells,
            )
            .module
        )
        self.cells: Recurrent = cells
        self.largest = LargestOfSteps()
        seen = units + embed_dim * (self.front.ngrams is not None)
        self.output: nn.Module = (
            nn.Linear(2 * units, outputs.num_outputs)
            if isinstance(outputs, OutputSpec)
            else Unembedding(seen, embed, tied)
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens [B, T] to outputs [B, num_outputs] or logits [B, T, V]."""
        return self.from_embeddings(self.front(tokens), tokens != PADDING)

    def from_embeddings(self, embeddings: Tensor, there: Tensor) -> Tensor:
        """Embeddings [B, T, D] of the tokens that are there, [B, T], to the same outputs."""
        # Padding stands last: where nothing sees what follows, it is in nobody's way.
        states = self.cells(self.dropout(embeddings), None if self.continues else there)
        hidden = self._with_ngrams(states, embeddings) if self.continues else self.largest(states, there)
        outputs: Tensor = self.output(self.dropout(hidden))
        return outputs

    def _with_ngrams(self, states: Tensor, embeddings: Tensor) -> Tensor:
        return states if self.front.ngrams is None else torch.cat([states, embeddings], 2)

    def step(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Go on where a call before ended: tokens [B, T] to logits [B, T, V], and what the next call takes.

        Of what came before, the state of the cells and the last tokens are remembered, however long it was.
        """
        of_front, of_cells = state or (None, None)
        embeddings, of_front = self.front.step(tokens, of_front)
        states, of_cells = self.cells.step(embeddings, of_cells)
        return self.output(self._with_ngrams(states, embeddings)), (of_front, of_cells)

    @staticmethod
    def recipe(num_examples: int, _inputs: TextSpec, outputs: OutputSpec | TokensSpec) -> Recipe:
        """Passes enough for about 1,200 steps on small data, and three on a hundred thousand texts."""
        if isinstance(outputs, TokensSpec):
            return language_recipe(num_examples, outputs)
        if num_examples < 20_000:
            return Recipe(epochs=max(4, min(30, 40_000 // num_examples)), batch_size=32, learning_rate=2e-3)
        return Recipe(epochs=3, batch_size=128, learning_rate=2e-3)


def language_recipe(num_examples: int, outputs: TokensSpec) -> Recipe:
    """Steps of about 2,048 tokens, three million tokens in all; of a longer text, each token once.

    A short text is read five times, after which only what was learnt gets better, and as often as makes 200 steps.
    """
    batch_size = max(1, min(2_048 // outputs.max_seq_len, num_examples // 4))
    enough = math.ceil(_LEAST_STEPS * batch_size / num_examples)
    epochs = max(1, min(_MOST_EPOCHS, round(3e6 / (num_examples * outputs.max_seq_len))), enough)
    return Recipe(epochs=epochs, batch_size=batch_size, learning_rate=8e-3)


def longest_ngrams(asked: int | None, inputs: TextSpec, continues: bool) -> int:
    """N of the longest n-grams: as asked for, else 5 where tokens are so few that n-grams of them come again."""
    if asked is not None:
        return asked
    return 5 if continues and inputs.tokenizer in ("character", "byte") else 1
