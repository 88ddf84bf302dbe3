"""What the metrics of texts that were written share: common pieces, and the edits from one text to another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from typing import Any, ClassVar, Literal

import numpy as np

from deepwright.contracts import Answers, FloatArray, Predictions
from deepwright.metrics._classes import ratio


def pairs(predictions: Predictions) -> Iterator[tuple[str, str]]:
    """Every text that was written, with the one that was to be written."""
    assert predictions.written is not None
    return zip(predictions.written.tolist(), predictions.targets.tolist(), strict=True)


class ErrorRate(ABC):
    """Edits that turn what was written into what was to be, over the length of the latter: above 1 where it is longer.

    An edit puts in, leaves out or replaces one piece (V. I. Levenshtein, 1966).
    """

    unit: ClassVar[str] = "rate"
    better: ClassVar[Literal["higher", "lower"]] = "lower"
    answers: ClassVar[Answers] = "text"

    @abstractmethod
    def pieces(self, text: str) -> Sequence[Hashable]:
        """What is counted of a text."""

    def terms(self, predictions: Predictions) -> FloatArray:
        """Edits, and pieces that were to be written, [N, 2]."""
        pieces = [(self.pieces(written), self.pieces(target)) for written, target in pairs(predictions)]
        counts = [(num_edits(written, target), len(target)) for written, target in pieces]
        return np.array(counts, np.float64).reshape(-1, 2)

    def value(self, sums: FloatArray) -> FloatArray:
        """Sums [R, 2] to rates [R]; NaN where nothing was to be written."""
        return ratio(sums[:, 0], sums[:, 1])


def num_matches(one: Sequence[Any], other: Sequence[Any], n: int) -> int:
    """N-grams that two texts, strings or tuples, have in common, each as often as the one that has it less often."""
    known = Counter(ngrams(other, n))
    return sum(min(count, known[ngram]) for ngram, count in Counter(ngrams(one, n)).items() if ngram in known)


def ngrams(text: Sequence[Any], n: int) -> Iterator[Sequence[Any]]:
    """Every n pieces that follow one another."""
    return (text[start : start + n] for start in range(len(text) - n + 1))


def num_edits(one: Sequence[Hashable], other: Sequence[Hashable]) -> int:
    """The least number of pieces put in, left out or replaced that turns a text into another.

    A column of the dynamic programme is two numbers, whose bits say where it rises and where it falls by one (G. Myers,
    1999, "A fast bit-vector algorithm for approximate string matching based on dynamic programming", section 3; of
    whole texts after H. Hyyrö, 2003), so that a column is a few operations however long it is.
    """
    if not one:
        return len(other)
    if one == other:
        return 0
    places: dict[Hashable, int] = {}
    for place, piece in enumerate(one):
        places[piece] = places.get(piece, 0) | 1 << place
    every, last = (1 << len(one)) - 1, 1 << len(one) - 1
    rises, falls, distance = every, 0, len(one)
    for piece in other:
        same = places.get(piece, 0)
        diagonal = (((same & rises) + rises) ^ rises) | same | falls
        more, less = falls | ~(diagonal | rises), rises & diagonal
        distance += bool(more & last) - bool(less & last)
        more, less = more << 1 | 1, less << 1
        rises, falls = (less | ~(diagonal | more)) & every, more & diagonal & every
    return distance
