"""Skip-gram: word vectors from which the words around can be told, learnt with negative sampling.

For a word w and each word c around it, -log σ(u_c·v_w) - Σ_k log σ(-u_k·v_w) is made small, with K noise words k (T.
Mikolov et al., 2013b, "Distributed representations of words and phrases and their compositionality", equation 4).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import Meta
from torch import Tensor

from deepwright.models.language._word2vec import Word2Vec
from deepwright.specs import ContextSpec, TextSpec

__all__ = ["SkipGram"]


class SkipGram(Word2Vec):
    """Tokens [B, T] to how well the words around each are told from noise, [B, T, 2].

    Args:
        inputs: texts.
        outputs: words and the words around them.
        embed_dim: numbers that stand for a word.
        window: words on either side that are its context; how many of them is drawn each time, from 1.
        num_negatives: noise words for each that is there.
        epochs: passes over the training texts.
        subsample: share of the text above which a word is left away now and then; 0 leaves none away.
    """

    skip_gram: ClassVar[int] = 1

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
        """Each word of the context by itself, from the vector of the word."""
        vectors = self.embed(tokens)
        for others, inside in self.shifted(tokens, there):
            yield inside, vectors, others
