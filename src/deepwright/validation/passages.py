"""Passages of a text by how well a model predicts them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepwright.contracts import PASSAGE, Predictions

#: Passages that are shown as the worst.
MOST = 8
#: A passage with fewer tokens than this says little.
_LEAST_TOKENS = 20


@dataclass(frozen=True)
class Judged:
    """A row of the table whose tokens were predicted.

    Attributes:
        row: of the table; a window counts for the row that it begins in.
        perplexity: exp of the mean nats of its tokens.
        tokens: that were predicted.
    """

    row: int
    perplexity: float
    tokens: int


def judged(predictions: Predictions) -> list[Judged]:
    """Every row, in order."""
    rows, place = np.unique(predictions.rows, return_inverse=True)
    nats = np.bincount(place, predictions.outputs[:, PASSAGE.index("nats")])
    tokens = np.bincount(place, predictions.targets[:, 0])
    costs = np.exp(nats / np.maximum(tokens, 1))
    return [Judged(*one) for one in zip(rows.tolist(), costs.tolist(), tokens.astype(int).tolist(), strict=True)]


def worst(predictions: Predictions, most: int = MOST) -> list[Judged]:
    """The rows that are predicted worst, the worst first; those of very few tokens are left out."""
    enough = [one for one in judged(predictions) if one.tokens >= _LEAST_TOKENS]
    return sorted(enough, key=lambda one: (-one.perplexity, one.row))[:most]
