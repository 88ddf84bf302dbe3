"""What every registered learning-rate schedule keeps to."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import pytest

from deepwright import registry
from deepwright.config.fields import fields_of
from tests.contracts.documentation import settings_problems, title_problems
from tests.contracts.test_models import bounds

SCHEDULES = list(registry.entries("schedules"))
each = pytest.mark.parametrize("name", SCHEDULES)
PROGRESS = [*np.linspace(0, 1, 1001).tolist(), math.nextafter(1, 0), 5e-324]


def values(name: str, **settings: Any) -> list[float]:
    return [partial(registry.load("schedules", name), **settings)(progress) for progress in PROGRESS]


@each
def test_it_has_a_title_and_its_settings_have_meanings(name: str) -> None:
    assert not title_problems("schedules", name) + settings_problems(registry.load("schedules", name))


@each
def test_it_is_a_share_of_the_highest_rate_all_the_way(name: str) -> None:
    assert all(0 <= value <= 1 for value in values(name))


@each
def test_it_reaches_the_highest_rate(name: str) -> None:
    assert max(values(name)) == pytest.approx(1, abs=1e-4)


@each
def test_progress_alone_decides(name: str) -> None:
    assert values(name) == values(name)


@each
def test_it_has_no_jumps(name: str) -> None:
    steps = np.abs(np.diff(values(name)[:1001]))
    assert steps.max() < 0.03


@pytest.mark.parametrize(
    ("name", "setting", "value"),
    [
        (name, setting, value)
        for name in SCHEDULES
        for setting, field in fields_of(registry.load("schedules", name)).items()
        for value in sorted(bounds(field.type))
    ],
)
def test_it_stays_a_share_at_every_bound_of_its_settings(name: str, setting: str, value: Any) -> None:
    assert all(0 <= share <= 1 for share in values(name, **{setting: value}))
