"""Losses as the tasks give them: one for each row, whatever the size of the outputs, and mixed in proportion."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from deepwright import registry
from deepwright.contracts import Batch
from deepwright.training.loop import mixed_losses
from tests.formulas.reference import losses as reference
from tests.formulas.reference.activations import softmax
from tests.formulas.reference.arrays import Floats, Integers
from tests.formulas.reference.losses import softmax_cross_entropy, softmax_cross_entropy_backward
from tests.formulas.tolerances import ROUNDING


def losses(logits: Floats, targets: Integers | Floats, task_name: str = "classification") -> tuple[Floats, Floats]:
    """The task's losses [B], and the gradient of their sum with respect to the outputs [B, C]."""
    tensor = torch.from_numpy(logits.copy()).requires_grad_()
    found = task(task_name).losses(tensor, Batch((), torch.from_numpy(targets), torch.arange(len(targets))))
    (gradient,) = torch.autograd.grad(found.sum(), tensor)
    return found.detach().numpy(), gradient.numpy()


def task(name: str) -> Any:
    return registry.load("tasks", name)({"image": "image", "label": "label"})


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


# --------------------------------------------------------------------------------------------------- smoothing


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(2, 6), st.sampled_from([0.0, 0.1, 0.5, 0.99]))
def test_a_smoothed_loss_is_in_part_that_of_every_class(
    seed: int, batch: int, num_classes: int, smoothing: float
) -> None:
    rng = np.random.default_rng(seed)
    logits, targets = rng.normal(0, 3, (batch, num_classes)), rng.integers(0, num_classes, batch)
    known = Batch((), torch.from_numpy(targets), torch.arange(batch))
    found = task("classification").smoothed_losses(torch.from_numpy(logits), known, smoothing)
    ROUNDING.check(found.numpy(), reference.smoothed_cross_entropy(logits, targets, smoothing))


def test_a_text_has_the_mean_of_the_smoothed_losses_of_its_tokens() -> None:
    """Also where some of its places are not to be predicted."""
    rng = np.random.default_rng(3)
    logits, targets = rng.normal(size=(3, 4, 5)), rng.integers(0, 5, (3, 4))
    there = np.array([[True] * 4, [False, True, True, True], [False, False, True, False]])
    batch = Batch((), torch.from_numpy(np.where(there, targets, -1)), torch.arange(3))
    language: Any = registry.load("tasks", "language_model")({"text": "text"})
    found = language.smoothed_losses(torch.from_numpy(logits), batch, 0.2)
    expected = [
        reference.smoothed_cross_entropy(row[known], target[known], 0.2).mean()
        for row, target, known in zip(logits, targets, there, strict=True)
    ]
    ROUNDING.check(found.numpy(), expected)


def test_smoothed_losses_of_mixed_examples_are_mixed() -> None:
    rng = np.random.default_rng(4)
    logits, targets = rng.normal(size=(5, 3)), rng.integers(0, 3, 5)
    partners, shares = np.array([3, 0, 2, 1, 4]), np.array([1.0, 0.0, 0.3, 0.85, 0.5])
    parts = (torch.from_numpy(array) for array in (targets, np.arange(5), partners, shares))
    smoothed = partial(task("classification").smoothed_losses, smoothing=0.1)
    found = mixed_losses(smoothed, torch.from_numpy(logits), Batch((), *parts))
    own, partner = (reference.smoothed_cross_entropy(logits, one, 0.1) for one in (targets, targets[partners]))
    ROUNDING.check(found.numpy(), reference.mixed(own, partner, shares))


# ------------------------------------------------------------------------------------------ labels and numbers


@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.integers(1, 6), st.sampled_from([0.1, 1.0, 30.0, 1e4]))
def test_labels_cost_the_mean_of_their_own_cross_entropies(
    seed: int, batch: int, num_labels: int, scale: float
) -> None:
    rng = np.random.default_rng(seed)
    logits, targets = rng.normal(0, scale, (batch, num_labels)), rng.integers(0, 2, (batch, num_labels)).astype(float)
    found, gradient = losses(logits, targets, "multi_label")
    ROUNDING.check(found, reference.sigmoid_cross_entropy(logits, targets))
    ROUNDING.check(gradient, reference.sigmoid_cross_entropy_backward(np.ones(batch), logits, targets))


def test_knowing_nothing_of_labels_costs_log_2_however_many_there_are() -> None:
    targets = np.array([[0.0, 1, 0], [1, 1, 1]])
    ROUNDING.check(losses(np.zeros((2, 3)), targets, "multi_label")[0], np.full(2, np.log(2)))


def test_two_labels_that_exclude_each_other_cost_as_one_of_two_classes() -> None:
    """σ(z) = softmax([z, 0]): of a single label, the binary loss is the softmax loss."""
    logits, targets = np.random.default_rng(0).normal(size=(6, 1)), np.array([0.0, 1, 1, 0, 1, 0])
    pairs = np.hstack([np.zeros((6, 1)), logits])
    labels, _gradient = losses(logits, targets[:, None], "multi_label")
    ROUNDING.check(labels, losses(pairs, targets.astype(np.int64))[0])


@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.sampled_from([0.1, 1.0, 1e6]))
def test_a_number_costs_its_squared_error(seed: int, batch: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    outputs, targets = rng.normal(0, scale, (batch, 1)), rng.normal(0, scale, batch)
    found, gradient = losses(outputs, targets, "regression")
    ROUNDING.check(found, reference.squared_error(outputs, targets))
    ROUNDING.check(gradient, reference.squared_error_backward(np.ones(batch), outputs, targets))


# ----------------------------------------------------------------------------------------------------- mixing

TASKS: dict[str, Callable[[Floats, Any], Floats]] = {
    "classification": reference.softmax_cross_entropy,
    "multi_label": reference.sigmoid_cross_entropy,
    "regression": reference.squared_error,
}


def examples(name: str, rng: np.random.Generator) -> tuple[Floats, Any]:
    """Outputs and targets of five examples of a task."""
    if name == "regression":
        return rng.normal(size=(5, 1)), rng.normal(size=5)
    outputs = rng.normal(size=(5, 3))
    return outputs, rng.integers(0, 3, 5) if name == "classification" else rng.integers(0, 2, (5, 3)).astype(float)


@pytest.mark.parametrize("name", TASKS)
def test_mixed_examples_cost_in_proportion_to_their_shares(name: str) -> None:
    rng = np.random.default_rng(7)
    outputs, targets = examples(name, rng)
    partners, shares = np.array([3, 0, 2, 1, 4]), np.array([1.0, 0.0, 0.3, 0.85, 0.5])
    parts = (torch.from_numpy(array) for array in (targets, np.arange(5), partners, shares))
    found = mixed_losses(task(name).losses, torch.from_numpy(outputs), Batch((), *parts))
    own, partner = TASKS[name](outputs, targets), TASKS[name](outputs, targets[partners])
    ROUNDING.check(found.numpy(), reference.mixed(own, partner, shares))
    ROUNDING.check(found.numpy()[[0, 1]], [own[0], partner[1]], "a share of 1 is the example itself, 0 its partner")


@pytest.mark.parametrize("name", TASKS)
def test_examples_that_were_not_mixed_cost_their_own_loss(name: str) -> None:
    outputs, targets = examples(name, np.random.default_rng(8))
    batch = Batch((), torch.from_numpy(targets), torch.arange(5))
    ROUNDING.check(
        mixed_losses(task(name).losses, torch.from_numpy(outputs), batch).numpy(), TASKS[name](outputs, targets)
    )
