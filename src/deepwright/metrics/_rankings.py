"""What metrics of recommendations share: which items were recommended, and which of them were taken."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from msgspec import Meta

from deepwright.contracts import FIRST, RANKED, TOP, Answers, FloatArray, IntArray, Predictions

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
    found: npt.NDArray[np.bool_] = np.zeros(items.shape, bool)
    for place in range(targets.shape[1]):
        np.logical_or(found, (items == targets[:, place : place + 1]) & (items > 0), out=found)
    return found


def num_targets(targets: IntArray) -> IntArray:
    """Items that were taken, known or not, [N]."""
    found: IntArray = (targets >= 0).sum(1)
    return found


def of_mean(values: FloatArray) -> FloatArray:
    """Terms [N, 2] of a mean over rows: the values and ones."""
    return np.stack([values, np.ones(len(values))], 1)


def mean(sums: FloatArray) -> FloatArray:
    """The mean from sums of such terms, [R]; NaN of no rows."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.divide(sums[:, 0], sums[:, 1])


class OfUsers(ABC):
    """The mean over users of a value from 0 to 1 that rises with the hits among the first k.

    Args:
        k: items at the top that are looked at.
    """

    unit: ClassVar[str] = "share"
    better: ClassVar[Literal["higher", "lower"]] = "higher"
    answers: ClassVar[Answers] = "items"

    def __init__(self, *, k: At = FIRST) -> None:
        self.k = k

    @abstractmethod
    def of_each(self, items: IntArray, targets: IntArray) -> FloatArray:
        """Of items [N, k] beside those that were taken [N, M], [N]."""

    def terms(self, predictions: Predictions) -> FloatArray:
        """The value of each user, and one."""
        return of_mean(self.of_each(recommended(predictions, self.k), predictions.targets))

    def value(self, sums: FloatArray) -> FloatArray:
        """Their mean over users."""
        return mean(sums)

    def right(self, predictions: Predictions) -> npt.NDArray[np.bool_]:
        """Users with a hit, [N]."""
        return np.asarray(hits(recommended(predictions, self.k), predictions.targets).any(1), bool)

    def decided(self, predictions: Predictions, rightly: bool) -> Predictions:
        """The same users with a single item to be found, which stands first, or nowhere."""
        targets, outputs = np.full_like(predictions.targets, -1), predictions.outputs.copy()
        targets[:, 0] = 1
        outputs[:, :TOP] = 0
        outputs[:, 0] = rightly
        return replace(predictions, targets=targets, outputs=outputs)


class OfItems:
    """A metric of how often each item is recommended to all users together, which has no interval.

    Args:
        k: items at the top that are looked at.
        num_items: of which they could be.
    """

    unit: ClassVar[str] = "share"
    answers: ClassVar[Answers] = "items"
    of_all_rows: ClassVar[Literal[True]] = True

    def __init__(self, *, k: At = FIRST, num_items: Annotated[int, Meta(ge=1)] = 1) -> None:
        self.k, self.num_items = k, num_items

    def terms(self, predictions: Predictions) -> Any:
        """Ones where an item is among the first k of a user, sparse [N, 1 + I]."""
        from scipy.sparse import csr_array

        items = recommended(predictions, self.k)
        rows = np.repeat(np.arange(len(items)), items.shape[1])
        return csr_array((np.ones(items.size), (rows, items.ravel())), (len(items), 1 + self.num_items))
