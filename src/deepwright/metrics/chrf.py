"""chrF: n-grams of 1 to 6 characters that texts have in common with those that were to be written.

M. Popović (2015), "chrF: character n-gram F-score for automatic MT evaluation", and (2016) for β = 2; over all texts,
as sacreBLEU (M. Post, 2018) has it.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from deepwright.contracts import Answers, FloatArray, Predictions
from deepwright.metrics._texts import num_matches, pairs

__all__ = ["Chrf"]

_LONGEST, _BETA = 6, 2


class Chrf:
    """100·(1 + β²)·P·R / (β²·P + R), P and R being the means of the precisions and recalls of n = 1 to 6, β = 2.

    Blanks are left away. Lengths of which either side has no n-gram do not count.
    """

    unit: ClassVar[str] = "points"
    better: ClassVar[Literal["higher", "lower"]] = "higher"
    answers: ClassVar[Answers] = "text"

    @property
    def signature(self) -> str:
        """How it is computed, as sacreBLEU writes it."""
        return f"nrefs:1|case:mixed|eff:yes|nc:{_LONGEST}|nw:0|space:no"

    def terms(self, predictions: Predictions) -> FloatArray:
        """For n = 1 to 6 the n-grams in common, those that were written and those that were to be, [N, 18]."""
        counts = [_counts("".join(written.split()), "".join(target.split())) for written, target in pairs(predictions)]
        return np.array(counts, np.float64).reshape(-1, 3 * _LONGEST)

    def value(self, sums: FloatArray) -> FloatArray:
        """Sums [R, 18] to scores [R]."""
        common, written, target = np.moveaxis(sums.reshape(len(sums), _LONGEST, 3), 2, 0)
        there = (written > 0) & (target > 0)
        lengths = np.maximum(there.sum(1), 1)
        precision = np.divide(common, written, out=np.zeros_like(common), where=there).sum(1) / lengths
        recall = np.divide(common, target, out=np.zeros_like(common), where=there).sum(1) / lengths
        both = _BETA**2 * precision + recall
        found: FloatArray = np.divide(
            100 * (1 + _BETA**2) * precision * recall, both, out=np.zeros(len(sums)), where=both > 0
        )
        return found


def _counts(written: str, target: str) -> list[int]:
    counts = []
    for n in range(1, _LONGEST + 1):
        to_be = max(
            0, len(target) - n + 1
        )  # where there is none, what was written of this length is not held against it
        counts += [num_matches(written, target, n), max(0, len(written) - n + 1) if to_be else 0, to_be]
    return counts
