"""What the regression metrics share."""

from __future__ import annotations

from deepwright.contracts import FloatArray, Predictions


def errors(predictions: Predictions) -> FloatArray:
    """Prediction less truth, [N], in the number's own unit."""
    difference: FloatArray = predictions.outputs[:, 0] - predictions.targets
    return difference
