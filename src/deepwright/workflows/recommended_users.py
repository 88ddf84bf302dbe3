"""Recommended users: what a finished model recommends to a few users of the test split, why, and what they took."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from deepwright.contracts import FIRST, FloatArray, IntArray, Predictions
from deepwright.data.encoders.user import UserEncoder
from deepwright.data.interactions.known import HISTORIES, read_histories
from deepwright.metrics import _rankings
from deepwright.metrics.ndcg import Ndcg
from deepwright.predictor import Predictor
from deepwright.reporting.recommendations import RECOMMENDATIONS
from deepwright.workflows.recommend import Item, recommended_to

#: Items of a history that are shown, the last ones, and items that were taken next.
_SHOWN = 8


def recommended_users(predictor: Predictor, predictions: Predictions, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Users of the test split of whom items were found, and others.

    Args:
        predictor: trained.
        predictions: of the test split.
        files: with what every user took.

    Returns:
        ``recommendations.json``; nothing of a model that recommends no items.
    """
    if predictions.catalogue is None or not isinstance(predictor.task.inputs, UserEncoder):
        return {}
    histories = read_histories(files[HISTORIES])
    shown = _chosen(predictions)
    users = [_user(predictor, predictions, histories, how, place) for how, place in shown.items()]
    return {RECOMMENDATIONS: json.dumps({"users": users}, ensure_ascii=False, indent=1).encode()}


def _chosen(predictions: Predictions) -> dict[str, int]:
    """By what they show, the places of users of whom an item was found, early or late, and of others."""
    values: FloatArray = Ndcg(k=FIRST).of_each(_rankings.recommended(predictions, FIRST), predictions.targets)
    lengths = _rankings.column(predictions, "history")
    found, missed = (np.flatnonzero(which) for which in (values > 0, values == 0))
    found = found[np.lexsort((found, -values[found]))]
    missed = missed[np.lexsort((missed, lengths[missed]))]
    places: dict[str, int] = {}
    for how, among, share in (
        ("best", found, 0.0),
        ("middle", found, 0.5),
        ("late", found, 1.0),
        ("missed", missed, 0.5),
        ("missed after little", missed, 0.0),
    ):
        place = int(among[round(share * (len(among) - 1))]) if len(among) else -1
        if place >= 0 and place not in places.values():
            places[how] = place
    return places


def _user(
    predictor: Predictor, predictions: Predictions, histories: Mapping[str, Sequence[str]], how: str, place: int
) -> dict[str, Any]:
    """One user: what was taken before, what is recommended and why, and which of it was taken next."""
    encoder: UserEncoder = predictor.task.inputs  # type: ignore[assignment]  # as was asked for before
    user, before, taken = _at(histories, predictions, place)
    with torch.inference_mode():
        found = recommended_to(predictor, user, before, FIRST)
    return {
        "how": how,
        "user": user,
        "items_before": len(before),
        "before": [_named(encoder, item) for item in before[-_SHOWN:]],
        "recommended": [{**_shown(item), "taken": item.item in taken} for item in found.items],
        "items_taken": len(taken),
        "taken": [{**_named(encoder, item), "known": bool(encoder.item_numbers([item])[0])} for item in taken[:_SHOWN]],
    }


def _at(
    histories: Mapping[str, Sequence[str]], predictions: Predictions, place: int
) -> tuple[str, list[str], list[str]]:
    """A user's name, what stands before the row at a place, and what was taken from there on in the same split."""
    ends: IntArray = np.cumsum([len(items) for items in histories.values()])
    row = int(predictions.rows[place])
    number = int(np.searchsorted(ends, row, side="right"))
    user = list(histories)[number]
    items = list(histories[user])
    start = row - (int(ends[number]) - len(items))
    return user, items[:start], items[start : start + int(_rankings.num_targets(predictions.targets)[place])]


def _shown(item: Item) -> dict[str, Any]:
    because = [{"item": one.item, "title": one.title, "gain": one.gain} for one in item.because]
    return {"item": item.item, "title": item.title, "score": item.score, "because": because}


def _named(encoder: UserEncoder, item: str) -> dict[str, str]:
    return {"item": item, "title": encoder.titles.get(item, "")}
