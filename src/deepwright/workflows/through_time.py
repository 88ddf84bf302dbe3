"""Through time: how far back in a sequence the gradients of a finished recurrent network reach, for the report."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from deepwright.contracts import Batch
from deepwright.data.texts.stream import NONE
from deepwright.explaining.through_time import ThroughTime, through_time
from deepwright.predictor import Predictor
from deepwright.reporting.charts import spaced
from deepwright.reporting.through_time import THROUGH_TIME
from deepwright.workflows.plan import Plan

#: Rows that are looked at, and how many of them at a time: every step of those is kept.
_ROWS, _AT_ONCE = 128, 16


def gradients_through_time(ready: Plan, predictor: Predictor) -> dict[str, bytes]:
    """The gradients of rows of the validation split; the test split is read for measuring alone.

    Args:
        ready: what was trained.
        predictor: trained.

    Returns:
        ``gradients_through_time.json``; nothing for a network without recurrent layers.
    """
    if not any(isinstance(module, torch.nn.RNNBase) for module in predictor.network.modules()):
        return {}
    rows = np.array(spaced(ready.splits.validation.tolist(), _ROWS))
    examples = predictor.task.examples(ready.table.take(rows))
    places = torch.arange(min(_ROWS, len(examples)))
    batches = (_at_the_end(examples.batch(some)) for some in places.split(_AT_ONCE))
    found = through_time(predictor.network, predictor.task.losses, batches)
    written = {"rows": len(places), "parts": [_plain(one) for one in found if one.shares]}
    return {THROUGH_TIME: json.dumps(written, ensure_ascii=False, indent=1).encode()} if written["parts"] else {}


def _at_the_end(batch: Batch) -> Batch:
    """A batch of which, where every token is to be told, the last one alone is."""
    if batch.targets is None or batch.targets.ndim != 2 or batch.targets.is_floating_point():
        return batch
    there = batch.targets != NONE
    last = there & (there.cumsum(1) == there.sum(1, keepdim=True))
    return replace(batch, targets=batch.targets.where(last, torch.full_like(batch.targets, NONE)))


def _plain(one: ThroughTime) -> dict[str, Any]:
    shares = [share if math.isfinite(share) else None for share in one.shares]
    last = one.last if math.isfinite(one.last) else None
    return {**one.part._asdict(), "last": last, "shares": shares, "rows": list(one.rows)}
