"""TF-IDF linear: logistic or ridge regression on weighted counts of n-grams, solved; a network has to beat it.

Of a text, n-gram g weighs (1 + ln count) · (ln((1 + N)/(1 + N_g)) + 1), of N training texts N_g have g, and all weights
are divided by their Euclidean norm (G. Salton and C. Buckley, 1988, "Term-weighting approaches in automatic text
retrieval"; scikit-learn's smoothing). The n-grams are of 1 and 2 words or of 1 to 5 characters, and the penalty ‖W‖²/2C
has one of several C: whichever loses least on held-out parts of the training split (after S. Wang and C. Manning,
2012, who show how strong such a baseline is). Only n-grams that two training texts have count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt
from msgspec import Meta

from deepwright.contracts import FloatArray
from deepwright.models.language._ngrams import NgramLinear, Solution, logistic, of_characters, of_words
from deepwright.specs import ClassSpec, LabelsSpec, OutputSpec, TextSpec

__all__ = ["TfidfLinear"]


class TfidfLinear(NgramLinear):
    """Tokens [B, T] to outputs [B, num_outputs], by way of the text that they spell.

    Args:
        inputs: texts.
        outputs: classes, labels or a number.
        num_features: n-grams that are counted at most, the most frequent; fewer of over a hundred classes.
    """

    strengths: ClassVar[tuple[float, ...]] = (0.5, 2.0, 8.0, 32.0)
    kinds: ClassVar[Sequence[Callable[[str], Iterator[str]]]] = (of_words, of_characters)

    def __init__(
        self, inputs: TextSpec, outputs: OutputSpec, *, num_features: Annotated[int, Meta(ge=1)] = 200_000
    ) -> None:
        super().__init__(inputs, outputs, num_features)

    @staticmethod
    def worth_trying(_num_examples: int, _outputs: OutputSpec) -> bool:
        """Always: it is solved in any event, since others are compared with it."""
        return True

    def scales(self, counts: Any) -> FloatArray:
        """Inverse document frequencies [F]."""
        return inverse_document_frequency(counts)

    def features(self, counts: Any, scale: FloatArray) -> Any:
        """Weights of Euclidean norm 1."""
        return weighted(counts, scale)

    def solve(self, features: Any, targets: npt.NDArray[Any], strength: float) -> Solution:
        """Logistic regression of classes, one for each label, or ridge regression of a number."""
        if isinstance(self.outputs, ClassSpec):
            return logistic(features, targets, strength, self.outputs.num_outputs)
        if isinstance(self.outputs, LabelsSpec):
            solved = [logistic(features, label.astype(np.int64), strength, 2) for label in targets.T]
            return np.stack([w[1] - w[0] for w, _b in solved]), np.stack([b[1] - b[0] for _w, b in solved])
        from sklearn.linear_model import Ridge

        ridge = Ridge(alpha=1 / strength, solver="sparse_cg").fit(features, targets)
        return ridge.coef_[None], np.array([ridge.intercept_])


def inverse_document_frequency(counts: Any) -> FloatArray:
    """ln((1 + N)/(1 + N_g)) + 1 of counts [N, F], [F]."""
    found: FloatArray = np.log((1 + counts.shape[0]) / (1 + np.bincount(counts.indices, minlength=counts.shape[1]))) + 1
    return found


def weighted(counts: Any, idf: FloatArray) -> Any:
    """Counts [N, F] as weights of Euclidean norm 1, sparse; a text without known n-grams has none."""
    from sklearn.preprocessing import normalize

    weights = counts.copy()
    weights.data = (1 + np.log(weights.data)) * idf[weights.indices]
    return normalize(weights, copy=False)
