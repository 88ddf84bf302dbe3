"""Nearest source: writes the target of the training source that is most similar, as a translation memory does.

M. Nagao (1984), "A framework of a mechanical translation between Japanese and English by analogy principle", without
adapting what is found. Sources are weighted counts of 1 and 2 tokens (TF-IDF, G. Salton and C. Buckley, 1988),
compared by the cosine; of several that are as similar, the first is taken. A network that learns more than by heart
has to beat it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from deepwright.contracts import Examples, FloatArray, IntArray
from deepwright.models.language._known_texts import KnownTexts, num_right, pairs
from deepwright.models.language.tfidf_linear import inverse_document_frequency, weighted
from deepwright.specs import TextSpec, TranslationSpec
from deepwright.tokens import PADDING

__all__ = ["NearestSource"]

#: Training texts from which it is learnt how often a token is right, each without itself; similarities at a time.
_TRIED, _CELLS = 1_000, 2**22
_BUFFERS = ("sources", "source_ends", "targets", "target_ends")
Tokens = npt.NDArray[np.int64]


class _Memory(NamedTuple):
    """What is known of the training sources.

    Attributes:
        keys: [F] of their n-grams, sorted.
        idf: [F] what each says.
        weights: sparse [F, N], columns of norm 1.
    """

    keys: IntArray
    idf: FloatArray
    weights: Any


class NearestSource(KnownTexts):
    """Sources [B, T] and tokens before each target [B, S] to logits [B, S, V], solved by keeping the training texts.

    Args:
        inputs: texts that are read.
        outputs: texts that are written.
    """

    def __init__(self, inputs: TextSpec, outputs: TranslationSpec) -> None:
        super().__init__(inputs, outputs)
        self.sources: Tensor
        self.source_ends: Tensor
        self.targets: Tensor
        self.target_ends: Tensor
        for name in _BUFFERS:
            self.register_buffer(name, torch.zeros(0, dtype=torch.int32))
        self._known: _Memory | None = None

    def fit(self, examples: Examples) -> None:
        """Keep all texts, and count how often the nearest of some others is right."""
        sources, targets = pairs(examples)
        self.sources, self.source_ends = _kept(sources)
        self.targets, self.target_ends = _kept(targets)
        self._known = None
        right = count = first = 0
        for source, target in zip(sources, targets, strict=True):
            own = np.arange(first, min(first + len(source), _TRIED))
            if not len(own):
                break
            nearest = self._nearest(source[: len(own)], own)
            of_batch = num_right(self._written(nearest), target[: len(own)])
            right, count, first = right + of_batch[0], count + of_batch[1], first + len(own)
        self.learn_share(right, count)

    def encode(self, source: Tensor) -> Tensor:
        """A source [B, T] to the target of the nearest one, [B, L]; before it is solved, to nothing."""
        if not len(self.source_ends):
            return source.new_zeros(len(source), 1)
        return self._written(self._nearest(source)).to(source.device)

    def _nearest(self, source: Tensor, without: IntArray | None = None) -> IntArray:
        """The places of the training sources that are most similar to each source [B, T], which may be without one."""
        known = self._memory()
        rows, keys = _ngrams(source.cpu().numpy(), self.inputs.vocab_size)
        places = np.minimum(np.searchsorted(known.keys, keys), len(known.keys) - 1)
        there = known.keys[places] == keys
        weights = weighted(_counts(rows[there], places[there], (len(source), len(known.keys))), known.idf)
        found: list[IntArray] = []
        for some in _parts(len(source), max(1, _CELLS // known.weights.shape[1])):
            similar = (weights[some] @ known.weights).toarray()
            if without is not None:
                similar[np.arange(len(similar)), without[some]] = -1
            found.append(similar.argmax(1))
        return np.concatenate(found)

    def _memory(self) -> _Memory:
        """What is known of the sources, made when it is first asked for."""
        if self._known is None:
            ends = self.source_ends.cpu().numpy().astype(np.int64)
            lengths = np.diff(ends, prepend=0)
            rows, keys = _ngrams_of(self.sources.cpu().numpy().astype(np.int64), lengths, self.inputs.vocab_size)
            known, places = np.unique(keys, return_inverse=True)
            counts = _counts(rows, places, (len(ends), len(known)))
            idf = inverse_document_frequency(counts)
            self._known = _Memory(known, idf, weighted(counts, idf).T.tocsr())
        return self._known

    def _written(self, places: IntArray) -> Tensor:
        """The targets at places [B], [B, L] and at least one end."""
        ends = self.target_ends.cpu().numpy().astype(np.int64)
        starts, stops = np.concatenate([[0], ends[:-1]])[places], ends[places]
        columns = np.arange(int((stops - starts).max(initial=0)) + 1)
        there = columns < (stops - starts)[:, None]
        texts = np.full(there.shape, PADDING, np.int64)
        texts[there] = self.targets.cpu().numpy()[(starts[:, None] + columns)[there]]
        return torch.from_numpy(texts)

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        """How many texts there are is known once they are loaded."""
        for name in _BUFFERS:
            if (stored := state_dict.get(prefix + name)) is not None:
                setattr(self, name, torch.empty_like(stored))
        self._known = None
        super()._load_from_state_dict(state_dict, prefix, *rest)


def _kept(texts: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Padded texts one after the other, and where each ends."""
    lengths = torch.cat([(text > PADDING).sum(1) for text in texts])
    flat = torch.cat([text[text > PADDING] for text in texts])
    return flat.to(torch.int32), lengths.cumsum(0).to(torch.int32)


def _ngrams(texts: Tokens, vocab_size: int) -> tuple[IntArray, IntArray]:
    """Rows and keys of the n-grams of padded texts [B, T]."""
    there = texts > PADDING
    return _ngrams_of(texts[there], there.sum(1), vocab_size)


def _ngrams_of(flat: Tokens, lengths: IntArray, vocab_size: int) -> tuple[IntArray, IntArray]:
    """The same of texts one after the other: a token has its number, two that follow one another a greater one."""
    rows = np.repeat(np.arange(len(lengths)), lengths)
    together = rows[1:] == rows[:-1]
    both = (vocab_size + flat[:-1] * vocab_size + flat[1:])[together]
    return np.concatenate([rows, rows[1:][together]]), np.concatenate([flat, both])


def _counts(rows: IntArray, places: IntArray, shape: tuple[int, int]) -> Any:
    """How often each row has each n-gram, sparse [B, F]."""
    from scipy.sparse import coo_array

    return coo_array((np.ones(len(rows)), (rows, places)), shape=shape).tocsr()


def _parts(n: int, size: int) -> Iterator[slice]:
    return (slice(start, start + size) for start in range(0, n, size))
