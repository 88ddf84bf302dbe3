"""Embeddings: a token as numbers that are learnt."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from deepwright.errors import ConfigError
from deepwright.layers.layer import Count, Layer, Tokens, written
from deepwright.messages import _
from deepwright.tokens import PADDING

#: Of the hash of n-grams: products of both stay far below 2^63.
_MULTIPLIER, _PRIME = 1_000_003, 2**31 - 1


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


class NgramEmbedding(nn.Module):
    """Tokens [B, T] to numbers [B, T, D]: the sum of those of the 2-grams, 3-grams, … that end in each token.

    n-grams share a table by a hash of their tokens, whatever their length (A. Pagnoni et al., 2024, "Byte latent
    transformer", § 3.2.1): what a short context says is looked up, and the network is left with the rest. We deviate in
    beginning with zeros, so that a network begins as it would without.

    Args:
        longest: n of the longest, at least 2.
        num_rows: of the table.
        embed_dim: D.
    """

    def __init__(self, longest: int, num_rows: int, embed_dim: int) -> None:
        super().__init__()
        self.longest, self.num_rows = longest, num_rows
        self.table = nn.Parameter(torch.zeros(num_rows, embed_dim))

    def forward(self, tokens: Tensor) -> Tensor:
        """Before the first token stands no other."""
        return self.step(tokens)[0]

    def step(self, tokens: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Go on where a call before ended: the same, and the last tokens, [B, longest - 1], for the next call."""
        before = tokens.new_full((len(tokens), self.longest - 1), PADDING) if state is None else state
        whole = torch.cat((before, tokens), 1)
        found = functional.embedding_bag(self._rows(whole, tokens.shape[1]), self.table, mode="sum")
        return found.unflatten(0, tokens.shape), whole[:, tokens.shape[1] :]

    def _rows(self, whole: Tensor, steps: int) -> Tensor:
        """Of the last so many tokens the rows of the n-grams that end in each, [B·T, longest - 1]."""
        hashed, rows = whole[:, -steps:], []
        for back in range(1, self.longest):
            hashed = (hashed * _MULTIPLIER + whole[:, -steps - back : whole.shape[1] - back] + 1) % _PRIME
            rows.append(hashed % self.num_rows)
        return torch.stack(rows, 2).flatten(0, 1)


class Front(nn.Module):
    """Tokens [B, T] to numbers [B, T, D], of the tokens and of the n-grams that they end.

    Args:
        embed: of the tokens.
        longest: n of the longest n-grams; 1 for none.
        num_rows: of the table of n-grams.
    """

    def __init__(self, embed: nn.Embedding, longest: int, num_rows: int) -> None:
        super().__init__()
        self.embed = embed
        self.ngrams = NgramEmbedding(longest, num_rows, embed.embedding_dim) if longest > 1 else None

    def forward(self, tokens: Tensor) -> Tensor:
        """Before the first token stands no other."""
        return self.step(tokens)[0]

    def step(self, tokens: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """Go on where a call before ended: the same, and what the next call takes."""
        numbers: Tensor = self.embed(tokens)
        if self.ngrams is None:
            return numbers, None
        more, after = self.ngrams.step(tokens, state)
        return numbers + more, after
