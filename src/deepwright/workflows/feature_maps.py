"""Feature maps: what a finished network makes of one picture, and the filters that it has learnt, for the report."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from torch import nn

from deepwright.contracts import Predictions
from deepwright.explaining.feature_maps import filters_of, has_maps, maps_of, picture
from deepwright.explaining.recording import record
from deepwright.predictor import Predictor
from deepwright.reporting.charts import spaced
from deepwright.reporting.feature_maps import FEATURE_MAPS
from deepwright.specs import ImageSpec
from deepwright.workflows.plan import Plan

#: Layers that are shown of a deeper network.
_LAYERS = 12


def feature_maps(ready: Plan, predictor: Predictor, made: Predictions) -> dict[str, bytes]:
    """The filters of the first convolution, and the maps of one picture that was answered rightly.

    Args:
        ready: what was trained.
        predictor: trained.
        made: its predictions on the validation split; the test split is read for measuring alone.

    Returns:
        ``feature_maps.json``; nothing for a network without convolutions, or one that answers nothing rightly.
    """
    if not isinstance(predictor.task.inputs.spec, ImageSpec):
        return {}
    if (place := _answered_rightly(made)) is None:
        return {}
    row = int(made.rows[place])
    batch = predictor.task.examples(ready.table.take(np.array([row]))).batch(torch.zeros(1, dtype=torch.int64))
    made_of = record(predictor.network, batch.inputs, derivatives=False)
    calls = [call for call in made_of.calls if call.outputs]
    convolutions = [(call.name, call.module) for call in calls if isinstance(call.module, nn.Conv2d)]
    if not convolutions:
        return {}
    shown = [(call.name, type(call.module).__name__, call.outputs[0][0].double().numpy()) for call in calls]
    maps = [maps_of(name, y) for name, kind, y in shown if has_maps(kind, y)]
    name, first = convolutions[0]
    filters = filters_of(name, first.weight.detach().double().numpy())
    written = {
        "row": row,
        "name": None if ready.table.names is None else str(ready.table.names[row]),
        "answer": _answer(made, place),
        "picture": picture(batch.inputs[0][0].permute(1, 2, 0).numpy()),
        "filters": None if filters is None else asdict(filters),
        "maps": [asdict(each) for each in spaced(maps, _LAYERS)],
    }
    return {FEATURE_MAPS: json.dumps(written, ensure_ascii=False, indent=1).encode()}


def _answered_rightly(made: Predictions) -> int | None:
    """The first row with the right class or the right labels, or the one whose number is nearest to the true one."""
    if made.answers == "number":
        return int(np.argmin(np.abs(made.outputs[:, 0] - made.targets)))
    is_class = made.answers == "class"
    right = made.outputs.argmax(1) == made.targets if is_class else ((made.outputs > 0) == made.targets).all(1)
    return int(np.argmax(right)) if right.any() else None


def _answer(made: Predictions, place: int) -> Any:
    """What was answered: a class, a list of labels, or a number."""
    if made.answers == "number":
        return float(made.outputs[place, 0])
    if made.answers == "class":
        return made.names[int(made.outputs[place].argmax())]
    return [name for name, yes in zip(made.names, made.outputs[place] > 0, strict=True) if yes]
