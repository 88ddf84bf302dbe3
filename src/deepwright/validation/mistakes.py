"""Mistakes: the wrong answers that a model is surest of, and of numbers those that are farthest off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, softmax

from deepwright.contracts import FloatArray, Predictions

#: Mistakes that are kept.
MOST = 12


@dataclass(frozen=True)
class Mistake:
    """A row that was answered wrongly.

    Attributes:
        row: of the table.
        truth: its class, its label, or its number; None where it lacks the label that was answered.
        answer: what the model says; None where it says that the row lacks the label that it has.
        probabilities: calibrated, of what is true and of what the model says; of numbers there are none.
    """

    row: int
    truth: str | float | None
    answer: str | float | None
    probabilities: tuple[float, float] | None = None


def mistakes(predictions: Predictions, temperature: float, most: int = MOST) -> list[Mistake]:
    """The gravest mistakes, the gravest first; of labels that a row may have any number of, each is judged on its own.

    Of passages there are none: a token that was not the most probable is no mistake.

    Args:
        predictions: of one model on one split.
        temperature: divides the outputs.
        most: how many are returned.
    """
    outputs = predictions.outputs / temperature
    match predictions.answers:
        case "class":
            return _of_classes(predictions, softmax(outputs, 1), most)
        case "labels":
            return _of_labels(predictions, expit(outputs), most)
        case "number":
            return _of_numbers(predictions, most)
    return []


def _of_numbers(predictions: Predictions, most: int) -> list[Mistake]:
    answers = predictions.outputs[:, 0]
    errors = np.abs(answers - predictions.targets)
    order = [place for place in np.argsort(-errors, kind="stable")[:most].tolist() if errors[place] > 0]
    return [
        Mistake(int(predictions.rows[place]), float(predictions.targets[place]), float(answers[place]))
        for place in order
    ]


def _of_classes(predictions: Predictions, probs: FloatArray, most: int) -> list[Mistake]:
    taken, names = probs.argmax(1), predictions.names
    wrong = np.flatnonzero(taken != predictions.targets)
    order = wrong[np.argsort(-probs[wrong, taken[wrong]], kind="stable")][:most]
    return [
        Mistake(
            int(predictions.rows[place]),
            names[predictions.targets[place]],
            names[taken[place]],
            (float(probs[place, predictions.targets[place]]), float(probs[place, taken[place]])),
        )
        for place in order.tolist()
    ]


def _of_labels(predictions: Predictions, present: FloatArray, most: int) -> list[Mistake]:
    said, true = present > 0.5, predictions.targets > 0
    wrong = np.argwhere(said != true)
    sure = np.abs(present[wrong[:, 0], wrong[:, 1]] - 0.5)
    made = []
    for place, label in wrong[np.argsort(-sure, kind="stable")][:most].tolist():
        name, probability = predictions.names[label], float(present[place, label])
        row = int(predictions.rows[place])
        made.append(
            Mistake(row, None, name, (1 - probability, probability))
            if said[place, label]
            else Mistake(row, name, None, (probability, 1 - probability))
        )
    return made
