"""What is watched while training: the validation figure by which weights are the best so far."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from deepwright.config.settings import TrainingSettings
from deepwright.contracts import Task


@dataclass(frozen=True)
class Watched:
    """A validation figure and its direction.

    Attributes:
        name: of the figure: ``loss``, or the task's score.
        better: which of two is the better one.
    """

    name: str
    better: Literal["higher", "lower"]

    def beats(self, value: float, best: float | None) -> bool:
        """Whether a figure is better than the best one before it, None where there is none; no number never is."""
        worst = math.inf if self.better == "lower" else -math.inf
        reference = worst if best is None else best
        return value < reference if self.better == "lower" else value > reference


#: What is watched unless something else is asked for.
LOSS = Watched("loss", "lower")


def watched(settings: TrainingSettings, task: Task) -> Watched:
    """The figure that the settings name, as the task gives it."""
    return LOSS if settings.watched == "loss" else Watched(task.score, task.better)
