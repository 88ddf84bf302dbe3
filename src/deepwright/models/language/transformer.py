"""Transformer: attention and dense layers by turns, for whole texts or for the next token.

A. Vaswani et al. (2017, "Attention is all you need"): the encoder where whole texts are judged, by the mean over the
tokens that are there; the decoder without a source where the next token is learnt (P. J. Liu et al., 2018). We deviate
in normalising before each part and once at the end (R. Xiong et al., 2020), and offer positions that are rotary (J. Su
et al., 2021), learnt (J. Gehring et al., 2017) or waves. Matrices begin as in GPT-2 (A. Radford et al., 2019), small,
and smaller the more blocks add up.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, Any, Literal

import torch
from msgspec import Meta
from torch import Tensor, nn

from deepwright.contracts import Recipe
from deepwright.layers.attention import Cache
from deepwright.layers.context import Remembered, advance_within
from deepwright.layers.embedding import Front, TokenEmbedding, Unembedding
from deepwright.layers.layer import Count
from deepwright.layers.pooling import MeanOfSteps
from deepwright.layers.positions import LearnedPositions, SinusoidalPositions, turns
from deepwright.layers.transformer import Activation, transformer_block
from deepwright.models.language._recurrent import Ngrams, Rate, language_recipe, longest_ngrams
from deepwright.specs import OutputSpec, TextSpec, TokensSpec
from deepwright.tokens import PADDING

__all__ = ["Transformer"]

_DEVIATION = 0.02


class Transformer(nn.Module):
    """Tokens [B, T] to outputs [B, num_outputs], or to logits of the next token at every step [B, T, V].

    Args:
        inputs: texts.
        outputs: classes, labels, a number, or the next token.
        embedding: a run with word vectors, or a file of them in the text format of word2vec, that the embeddings begin
            with; null lets them begin at random.
        num_layers: blocks; null takes 4 where the next token is learnt, else 2.
        num_heads: heads of a block's attention.
        head_dim: numbers of a head; a token is as many numbers as all heads together.
        hidden_dim: units between a block's dense layers; null takes 4 times the numbers of a token.
        positions: how places are told apart.
        activation: between a block's dense layers.
        dropout: share of the numbers that is dropped while training; null drops none where the next token is learnt,
            else 0.1.
        tied: whether the next token is scored by the table of the embeddings.
        ngrams: n of the longest n-grams of tokens that have numbers of their own, added to those of the token that
            ends them; 1 for none; null takes 5 of characters and bytes where the next token is learnt, else 1.
        ngram_rows: different numbers of n-grams, of which each takes one by its hash.
    """

    def __init__(
        self,
        inputs: TextSpec,
        outputs: OutputSpec | TokensSpec,
        *,
        embedding: str | None = None,
        num_layers: Count | None = None,
        num_heads: Count = 4,
        head_dim: Annotated[int, Meta(ge=2, multiple_of=2)] = 32,
        hidden_dim: Count | None = None,
        positions: Literal["rotary", "learned", "sinusoidal"] = "rotary",
        activation: Activation = "gelu",
        dropout: Rate | None = None,
        tied: bool = True,
        ngrams: Ngrams | None = None,
        ngram_rows: Count = 65_536,
    ) -> None:
        super().__init__()
        self.continues = isinstance(outputs, TokensSpec)
        self.max_seq_len = outputs.max_seq_len if isinstance(outputs, TokensSpec) else inputs.max_seq_len
        self.head_dim, self.turned = head_dim, positions == "rotary"
        size, rate = num_heads * head_dim, (0.0 if self.continues else 0.1) if dropout is None else dropout
        count = num_layers or (4 if self.continues else 2)
        embed = (
            TokenEmbedding(inputs.vocab_size, size, tied)
            if self.continues
            else nn.Embedding(inputs.vocab_size, size, padding_idx=PADDING)
        )
        self.front = Front(embed, longest_ngrams(ngrams, inputs, self.continues), ngram_rows)
        self.positions = _positions(positions, self.max_seq_len, size)
        self.dropout = nn.Dropout(rate)
        blocks = [
            transformer_block(
                (self.max_seq_len, size),
                num_heads=num_heads,
                hidden_dim=hidden_dim,
                causal=self.continues,
                rotary=self.turned,
                activation=activation,
                dropout=rate,
            ).module
            for _block in range(count)
        ]
        self.blocks = nn.ModuleList(blocks)
        self.norm, self.mean = nn.LayerNorm(size), MeanOfSteps()
        self.output: nn.Module = (
            nn.Linear(size, outputs.num_outputs) if isinstance(outputs, OutputSpec) else Unembedding(size, embed, tied)
        )
        _initialise(self.blocks)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens [B, T] to outputs [B, num_outputs] or logits [B, T, V]; T is at most ``max_seq_len``.

        Where a whole text is judged, what stands after that is not read.
        """
        tokens = tokens if self.continues else tokens[:, : self.max_seq_len]
        return self.from_embeddings(self.front(tokens), tokens != PADDING)

    def from_embeddings(self, embeddings: Tensor, there: Tensor) -> Tensor:
        """Embeddings [B, T, D] of the tokens that are there, [B, T], to the same outputs."""
        # Padding stands last: where nothing sees what follows, it is in nobody's way.
        whole = self.continues or (not torch.compiler.is_exporting() and bool(there.all()))
        seen = None if whole else there
        hidden = embeddings if self.positions is None else self.positions(embeddings)
        hidden = self.dropout(hidden)
        by = turns(hidden.shape[1], self.head_dim) if self.turned else None
        for block in self.blocks:
            hidden = block(hidden, seen, by)
        hidden = self.norm(hidden)
        outputs: Tensor = self.output(hidden if self.continues else self.mean(hidden, seen))
        return outputs

    def step(self, tokens: Tensor, state: Remembered | None = None) -> tuple[Tensor, Remembered]:
        """Go on where a call before ended: tokens [B, T] to logits [B, T, V], and what the next call takes.

        Keys and values of at most ``max_seq_len`` tokens are remembered. Where there are as many, the newer half is
        read again from the first place and the older half forgotten.
        """
        return advance_within(self.max_seq_len, self._advance, tokens, state)

    def _advance(
        self, tokens: Tensor, state: tuple[Tensor | None, list[Cache]] | None
    ) -> tuple[Tensor, tuple[Tensor | None, list[Cache]]]:
        of_front, before = state or (None, None)
        start = 0 if before is None else len(before[0])
        hidden, of_front = self.front.step(tokens, of_front)
        hidden = hidden if self.positions is None else self.positions(hidden, start)
        by = turns(hidden.shape[1], self.head_dim, start) if self.turned else None
        caches = []
        blocks: Any = self.blocks
        for number, block in enumerate(blocks):
            hidden, cache = block.step(hidden, None if before is None else before[number], by=by)
            caches.append(cache)
        return self.output(self.norm(hidden)), (of_front, caches)

    @staticmethod
    def recipe(num_examples: int, _inputs: TextSpec, outputs: OutputSpec | TokensSpec) -> Recipe:
        """Passes enough for about 1,200 steps on small data, and three on a hundred thousand texts."""
        if isinstance(outputs, TokensSpec):
            return replace(language_recipe(num_examples, outputs), learning_rate=4e-3)
        if num_examples < 20_000:
            return Recipe(epochs=max(4, min(30, 40_000 // num_examples)), batch_size=32, learning_rate=1e-3)
        return Recipe(epochs=3, batch_size=64, learning_rate=1e-3)


def _positions(kind: str, max_seq_len: int, size: int) -> nn.Module | None:
    """What is added to embeddings for their places; rotary positions are no such thing."""
    if kind == "learned":
        return LearnedPositions(max_seq_len, size)
    return SinusoidalPositions() if kind == "sinusoidal" else None


def _initialise(blocks: nn.ModuleList) -> None:
    """Matrices of deviation 0.02, of those whose products are added up 0.02/√(2·blocks); biases 0."""
    for name, parameter in blocks.named_parameters():
        if parameter.ndim == 2:
            added = name.endswith(("attention.out.weight", "dense2.weight"))
            nn.init.normal_(parameter, std=_DEVIATION / math.sqrt(2 * len(blocks) if added else 1))
        elif name.endswith("bias"):
            nn.init.zeros_(parameter)
