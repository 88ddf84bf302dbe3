"""PPMI and SVD: word vectors by counting which words stand together, and a singular value decomposition.

The matrix max(0, log(n_cw·Σ_v n_v^0.75 / (n_c·n_w^0.75))) of words c and words w around them is brought to D numbers a
word, U·√S and V·√S (O. Levy and Y. Goldberg, 2014, "Neural word embedding as implicit matrix factorization", sections 4
and 5; the power and √S are those of O. Levy, Y. Goldberg and I. Dagan, 2015). It is what skip-gram factorises without
saying so. As there, near words count more, at distance d of W words by (W + 1 - d) / W, and frequent ones less. We
deviate in that the decomposition is randomised (N. Halko, P.-G. Martinsson and J. Tropp, 2011), and the first four
million words alone are counted.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import torch
from msgspec import Meta

from deepwright.contracts import Examples, FloatArray, IntArray
from deepwright.models.language._in_context import POWER, Corpus, WordTables, corpus_of
from deepwright.specs import ContextSpec, TextSpec

__all__ = ["PpmiSvd"]

#: Words that are counted at most, from the beginning of the training split.
_MOST = 4_000_000
#: Passes of the randomised decomposition.
_ITERATIONS = 4


class PpmiSvd(WordTables):
    """Vectors of words, solved by counting and one decomposition; tokens [B, T] to [B, 2].

    Args:
        inputs: texts.
        outputs: what is asked of each word.
        embed_dim: numbers that stand for a word.
        window: words on either side that are counted.
    """

    def __init__(
        self,
        inputs: TextSpec,
        outputs: ContextSpec,
        *,
        embed_dim: Annotated[int, Meta(ge=1)] = 128,
        window: Annotated[int, Meta(ge=1)] = 5,
    ) -> None:
        super().__init__(inputs, outputs, embed_dim, 1)
        self.window = window

    def fit(self, examples: Examples) -> None:
        """Count the known words of all texts, and decompose."""
        from sklearn.utils.extmath import randomized_svd

        corpus = corpus_of(examples)
        counts = self.count(corpus)
        matrix = positive_information(together(corpus, self.kept.double().numpy(), self.window), counts)
        size = min(self.embed.embedding_dim, len(self.counts))
        seed = int(torch.randint(2**31 - 1, (1,)))
        left, values, right = randomized_svd(matrix, size, n_iter=_ITERATIONS, random_state=seed)
        self.embed.weight[:, :size] = torch.from_numpy(left * np.sqrt(values)).float()
        self.contexts.weight[:, :size] = torch.from_numpy(right.T * np.sqrt(values)).float()


def together(corpus: Corpus, kept: FloatArray, window: int) -> Any:
    """How often words stand near each other within a text, the nearer the more, as a sparse matrix [V, V].

    Args:
        corpus: known words.
        kept: [V] what every word weighs.
        window: words on either side that are counted.
    """
    from scipy.sparse import coo_matrix, csr_matrix

    words = corpus.words[:_MOST]
    text = np.searchsorted(corpus.starts, np.arange(len(words)), side="right")
    found = csr_matrix((len(kept), len(kept)))
    for distance in range(1, min(window, len(words) - 1) + 1):
        same = text[:-distance] == text[distance:]
        one, other = words[:-distance][same], words[distance:][same]
        weights = kept[one] * kept[other] * (window + 1 - distance) / window
        found = found + coo_matrix((weights, (one, other)), found.shape).tocsr()
    return (found + found.T).tocsr()


def positive_information(pairs: Any, counts: IntArray) -> Any:
    """Positive pointwise mutual information of words [V, V] beside noise words, as a sparse matrix.

    Args:
        pairs: [V, V] how often words stand together.
        counts: [V] how often every word is there, to the power 0.75 that of the noise words.
    """
    found = pairs.tocoo().astype(np.float64)
    rows, noise = np.asarray(pairs.sum(1)).ravel(), counts**POWER
    information = np.log(found.data * noise.sum()) - np.log(rows[found.row] * noise[found.col])
    found.data = np.maximum(information, 0)
    return found.tocsr()
