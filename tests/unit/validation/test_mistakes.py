from __future__ import annotations

import numpy as np
import pytest

from deepwright.contracts import Predictions
from deepwright.validation.mistakes import mistakes


def test_wrong_classes_the_surest_first() -> None:
    outputs = np.array([[0.0, 2.0], [5.0, 0.0], [0.0, 4.0], [0.0, 1.0]])
    made = Predictions(np.array([7, 8, 9, 10]), np.array([0, 0, 0, 1]), outputs, ("cat", "dog"))
    first, second = mistakes(made, 2.0)
    assert (first.row, first.truth, first.answer) == (9, "cat", "dog")
    assert first.probabilities == pytest.approx((1 / (1 + np.exp(2)), 1 / (1 + np.exp(-2))))
    assert second.row == 7
    assert mistakes(made, 2.0, most=1) == [first]


def test_labels_are_judged_one_by_one() -> None:
    made = Predictions(np.array([3, 4]), np.array([[1, 0], [1, 1]]), np.array([[2.0, 3.0], [-1.0, 2.0]]), ("a", "b"))
    assert [(one.row, one.truth, one.answer) for one in mistakes(made, 1.0)] == [(3, None, "b"), (4, "a", None)]


def test_numbers_the_farthest_first_and_none_that_is_right() -> None:
    made = Predictions(np.arange(3), np.array([1.0, 2.0, 3.0]), np.array([[1.5], [2.0], [1.0]]), ("age",))
    assert [(one.row, one.truth, one.answer) for one in mistakes(made, 1.0)] == [(2, 3.0, 1.0), (0, 1.0, 1.5)]
