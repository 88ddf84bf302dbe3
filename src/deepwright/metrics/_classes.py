"""What the classification metrics share: decisions, probabilities and weighted shares."""

from __future__ import annotations

from dataclasses import replace

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


def decisions(predictions: Predictions) -> npt.NDArray[np.int64]:
    """The class with the largest output, [N]."""
    decided: npt.NDArray[np.int64] = predictions.outputs.argmax(1)
    return decided


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


def share(weights: FloatArray, numerator: npt.NDArray[np.bool_], denominator: npt.NDArray[np.bool_]) -> FloatArray:
    """Weighted share of the rows of the denominator that are in the numerator, [R]; NaN where it has no weight."""
    total = weights @ denominator.astype(float)
    hits = weights @ (numerator & denominator).astype(float)
    shares: FloatArray = np.divide(hits, total, out=np.full(len(weights), np.nan), where=total > 0)
    return shares


def class_index(predictions: Predictions, label: str) -> int:
    """The index of a class by its name."""
    if label not in predictions.names:
        raise UnknownNameError(_("class"), label, predictions.names)
    return predictions.names.index(label)
