"""PPMI and SVD: word vectors by counting which words stand together, and a singular value decomposition.

The matrix max(0, log(n_wc·Σ_c n_c^0.75 / (n_w·n_c^0.75))) of words w and words c around them is brought to D numbers a
word, U·√S and V·√S (O. Levy and Y. Goldberg, 2014, "Neural word embedding as implicit matrix factorization", sections 4
and 5; the power and √S are those of O. Levy, Y. Goldberg and I. Dagan, 2015). It is what skip-gram factorises without
saying so. Near words count more, as in word2vec: at distance d of W words by (W + 1 - d) / W. We deviate in that
the decomposition is randomised (N. Halko, P.-G. Martinsson and J. Tropp, 2011), and the first four million words alone
are counted.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import torch
from msgspec import Meta

from deepwright.contracts import Examples
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
        embed_dim: Annotated[int, Meta(ge=1)] = 100,
        window: Annotated[int, Meta(ge=1)] = 5,
    ) -> None:
        super().__init__(inputs, outputs, embed_dim, 1)
        self.window = window

    def fit(self, examples: Examples) -> None:
        """Count the known words of all texts, and decompose."""
        from sklearn.utils.extmath import randomized_svd

        corpus = corpus_of(examples)
        self.count(corpus)
        matrix = positive_information(together(corpus, len(self.noise), self.window))
        size = min(self.embed.embedding_dim, len(self.noise))
        seed = int(torch.randint(2**31 - 1, (1,)))
        left, values, right = randomized_svd(matrix, size, n_iter=_ITERATIONS, random_state=seed)
        self.embed.weight[:, :size] = torch.from_numpy(left * np.sqrt(values)).float()
        self.contexts.weight[:, :size] = torch.from_numpy(right.T * np.sqrt(values)).float()


def together(corpus: Corpus, vocab_size: int, window: int) -> Any:
    """How often words stand near each other within a text, the nearer the more, as a sparse matrix [V, V]."""
    from scipy.sparse import coo_matrix, csr_matrix

    words = corpus.words[:_MOST]
    text = np.searchsorted(corpus.starts, np.arange(len(words)), side="right")
    found = csr_matrix((vocab_size, vocab_size))
    for distance in range(1, min(window, len(words) - 1) + 1):
        same = text[:-distance] == text[distance:]
        places = words[:-distance][same], words[distance:][same]
        weights = np.full(len(places[0]), (window + 1 - distance) / window)
        found = found + coo_matrix((weights, places), found.shape).tocsr()
    return (found + found.T).tocsr()


def positive_information(counts: Any) -> Any:
    """Positive pointwise mutual information of counts [V, V], those of contexts to the power 0.75; as sparse."""
    found = counts.tocoo().astype(np.float64)
    rows, columns = (np.asarray(counts.sum(axis)).ravel() for axis in (1, 0))
    smoothed = columns**POWER
    information = np.log(found.data * smoothed.sum()) - np.log(rows[found.row] * smoothed[found.col])
    found.data = np.maximum(information, 0)
    return found.tocsr()
