"""What the classification metrics share: decisions, probabilities and weighted shares."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepwright.contracts import FloatArray, Predictions
from deepwright.errors import UnknownNameError
from deepwright.messages import _


def decisions(predictions: Predictions) -> npt.NDArray[np.int64]:
    """The class with the largest output, [N]."""
    decided: npt.NDArray[np.int64] = predictions.outputs.argmax(1)
    return decided


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
