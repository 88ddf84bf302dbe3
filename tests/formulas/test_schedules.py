"""Learning-rate schedules: the closed form, the ends, the peak, and no way but up before it and down after it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepwright import registry
from tests.formulas.reference import schedules
from tests.formulas.tolerances import ROUNDING

PROGRESS = np.linspace(0, 1, 401)
ONE_CYCLES = [{}, {"rise": 0.5, "start": 0.0, "end": 0.0}, {"rise": 0.1, "start": 0.3, "end": 0.2}]
COSINES = [{}, {"warmup": 0.0}, {"warmup": 0.3, "floor": 0.1}, {"warmup": 0.0, "floor": 0.5}]
SHARES = st.floats(0, 1)
INNER = st.floats(0.01, 0.99)


def check_rise_and_fall(rate: Callable[[float], float], peak: float, shares: tuple[float, float], low: float) -> None:
    """Between any two points before the peak the rate does not fall, and after it it does not rise."""
    near, far = sorted(shares)
    rising = [rate(peak * near), rate(peak * far), rate(peak)]
    falling = [rate(peak), rate(peak + (1 - peak) * near), rate(peak + (1 - peak) * far)]
    for rates in (rising, falling[::-1]):
        assert all(before <= after + ROUNDING.absolute for before, after in pairwise(rates))
    ROUNDING.check(rate(peak), 1.0)
    assert min(*rising, *falling) >= low - ROUNDING.absolute


@pytest.mark.parametrize("settings", ONE_CYCLES, ids=str)
def test_one_cycle_is_its_formula(settings: dict[str, float]) -> None:
    ours = registry.load("schedules", "one_cycle")
    rise, start, end = settings.get("rise", 0.25), settings.get("start", 0.04), settings.get("end", 1e-4)
    expected = [schedules.one_cycle(float(p), rise, start, end) for p in PROGRESS]
    ROUNDING.check([ours(float(p), **settings) for p in PROGRESS], expected)
    ROUNDING.check([ours(p, **settings) for p in (0.0, rise, 1.0)], [start, 1.0, end])


@given(INNER, SHARES, SHARES, st.tuples(SHARES, SHARES))
def test_one_cycle_rises_to_its_peak_and_falls(
    rise: float, start: float, end: float, shares: tuple[float, float]
) -> None:
    ours = partial(registry.load("schedules", "one_cycle"), rise=rise, start=start, end=end)
    check_rise_and_fall(ours, rise, shares, min(start, end))


@pytest.mark.parametrize("settings", COSINES, ids=str)
def test_cosine_is_its_formula(settings: dict[str, float]) -> None:
    ours = registry.load("schedules", "cosine")
    warmup, floor = settings.get("warmup", 0.05), settings.get("floor", 0.0)
    ROUNDING.check(
        [ours(float(p), **settings) for p in PROGRESS], [schedules.cosine(float(p), warmup, floor) for p in PROGRESS]
    )
    middle = (1 + warmup) / 2
    beginning = 0.0 if warmup else 1.0
    expected = [beginning, 1.0, (1 + floor) / 2, floor]
    ROUNDING.check([ours(p, **settings) for p in (0.0, warmup, middle, 1.0)], expected)


@given(st.one_of(st.just(0.0), INNER), SHARES, st.tuples(SHARES, SHARES))
def test_cosine_rises_to_its_peak_and_falls(warmup: float, floor: float, shares: tuple[float, float]) -> None:
    ours = partial(registry.load("schedules", "cosine"), warmup=warmup, floor=floor)
    check_rise_and_fall(ours, warmup, shares, 0.0)


@pytest.mark.parametrize("settings", [{}, {"warmup": 0.01}, {"warmup": 0.5}, {"warmup": 0.99}], ids=str)
def test_inverse_sqrt_is_its_formula(settings: dict[str, float]) -> None:
    ours, warmup = registry.load("schedules", "inverse_sqrt"), settings.get("warmup", 0.1)
    expected = [schedules.inverse_sqrt(float(p), warmup) for p in PROGRESS]
    ROUNDING.check([ours(float(p), **settings) for p in PROGRESS], expected)
    ROUNDING.check([ours(p, **settings) for p in (0.0, warmup / 2, warmup, 1.0)], [0.0, 0.5, 1.0, warmup**0.5])


@pytest.mark.parametrize("warmup_steps", [1, 40, 4000])
def test_of_steps_it_is_the_rate_of_the_paper_over_its_highest(warmup_steps: int) -> None:
    """lrate = d_model^-½ · min(step^-½, step·warmup_steps^-1.5), of 10 warm-ups in all."""
    ours, steps = registry.load("schedules", "inverse_sqrt"), 10 * warmup_steps
    paper = [512**-0.5 * min(step**-0.5, step * warmup_steps**-1.5) for step in range(1, steps + 1)]
    ROUNDING.check([ours(step / steps, warmup=0.1) for step in range(1, steps + 1)], np.array(paper) / max(paper))


@given(INNER, st.tuples(SHARES, SHARES))
def test_inverse_sqrt_rises_to_its_peak_and_falls(warmup: float, shares: tuple[float, float]) -> None:
    check_rise_and_fall(partial(registry.load("schedules", "inverse_sqrt"), warmup=warmup), warmup, shares, 0.0)


def test_constant_is_constant() -> None:
    ours = registry.load("schedules", "constant")
    assert {ours(float(p)) for p in PROGRESS} == {1.0} == {schedules.constant(float(p)) for p in PROGRESS}


@pytest.mark.parametrize("name", ["constant", "cosine", "inverse_sqrt", "one_cycle"])
def test_by_default_the_peak_is_one_and_comes_early(name: str) -> None:
    rates = np.array([registry.load("schedules", name)(float(p)) for p in PROGRESS])
    ROUNDING.check(rates.max(), 1.0)
    assert PROGRESS[rates.argmax()] <= 0.25
