"""CBOW: word vectors whose mean tells the word in the middle, learnt with negative sampling.

For a word w and the mean h of the vectors of the words around it, -log σ(u_w·h) - Σ_k log σ(-u_k·h) is made small, with
K noise words k (T. Mikolov et al., 2013a, "Efficient estimation of word representations in vector space", § 3.1; the
noise is that of 2013b, equation 4).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

import torch
from msgspec import Meta
from torch import Tensor

from deepwright.models.language._word2vec import Word2Vec
from deepwright.specs import ContextSpec, TextSpec

__all__ = ["Cbow"]


class Cbow(Word2Vec):
    """Tokens [B, T] to how well each is told from noise by the words around it, [B, T, 2].

    Args:
        inputs: texts.
        outputs: words and the words around them.
        embed_dim: numbers that stand for a word.
        window: words on either side that are its context; how many of them is drawn each time, from 1.
        num_negatives: noise words for each that is there.
        epochs: passes over the training texts.
        subsample: share of the text above which a word is left away now and then; 0 leaves none away.
    """

    skip_gram: ClassVar[int] = 0

    def __init__(
        self,
        inputs: TextSpec,
        outputs: ContextSpec,
        *,
        embed_dim: Annotated[int, Meta(ge=1)] = 100,
        window: Annotated[int, Meta(ge=1)] = 5,
        num_negatives: Annotated[int, Meta(ge=1)] = 5,
        epochs: Annotated[int, Meta(ge=1)] = 5,
        subsample: Annotated[float, Meta(ge=0, le=1)] = 1e-3,
    ) -> None:
        super().__init__(inputs, outputs, embed_dim, window, num_negatives, epochs, subsample)

    def pairs(self, tokens: Tensor, there: Tensor) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """The word itself, from the mean of its context."""
        total, count = 0 * self.embed(tokens), torch.zeros_like(tokens)
        for others, inside in self.shifted(tokens, there):
            total = total + self.embed(others) * inside[..., None]
            count = count + inside
        yield count > 0, total / count.clamp(min=1)[..., None], tokens
