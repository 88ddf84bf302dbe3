"""What the metrics of a text's tokens share: they are quotients of sums over passages, or over texts to be written."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from deepwright.contracts import FloatArray, Predictions


class OfPassages(ABC):
    """A metric of the sums of nats, of right tokens, of tokens and of characters.

    The tokens of a text that was to be written count with its end, each after those before it as they were to be.
    """

    def terms(self, predictions: Predictions) -> FloatArray:
        """Nats, right tokens, tokens and characters of each passage or text, [N, 4]."""
        if predictions.answers == "text":
            characters = np.array([len(text) for text in predictions.targets.tolist()], np.float64)
            return np.column_stack([predictions.outputs[:, :3], characters])
        return np.concatenate([predictions.outputs, predictions.targets], 1)

    @abstractmethod
    def value(self, sums: FloatArray) -> FloatArray:
        """The metric of R samples from their weighted sums of the terms: [R, 4] → [R]."""
