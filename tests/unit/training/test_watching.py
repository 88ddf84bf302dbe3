from __future__ import annotations

import math
from typing import Any

import pytest

from deepwright import registry
from deepwright.config.settings import TrainingSettings
from deepwright.training.watching import LOSS, Watched, watched


@pytest.mark.parametrize(
    ("value", "best", "lower", "higher"),
    [
        (1.0, None, True, True),
        (1.0, 2.0, True, False),
        (2.0, 1.0, False, True),
        (1.0, 1.0, False, False),
        (math.nan, None, False, False),
        (math.nan, 1.0, False, False),
        (math.inf, None, False, True),
        (-math.inf, None, True, False),
    ],
)
def test_a_figure_beats_a_worse_one_and_no_number_beats_nothing(
    value: float, best: float | None, lower: bool, higher: bool
) -> None:
    assert LOSS.beats(value, best) == lower
    assert Watched("score", "higher").beats(value, best) == higher


@pytest.mark.parametrize(
    ("task", "figure"),
    [
        ("classification", Watched("accuracy", "higher")),
        ("regression", Watched("absolute_error", "lower")),
        ("language_model", Watched("token_accuracy", "higher")),
    ],
)
def test_a_score_is_the_tasks_own_with_its_direction(task: str, figure: Watched) -> None:
    made: Any = registry.load("tasks", task)
    assert watched(TrainingSettings(watched="score"), made) == figure
    assert watched(TrainingSettings(), made) == LOSS == Watched("loss", "lower")
