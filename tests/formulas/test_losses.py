"""Softmax cross-entropy as the task gives it: one loss for each row, whatever the size of the logits."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from deepwright import registry
from deepwright.contracts import Batch
from tests.formulas.reference.activations import softmax
from tests.formulas.reference.arrays import Floats, Integers
from tests.formulas.reference.losses import softmax_cross_entropy, softmax_cross_entropy_backward
from tests.formulas.tolerances import ROUNDING


def losses(logits: Floats, targets: Integers) -> tuple[Floats, Floats]:
    """The task's losses [B], and the gradient of their sum with respect to the logits [B, C]."""
    tensor = torch.from_numpy(logits.copy()).requires_grad_()
    task = registry.load("tasks", "classification")({"image": "image", "label": "label"})
    found = task.losses(tensor, Batch((), torch.from_numpy(targets), torch.arange(len(targets))))
    (gradient,) = torch.autograd.grad(found.sum(), tensor)
    return found.detach().numpy(), gradient.numpy()


@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.integers(2, 6), st.sampled_from([0.1, 1.0, 30.0, 1e4]))
def test_one_loss_for_each_row(seed: int, batch: int, num_classes: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    logits, targets = rng.normal(0, scale, (batch, num_classes)), rng.integers(0, num_classes, batch)
    found, gradient = losses(logits, targets)
    ROUNDING.check(found, softmax_cross_entropy(logits, targets))
    ROUNDING.check(gradient, softmax_cross_entropy_backward(np.ones(batch), logits, targets))


def test_it_is_minus_the_logarithm_of_the_probability() -> None:
    rng = np.random.default_rng(2)
    logits, targets = rng.normal(size=(6, 4)), rng.integers(0, 4, 6)
    ROUNDING.check(losses(logits, targets)[0], -np.log(softmax(logits)[np.arange(6), targets]))


def test_knowing_nothing_costs_log_c() -> None:
    ROUNDING.check(losses(np.zeros((3, 10)), np.array([0, 4, 9]))[0], np.full(3, np.log(10)))


def test_logits_of_ten_thousand_neither_overflow_nor_lose_the_loss() -> None:
    logits = np.array([[1e4, -1e4, 0.0], [1e4, -1e4, 0.0], [1e4, 1e4, -1e4], [-1e4, -1e4, -1e4]])
    found, gradient = losses(logits, np.array([0, 1, 0, 2]))
    ROUNDING.check(found, [0.0, 2e4, np.log(2), np.log(3)])
    expected = np.array([[0, 0, 0], [1, -1, 0], [-0.5, 0.5, 0], [1 / 3, 1 / 3, -2 / 3]])
    ROUNDING.check(gradient, expected)
