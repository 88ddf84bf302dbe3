"""Skip-gram: word vectors from which the words around can be told, learnt with negative sampling.

For each pair of a word c and a word w around it, -log σ(u_w·v_c) - Σ_k log σ(-u_k·v_c) is made small, with K noise
words k (T. Mikolov et al., 2013, "Distributed representations of words and phrases and their compositionality",
equation 4). The vectors v are those that are kept; gensim is the engine.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from deepwright.models.language._word2vec import Word2Vec
from deepwright.specs import ContextSpec, TextSpec

__all__ = ["SkipGram"]


class SkipGram(Word2Vec):
    """Vectors of words, each of which tells the words around it from noise; tokens [B, T] to [B, 2].

    Args:
        inputs: texts.
        outputs: what is asked of each word.
        embed_dim: numbers that stand for a word.
        window: words on either side that are learnt from; how many of them is drawn each time, from 1.
        num_negatives: noise words for each that is there, in learning.
        epochs: passes over the training texts; null takes so many that 10 million words are read, from
            5 to 20; of a short text so many that a million are, up to 50.
        subsample: share of the text above which a word is left away now and then; 0 leaves none away.
        num_workers: threads; more than one are faster, and then the same seed no longer gives the same vectors.
    """

    skip_gram: ClassVar[int] = 1

    def __init__(
        self,
        inputs: TextSpec,
        outputs: ContextSpec,
        *,
        embed_dim: Annotated[int, Meta(ge=1)] = 128,
        window: Annotated[int, Meta(ge=1)] = 5,
        num_negatives: Annotated[int, Meta(ge=1)] = 5,
        epochs: Annotated[int, Meta(ge=1)] | None = None,
        subsample: Annotated[float, Meta(ge=0, le=1)] = 1e-3,
        num_workers: Annotated[int, Meta(ge=1)] = 1,
    ) -> None:
        super().__init__(inputs, outputs, embed_dim, window, num_negatives, epochs, subsample, num_workers)
