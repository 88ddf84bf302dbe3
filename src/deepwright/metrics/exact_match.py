"""Exact match: the share of texts that were written exactly as they were to be, character for character."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from deepwright.contracts import Answers, FloatArray, Predictions
from deepwright.metrics._classes import ShareOfDecisions, beside

__all__ = ["ExactMatch"]


class ExactMatch(ShareOfDecisions):
    """Where the texts are pronunciations, 1 less this is what is called the word error rate of grapheme-to-phoneme."""

    answers: ClassVar[Answers] = "text"

    def terms(self, predictions: Predictions) -> FloatArray:
        """Texts that are as they were to be, and all of them, [N, 2]."""
        right = self.right(predictions)
        return beside(right, right | True)

    def right(self, predictions: Predictions) -> npt.NDArray[np.bool_]:
        """The texts that are as they were to be, [N]."""
        same: npt.NDArray[np.bool_] = (predictions.written == predictions.targets).astype(bool)
        return same

    def decided(self, predictions: Predictions, rightly: bool) -> Predictions:
        """The same rows with what was to be written, or with something else."""
        targets = predictions.targets
        return replace(predictions, written=targets if rightly else targets + "?")
