"""NB linear: logistic regression on which n-grams a text has, each weighed by naive Bayes' log ratio, solved.

Of class c, n-gram g weighs r_cg = ln((1 + N_cg)/Σ_h(1 + N_ch)) − ln((1 + N_¬cg)/Σ_h(1 + N_¬ch)), where N_cg texts of
the class have g and N_¬cg others; logistic regression on r_c ∘ f, f_g = 1 where a text has g and 0 elsewhere, makes
the class's logit (S. Wang and C. Manning, 2012, "Baselines and bigrams: simple, good sentiment and topic
classification", section 2.3). We deviate in that the loss is that of logistic regression and not a margin's and that
nothing is interpolated. The n-grams are of 1 and 2 words and, beside these, of 1 to 6 characters; the penalty ‖W‖²/2C
has whichever of several C loses least on held-out training texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt
from msgspec import Meta

from deepwright.contracts import FloatArray
from deepwright.models.language._ngrams import NgramLinear, Solution, logistic, of_both
from deepwright.specs import ClassSpec, LabelsSpec, TextSpec

__all__ = ["NbLinear"]

_FEW = 20


class NbLinear(NgramLinear):
    """Tokens [B, T] to logits [B, classes], by way of the text that they spell.

    Args:
        inputs: texts.
        outputs: classes or labels.
        num_features: n-grams that are looked for at most, the most frequent; fewer of over a hundred classes.
    """

    strengths: ClassVar[tuple[float, ...]] = (0.03, 0.1, 0.3)
    kinds: ClassVar[Sequence[Callable[[str], Iterator[str]]]] = (of_both,)

    def __init__(
        self, inputs: TextSpec, outputs: ClassSpec | LabelsSpec, *, num_features: Annotated[int, Meta(ge=1)] = 200_000
    ) -> None:
        super().__init__(inputs, outputs, num_features)

    @staticmethod
    def worth_trying(_num_examples: int, outputs: ClassSpec | LabelsSpec) -> bool:
        """Where there are few classes: each is solved for by itself."""
        return outputs.num_outputs <= _FEW

    def scales(self, counts: Any) -> FloatArray:
        """None: the ratios are part of the weights."""
        return np.ones(counts.shape[1])

    def features(self, counts: Any, scale: FloatArray) -> Any:
        """1 where a text has an n-gram."""
        there = counts.copy()
        there.data = np.ones_like(there.data)
        return there

    def solve(self, features: Any, targets: npt.NDArray[Any], strength: float) -> Solution:
        """One logistic regression for each class or label, of two classes one for both."""
        num_outputs = self.outputs.num_outputs
        if isinstance(self.outputs, LabelsSpec) or num_outputs > 2:
            each = targets.T if isinstance(self.outputs, LabelsSpec) else targets == np.arange(num_outputs)[:, None]
            solved = [_one(features, one.astype(np.int64), strength) for one in each]
            return np.stack([weight for weight, _bias in solved]), np.array([bias for _weight, bias in solved])
        weight, bias = _one(features, targets, strength)
        halves = np.array([-0.5, 0.5])
        return halves[:, None] * weight, halves * bias


def log_ratios(features: Any, targets: npt.NDArray[np.int64]) -> FloatArray:
    """The logarithm of how much more frequent each n-gram is in texts of class 1 than in those of class 0, [F].

    Args:
        features: sparse [N, F], above 0 where a text has an n-gram.
        targets: [N], 0 or 1.
    """
    having = features.copy()
    having.data = np.ones_like(having.data)
    ratios = []
    for label in (1, 0):
        counts = 1 + np.asarray(having[targets == label].sum(0)).reshape(-1)
        ratios.append(np.log(counts / counts.sum()))
    found: FloatArray = ratios[0] - ratios[1]
    return found


def _one(features: Any, targets: npt.NDArray[np.int64], strength: float) -> tuple[FloatArray, float]:
    """Weights [F] and bias of the logit of class 1."""
    ratios = log_ratios(features, targets)
    scaled = features.copy()
    scaled.data = scaled.data * ratios[scaled.indices]
    weight, bias = logistic(scaled, targets, strength, 2)
    return (weight[1] - weight[0]) * ratios, float(bias[1] - bias[0])
