"""From a network's outputs to answers, as a part of an exported graph: one small module for each kind of output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

import numpy as np
from torch import Tensor, float64, nn

from deepwright.specs import ClassSpec, LabelsSpec, NumberSpec, OutputSpec

Arrays = Mapping[str, np.ndarray[Any, Any]]


class Answers(Protocol):
    """The last part of a graph.

    Attributes:
        names: of its outputs, in their order.
    """

    names: ClassVar[tuple[str, ...]]

    def __call__(self, outputs: Tensor) -> tuple[Tensor, ...]:
        """Calibrated outputs [B, …] to what the graph yields."""
        ...

    def read(self, arrays: Arrays) -> list[dict[str, Any]]:
        """What the graph yielded, by name, as the task's own answers."""
        ...


class ClassAnswers(nn.Module):
    """``probabilities`` = softmax of the logits [B, C], and ``label_index``, the most probable class [B].

    Args:
        outputs: the classes.
    """

    names: ClassVar[tuple[str, ...]] = ("probabilities", "label_index")

    def __init__(self, outputs: ClassSpec) -> None:
        super().__init__()
        self.labels = outputs.names

    def forward(self, outputs: Tensor) -> tuple[Tensor, ...]:
        """Logits [B, C] to probabilities [B, C] and indices [B]."""
        return outputs.softmax(1), outputs.argmax(1)

    def read(self, arrays: Arrays) -> list[dict[str, Any]]:
        """``label``, its ``probability`` and all ``probabilities`` of each example."""
        return [
            {
                "label": self.labels[int(index)],
                "probability": float(row[index]),
                "probabilities": dict(zip(self.labels, row.tolist(), strict=True)),
            }
            for row, index in zip(arrays["probabilities"], arrays["label_index"], strict=True)
        ]


class LabelsAnswers(nn.Module):
    """``probabilities`` = sigmoid of the logits [B, C], and ``label_present``, whether each is above a half [B, C].

    Args:
        outputs: the labels.
    """

    names: ClassVar[tuple[str, ...]] = ("probabilities", "label_present")

    def __init__(self, outputs: LabelsSpec) -> None:
        super().__init__()
        self.labels = outputs.names

    def forward(self, outputs: Tensor) -> tuple[Tensor, ...]:
        """Logits [B, C] to probabilities [B, C] and booleans [B, C]."""
        return outputs.sigmoid(), outputs > 0

    def read(self, arrays: Arrays) -> list[dict[str, Any]]:
        """``labels``, most probable first, and all ``probabilities`` of each example."""
        return [
            {
                "labels": [self.labels[i] for i in np.argsort(-row, kind="stable") if present[i]],
                "probabilities": dict(zip(self.labels, row.tolist(), strict=True)),
            }
            for row, present in zip(arrays["probabilities"], arrays["label_present"], strict=True)
        ]


class NumberAnswers(nn.Module):
    """``value`` = output · deviation + mean, [B], in float64, so that a large mean costs no digits.

    Args:
        outputs: the number, with the training split's mean and deviation.
    """

    names: ClassVar[tuple[str, ...]] = ("value",)

    def __init__(self, outputs: NumberSpec) -> None:
        super().__init__()
        self.mean, self.deviation = outputs.mean, outputs.deviation

    def forward(self, outputs: Tensor) -> tuple[Tensor, ...]:
        """Deviations from the mean [B, 1] to numbers in their own unit [B]."""
        return (outputs[:, 0].to(float64) * self.deviation + self.mean,)

    def read(self, arrays: Arrays) -> list[dict[str, Any]]:
        """``value`` of each example."""
        return [{"value": value} for value in arrays["value"].tolist()]


def answers_of(outputs: OutputSpec) -> Answers:
    """The module that suits what a model yields."""
    match outputs:
        case ClassSpec():
            return ClassAnswers(outputs)
        case LabelsSpec():
            return LabelsAnswers(outputs)
        case NumberSpec():
            return NumberAnswers(outputs)
        case _:
            raise TypeError(type(outputs).__name__)
