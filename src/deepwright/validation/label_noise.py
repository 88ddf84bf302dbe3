"""Labels that look wrong: rows of which a model that did not learn from them is confident of another class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import expit, softmax

from deepwright.contracts import FloatArray, IntArray, Predictions
from deepwright.measurements import Measurement

#: The splits that nothing was learnt from.
UNLEARNT = ("validation", "test")
#: Most candidates that are kept.
MOST = 200
#: A class must be more probable than all others together to be set against a label.
_LEAST = 0.5


@dataclass(frozen=True)
class Suspect:
    """A row whose label is doubted.

    Attributes:
        row: of the table.
        split: that it belongs to.
        label: its class or label; None where the row lacks the label that ``predicted`` names.
        predicted: what the model is confident of; None where it doubts that the row has ``label``.
        label_probability: calibrated, of what is stated.
        predicted_probability: calibrated, of what the model says.
    """

    row: int
    split: str
    label: str | None
    predicted: str | None
    label_probability: float
    predicted_probability: float


@dataclass(frozen=True)
class LabelNoise:
    """The rows whose label is doubted, the least probable label first.

    Attributes:
        rows: looked at.
        count: candidates.
        suspects: the first of them.
    """

    rows: int
    count: int
    suspects: tuple[Suspect, ...]

    def to_json(self) -> dict[str, Any]:
        """The record as JSON-compatible data."""
        return asdict(self)

    def measurement(self, model: str) -> Measurement:
        """What a report may claim of it."""
        return Measurement(
            "suspected_labels",
            float(self.count),
            "rows",
            "confident learning",
            model=model,
            n=self.rows,
            recomputable=True,
        )


def label_noise(predictions: Mapping[str, Predictions], temperature: float) -> LabelNoise | None:
    """The candidates of confident learning (C. Northcutt, L. Jiang and I. Chuang, 2021, equations 1 and 2).

    A class is confident in a row if its probability there reaches the class's threshold, its mean over the rows that
    have its label. A row is a candidate if the most probable of the confident classes is not its label. Of labels that
    a row may have any number of, each is judged on its own, as having it against not having it; numbers are not judged.

    The rows must not have been learnt from, for a network that has seen a wrong label believes it: validation and test.
    Deviations: the paper refits on folds to reach the training rows as well, which is left out; and the class must have
    a probability of at least one half, without which a weak model doubts most labels.

    Args:
        predictions: of one model, by split.
        temperature: divides the outputs.

    Returns:
        The candidates; None where neither classes nor labels are learnt.
    """
    names = next(iter(predictions.values())).names
    answers = next(iter(predictions.values())).answers
    if answers not in ("class", "labels"):
        return None
    targets = np.concatenate([made.targets for made in predictions.values()])
    outputs = np.concatenate([made.outputs for made in predictions.values()]) / temperature
    if answers == "class":
        doubts = [_doubts(targets, softmax(outputs, 1), names)]
    else:
        present = expit(outputs)
        doubts = [
            _doubts(targets[:, c].astype(np.int64), np.stack([1 - present[:, c], present[:, c]], 1), (None, name))
            for c, name in enumerate(names)
        ]
    rows = np.concatenate([made.rows for made in predictions.values()]).tolist()
    splits = [split for split, made in predictions.items() for _row in range(len(made))]
    found = [Suspect(rows[place], splits[place], *doubt) for column in doubts for place, doubt in column]
    found.sort(key=lambda suspect: (suspect.label_probability - suspect.predicted_probability, suspect.row))
    return LabelNoise(len(rows), len(found), tuple(found[:MOST]))


def _doubts(
    targets: IntArray, probs: FloatArray, names: Sequence[str | None]
) -> Iterator[tuple[int, tuple[str | None, str | None, float, float]]]:
    """Positions at which another class is confident: label, what it should be, and the probabilities of both.

    Args:
        targets: [N] indices of the stated classes.
        probs: [N, C] probabilities.
        names: [C] of the classes.
    """
    stated = probs[np.arange(len(targets)), targets]
    there = np.bincount(targets, minlength=probs.shape[1])
    thresholds = np.bincount(targets, stated, probs.shape[1]) / np.maximum(there, 1)
    thresholds[there == 0] = np.inf
    confident = np.where(probs >= np.maximum(thresholds, _LEAST), probs, -1.0)
    taken = confident.argmax(1)
    for place in np.flatnonzero((taken != targets) & (confident.max(1) > stated)).tolist():
        other = taken[place]
        yield place, (names[targets[place]], names[other], float(stated[place]), float(probs[place, other]))
