"""What the classification metrics share: decisions, probabilities and weighted shares."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt

from deepwright.contracts import FloatArray, Predictions
from deepwright.errors import UnknownNameError
from deepwright.messages import _


class Decided:
    """What metrics of decisions alone have in common."""

    def right(self, predictions: Predictions) -> npt.NDArray[np.bool_]:
        """The rows whose class, or whose every label, was decided rightly, [N]."""
        same: npt.NDArray[np.bool_] = (taken(predictions) == true(predictions)).all(1)
        return same

    def decided(self, predictions: Predictions, rightly: bool) -> Predictions:
        """The same rows, all decided rightly, or all wrongly: for the strongest other class, or against each label."""
        stated = true(predictions)
        if predictions.targets.ndim == 2:
            return replace(predictions, outputs=np.where(stated == rightly, 1.0, -1.0))
        outputs = stated if rightly else np.where(stated, -np.inf, predictions.outputs)
        return replace(predictions, outputs=one_hot(outputs.argmax(1), len(predictions.names)).astype(float))


class ShareOfDecisions(Decided, ABC):
    """A share of decisions; the first of its two terms counts successes, the second trials."""

    unit: ClassVar[str] = "share"
    better: ClassVar[Literal["higher", "lower"]] = "higher"

    @abstractmethod
    def terms(self, predictions: Predictions) -> FloatArray:
        """Successes and trials, [N, 2]."""

    def value(self, sums: FloatArray) -> FloatArray:
        """Sums [R, 2] to shares [R]; NaN where there are no trials."""
        return ratio(sums[:, 0], sums[:, 1])

    def counts(self, predictions: Predictions) -> tuple[int, int]:
        """Successes and trials."""
        successes, trials = self.terms(predictions).sum(0).astype(int).tolist()
        return successes, trials


def decisions(predictions: Predictions) -> npt.NDArray[np.int64]:
    """The class with the largest output, [N]."""
    return predictions.largest


def taken(predictions: Predictions) -> npt.NDArray[np.bool_]:
    """For each row the class, or the labels, that were decided for, [N, C]; a label's logit above 0 means yes."""
    if predictions.targets.ndim == 2:
        chosen: npt.NDArray[np.bool_] = predictions.outputs > 0
        return chosen
    return one_hot(decisions(predictions), len(predictions.names))


def true(predictions: Predictions) -> npt.NDArray[np.bool_]:
    """For each row the class, or the labels, that it has, [N, C]."""
    if predictions.targets.ndim == 2:
        labels: npt.NDArray[np.bool_] = predictions.targets > 0
        return labels
    return one_hot(predictions.targets, len(predictions.names))


def of_label(predictions: Predictions, label: str) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """For each row whether it was decided for a class or label, and whether it has it, both [N].

    The same as a column of ``taken`` and of ``true``, without the others: of thousands of classes each has its turn.
    """
    index = class_index(predictions, label)
    if predictions.targets.ndim == 2:
        return predictions.outputs[:, index] > 0, predictions.targets[:, index] > 0
    return decisions(predictions) == index, predictions.targets == index


def one_hot(classes: npt.NDArray[np.int64], num_classes: int) -> npt.NDArray[np.bool_]:
    """Classes [N] as rows that are true at one place, [N, C]."""
    places: npt.NDArray[np.bool_] = classes[:, None] == np.arange(num_classes)
    return places


def log_probabilities(predictions: Predictions, temperature: float) -> FloatArray:
    """Logarithm of softmax(outputs / temperature), [N, C]."""
    logits = predictions.outputs / temperature
    logits = logits - logits.max(1, keepdims=True)
    normalised: FloatArray = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    return normalised


def beside(*columns: npt.NDArray[np.bool_]) -> FloatArray:
    """Columns [N], or several at once [N, C], as the terms of a metric."""
    return np.column_stack(columns).astype(float)


def ratio(sums: FloatArray, totals: FloatArray) -> FloatArray:
    """Sums over totals, both [R]; NaN where the total is 0."""
    shares: FloatArray = np.divide(sums, totals, out=np.full(len(sums), np.nan), where=totals > 0)
    return shares


def class_index(predictions: Predictions, label: str) -> int:
    """The index of a class by its name."""
    if label not in predictions.names:
        raise UnknownNameError(_("class"), label, predictions.names)
    return predictions.names.index(label)
