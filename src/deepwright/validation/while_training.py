"""What a network that is being trained writes by itself, as one figure: greedily, which is soon done."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from deepwright import registry
from deepwright.contracts import TRANSLATED, Examples, Metric, weighted
from deepwright.decoding.beam import Beam
from deepwright.predictor import Predictor

#: Texts that are written after each epoch.
_MOST = 500


def written_score(predictor: Predictor, examples: Examples) -> float:
    """The task's score of the texts that are written for the first 500 sources.

    Args:
        predictor: that writes texts.
        examples: pairs of texts.
    """
    task, count = predictor.task, min(_MOST, len(examples))
    targets: Any = examples.targets
    metric: Metric = registry.load("metrics", task.score)()
    made = task.predictions(torch.zeros(count, len(TRANSLATED)), targets[:count], np.arange(count))
    written = replace(made, written=predictor.written(examples, Beam(width=1), count))
    return float(weighted(metric, written, np.ones((1, count)))[0])
