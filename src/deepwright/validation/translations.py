"""Texts that were written for others: how good they are by the length of what was read, and the best and the worst."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepwright.config.settings import ValidationSettings
from deepwright.contracts import TRANSLATED, FloatArray, IntArray, Predictions
from deepwright.measurements import Claim, Measurement
from deepwright.metrics.chrf import Chrf
from deepwright.validation.evaluation import draw, measure

#: Groups by length, and texts that are shown of the best, the middle and the worst.
GROUPS, MOST = 5, 4


@dataclass(frozen=True)
class OfLength:
    """Texts whose sources have about the same length.

    Attributes:
        shortest: tokens of their shortest source.
        longest: tokens of their longest one.
        count: how many there are.
        measurements: of what was written for them, one for each claim.
    """

    shortest: int
    longest: int
    count: int
    measurements: tuple[Measurement, ...]


@dataclass(frozen=True)
class Written:
    """A text that was written, beside the one that was to be.

    Attributes:
        row: of the table.
        target: what was to be written.
        written: what was.
        score: chrF of the two, from 0 to 100.
    """

    row: int
    target: str
    written: str
    score: float


@dataclass(frozen=True)
class Examples:
    """Texts from both ends and from the middle, each by how well they were written, the best first.

    Attributes:
        best: with the highest scores.
        median: around the middle.
        worst: with the lowest scores, the worst last.
    """

    best: tuple[Written, ...]
    median: tuple[Written, ...]
    worst: tuple[Written, ...]


def by_length(
    claims: Sequence[Claim],
    model: str,
    predictions: Predictions,
    settings: ValidationSettings,
    seed: int,
    split: str = "test",
    groups: int = GROUPS,
) -> list[OfLength]:
    """The claims about texts, divided by the tokens of their sources into groups of about the same size.

    Texts of one length are in one group, so that there may be fewer groups. Intervals come of drawing the texts of a
    group again, as they do of all texts.

    Args:
        claims: about what was written.
        model: that wrote.
        predictions: of one split.
        settings: draws and level.
        seed: of the run.
        split: that the predictions are of.
        groups: at most.

    Returns:
        The groups from the shortest sources to the longest.
    """
    found = []
    lengths = predictions.outputs[:, TRANSLATED.index("source_tokens")].astype(np.int64)
    for rows in _divided(lengths, groups):
        made = {model: predictions.take(rows)}
        of_model = {model: claims}
        records = measure(of_model, made, draw(of_model, made, settings, seed), split, settings, seed)
        there = lengths[rows]
        found.append(OfLength(int(there.min()), int(there.max()), len(rows), tuple(records)))
    return found


def examples(predictions: Predictions, most: int = MOST) -> Examples:
    """The texts that were written best, about the median, and worst; of those that are as good, the first rows."""
    scores = sentence_scores(predictions)
    order = np.lexsort((predictions.rows, -scores))
    most = min(most, len(order))
    middle = (len(order) - most + 1) // 2

    def written(places: IntArray) -> tuple[Written, ...]:
        assert predictions.written is not None
        return tuple(
            Written(
                int(predictions.rows[place]),
                predictions.targets[place],
                predictions.written[place],
                float(scores[place]),
            )
            for place in places.tolist()
        )

    return Examples(written(order[:most]), written(order[middle : middle + most]), written(order[len(order) - most :]))


def sentence_scores(predictions: Predictions) -> FloatArray:
    """The chrF of each text by itself, [N]; 100 where it is exactly what was to be written."""
    metric = Chrf()
    scores = metric.value(metric.terms(predictions))
    exact = (predictions.written == predictions.targets).astype(bool)
    return np.where(exact, 100.0, scores)


def _divided(lengths: IntArray, groups: int) -> list[IntArray]:
    """Positions of rows [N] by quantiles of their lengths, no two groups with the same length."""
    if not len(lengths):
        return []
    bounds = np.unique(np.quantile(lengths, np.arange(1, groups) / groups, method="inverted_cdf"))
    place = np.searchsorted(bounds, lengths)
    return [np.flatnonzero(place == group) for group in np.unique(place)]
