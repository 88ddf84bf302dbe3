"""What must hold of every metric of classes and labels: it is its definition, and a weight is a repetition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import assume
from hypothesis import strategies as st

from deepwright import registry
from deepwright.contracts import Predictions, weighted
from tests.formulas.reference.arrays import Floats, Integers
from tests.formulas.tolerances import ROUNDING

Draw = Callable[[int, int], tuple[Floats, Integers]]
#: How often each of nine rows is taken, in one to three samples.
REPETITIONS = st.lists(st.lists(st.integers(0, 4), min_size=9, max_size=9), min_size=1, max_size=3)


class Case(NamedTuple):
    """A registered metric, its arguments, and the definition."""

    name: str
    arguments: dict[str, Any]
    reference: Callable[[Floats, Integers], float]


def every(cases: Sequence[Case]) -> pytest.MarkDecorator:
    """Each case as the argument ``case`` of a test."""
    return pytest.mark.parametrize("case", cases, ids=[f"{case.name} {case.arguments or ''}".strip() for case in cases])


def predictions(outputs: Floats, targets: Integers) -> Predictions:
    """Rows [N, C] whose columns are called c0, c1, …"""
    names = tuple(f"c{i}" for i in range(outputs.shape[1]))
    return Predictions(np.arange(len(targets)), targets, outputs, names)


def measured(name: str, arguments: dict[str, Any], outputs: Floats, targets: Integers, weights: Floats) -> Floats:
    """The metric of the samples with the given weights [R, N]."""
    value: Floats = weighted(registry.load("metrics", name)(**arguments), predictions(outputs, targets), weights)
    return value


def is_its_definition(case: Case, drawn: Draw, n: int) -> None:
    """The metric of n rows is what counting them gives."""
    for seed in range(20):
        outputs, targets = drawn(seed, n)
        found = measured(case.name, case.arguments, outputs, targets, np.ones((1, n)))
        ROUNDING.check(found, [case.reference(outputs, targets)])


def weights_are_repetitions(case: Case, drawn: Draw, seed: int, rows: list[list[int]]) -> None:
    """A row of weight 3 counts as three rows, and the scale of weights is free."""
    assume(all(any(row) for row in rows))
    outputs, targets = drawn(seed, 9)
    repeated = [np.repeat(np.arange(9), row) for row in rows]
    expected = [case.reference(outputs[chosen], targets[chosen]) for chosen in repeated]
    weights = np.array(rows, float)
    for scaled in (weights, weights / 3):
        ROUNDING.check(measured(case.name, case.arguments, outputs, targets, scaled), expected)
