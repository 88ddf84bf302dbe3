"""What the metrics of a text's tokens share: they are quotients of sums over its passages."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from deepwright.contracts import FloatArray, Predictions


class OfPassages(ABC):
    """A metric of the sums of nats, of right tokens, of tokens and of characters."""

    def terms(self, predictions: Predictions) -> FloatArray:
        """Nats, right tokens, tokens and characters of each passage, [N, 4]."""
        return np.concatenate([predictions.outputs, predictions.targets], 1)

    @abstractmethod
    def value(self, sums: FloatArray) -> FloatArray:
        """The metric of R samples from their weighted sums of the terms: [R, 4] → [R]."""

    def __call__(self, predictions: Predictions, weights: FloatArray) -> FloatArray:
        """Weights [R, N] to figures [R]."""
        return self.value(weights @ self.terms(predictions))
