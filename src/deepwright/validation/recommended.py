"""How well items are recommended to users by what these had taken before, and by how often the items were taken.

Importing this does not import torch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from deepwright.config.settings import ValidationSettings
from deepwright.contracts import IntArray, Predictions
from deepwright.measurements import Claim, Measurement
from deepwright.metrics._rankings import column
from deepwright.validation.evaluation import draw, measure

if TYPE_CHECKING:
    from deepwright.predictor import Predictor

#: What stands in the name of a measurement of users with about as many items before, and of items that were learnt from
#: about as often; then from how many to how many.
OF_HISTORIES, OF_ITEMS = "of_histories", "of_items"
#: Groups at most; users of whom nothing was known, and items that were not learnt from, are one more.
_GROUPS = 4


def about_recommended(
    predictor: Predictor, predictions: Predictions, settings: ValidationSettings, seed: int
) -> Iterator[Measurement]:
    """The principal metric of users of the test split in groups, and of the items that were to be found in groups.

    Args:
        predictor: that recommended.
        predictions: of the test split.
        settings: draws and level.
        seed: of the run.

    Yields:
        Nothing of a model that recommends no items.
    """
    if predictions.answers != "items":
        return
    claims, model = predictor.task.claims(predictor.temperature)[:1], predictor.member.name
    lengths = column(predictions, "history").astype(np.int64)
    of_users = [(low, high, predictions.take(lengths_in)) for low, high, lengths_in in _divided(lengths)]
    counts: IntArray = predictor.task.inputs.counts  # type: ignore[attr-defined]  # of users
    found = ((OF_HISTORIES, of_users), (OF_ITEMS, _by_item(predictions, counts)))
    for kind, groups in found:
        for low, high, made in groups if len(groups) > 1 else []:
            for record in _measured(claims, model, made, settings, seed):
                name = f"{record.name}/{kind}/{low}-{high}"
                yield replace(record, name=name, arguments={**record.arguments, kind: [low, high]})


def _by_item(predictions: Predictions, counts: IntArray) -> list[tuple[int, int, Predictions]]:
    """The users with items to be found that were learnt from about as often, and of these items those alone."""
    targets = predictions.targets
    there = targets >= 0
    often = counts[np.maximum(targets, 0)]
    groups = []
    for low, high, _which in _divided(often[there]):
        meant = there & (often >= low) & (often <= high)
        made = replace(predictions, targets=np.where(meant, targets, -1))
        groups.append((low, high, made.take(meant.any(1))))
    return groups


def _measured(
    claims: Sequence[Claim], model: str, made: Predictions, settings: ValidationSettings, seed: int
) -> list[Measurement]:
    of_model = {model: claims}
    drawn = draw(of_model, {model: made}, settings, seed)
    return measure(of_model, {model: made}, drawn, "test", settings, seed)


def _divided(values: IntArray) -> list[tuple[int, int, npt.NDArray[Any]]]:
    """Least and greatest of each group of values [N], and which are in it: 0 apart, the others by their quantiles."""
    above = values[values > 0]
    bounds = np.zeros(1, np.int64)
    if len(above):
        inner = np.quantile(above, np.arange(1, _GROUPS) / _GROUPS, method="inverted_cdf")
        bounds = np.unique(np.concatenate([bounds, inner])).astype(np.int64)
    place = np.searchsorted(bounds, values)
    groups = [place == group for group in np.unique(place)]
    return [(int(values[which].min()), int(values[which].max()), which) for which in groups]
