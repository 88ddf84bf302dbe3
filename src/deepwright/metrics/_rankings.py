"""What metrics of recommendations share: which items were recommended, and which of them were taken."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import numpy as np
import numpy.typing as npt
from msgspec import Meta

from deepwright.contracts import RANKED, TOP, FloatArray, IntArray, Predictions

#: Items at the top of a recommendation.
At: TypeAlias = Annotated[int, Meta(ge=1, le=TOP)]


def recommended(predictions: Predictions, k: int) -> IntArray:
    """Numbers of the first items [N, k], 0 where there are fewer."""
    items: IntArray = predictions.outputs[:, :k].astype(np.int64)
    return items


def counts(predictions: Predictions, k: int) -> FloatArray:
    """How often each of the first items was learnt from [N, k]."""
    return predictions.outputs[:, TOP : TOP + k]


def column(predictions: Predictions, name: str) -> FloatArray:
    """One of what ``RANKED`` names, [N]."""
    return predictions.outputs[:, RANKED.index(name)]


def hits(items: IntArray, targets: IntArray) -> npt.NDArray[np.bool_]:
    """Whether each of the items [N, k] is among the targets [N, M], [N, k]."""
    found = np.zeros(items.shape, bool)
    for place in range(targets.shape[1]):
        found |= (items == targets[:, place : place + 1]) & (items > 0)
    return found


def num_targets(targets: IntArray) -> IntArray:
    """Items that were taken, known or not, [N]."""
    return (targets >= 0).sum(1)


def of_mean(values: FloatArray) -> FloatArray:
    """Terms [N, 2] of a mean over rows: the values and ones."""
    return np.stack([values, np.ones(len(values))], 1)


def mean(sums: FloatArray) -> FloatArray:
    """The mean from sums of such terms, [R]; NaN of no rows."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.divide(sums[:, 0], sums[:, 1])
