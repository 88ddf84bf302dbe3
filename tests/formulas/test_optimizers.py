"""Five steps of each registered optimizer against the update of its paper, in float64.

Two groups of parameters, a matrix with weight decay and a vector without, as training makes them; the rate changes
from step to step, as a schedule changes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch

from deepwright import registry
from tests.formulas.reference import optimizers
from tests.formulas.reference.arrays import Floats
from tests.formulas.tolerances import ROUNDING

RNG = np.random.default_rng(21)
INPUTS, TARGETS = RNG.normal(size=(6, 4)), RNG.normal(size=(6, 3))
MATRIX, VECTOR = RNG.normal(size=(4, 3)), RNG.normal(size=3)
RATES = {"constant": [0.05] * 5, "scheduled": [0.02, 0.1, 0.08, 0.03, 0.001]}
State = list[Floats]


def gradients(matrix: Floats, vector: Floats) -> tuple[Floats, Floats]:
    """Of L = ½‖X·M + v - Y‖² / 6 with respect to M and v."""
    errors = (INPUTS @ matrix + vector - TARGETS) / len(INPUTS)
    return INPUTS.T @ errors, errors.sum(axis=0)


def ours(name: str, settings: dict[str, Any], decay: float, rates: Sequence[float]) -> list[State]:
    """The parameters after each step of a registered optimizer, with gradients by torch."""
    matrix, vector = (torch.from_numpy(array.copy()).requires_grad_() for array in (MATRIX, VECTOR))
    groups = [{"params": [matrix], "weight_decay": decay}, {"params": [vector], "weight_decay": 0.0}]
    optimizer = registry.load("optimizers", name)(groups, **settings)
    path = []
    for rate in rates:
        for group in optimizer.param_groups:
            group["lr"] = rate
        errors = torch.from_numpy(INPUTS) @ matrix + vector - torch.from_numpy(TARGETS)
        (errors.square().sum() / 2 / len(INPUTS)).backward()
        optimizer.step()
        optimizer.zero_grad()
        path.append([matrix.detach().numpy().copy(), vector.detach().numpy().copy()])
    return path


def check(path: list[State], expected: list[State]) -> None:
    assert len(path) == len(expected) == 5
    for step, (found, wanted) in enumerate(zip(path, expected, strict=True), start=1):
        ROUNDING.check(found[0], wanted[0], f"matrix after step {step}")
        ROUNDING.check(found[1], wanted[1], f"vector after step {step}")


SGD = [
    {},
    {"nesterov": False},
    {"momentum": 0.5},
    {"momentum": 0.7, "nesterov": False},
    {"momentum": 0.0},
    {"momentum": 0.0, "nesterov": False},
]


@pytest.mark.parametrize("rates", RATES)
@pytest.mark.parametrize("decay", [0.0, 0.3])
@pytest.mark.parametrize("settings", SGD, ids=str)
def test_sgd(settings: dict[str, Any], decay: float, rates: str) -> None:
    theta, velocity, expected = [MATRIX, VECTOR], [np.zeros((4, 3)), np.zeros(3)], []
    for rate in RATES[rates]:
        for i, (gradient, weight_decay) in enumerate(zip(gradients(*theta), (decay, 0.0), strict=True)):
            theta[i], velocity[i] = optimizers.sgd_step(
                theta[i],
                gradient,
                velocity[i],
                rate=rate,
                momentum=settings.get("momentum", 0.9),
                nesterov=settings.get("nesterov", True),
                decay=weight_decay,
            )
        expected.append(list(theta))
    check(ours("sgd", settings, decay, RATES[rates]), expected)


def test_momentum_is_polyaks_heavy_ball() -> None:
    theta, before, expected = [MATRIX, VECTOR], [MATRIX, VECTOR], []
    for rate in RATES["constant"]:
        after = [
            optimizers.polyak_step(now, earlier, gradient, rate=rate, momentum=0.8)
            for now, earlier, gradient in zip(theta, before, gradients(*theta), strict=True)
        ]
        theta, before = after, theta
        expected.append(list(theta))
    check(ours("sgd", {"momentum": 0.8, "nesterov": False}, 0.0, RATES["constant"]), expected)


def test_nesterov_is_sutskevers_look_ahead() -> None:
    theta, velocity, expected = [MATRIX, VECTOR], [np.zeros((4, 3)), np.zeros(3)], []
    for rate in RATES["constant"]:
        ahead = [now + 0.8 * speed for now, speed in zip(theta, velocity, strict=True)]
        for i, gradient in enumerate(gradients(*ahead)):
            theta[i], velocity[i] = optimizers.sutskever_step(theta[i], gradient, velocity[i], rate=rate, momentum=0.8)
        expected.append([now + 0.8 * speed for now, speed in zip(theta, velocity, strict=True)])
    check(ours("sgd", {"momentum": 0.8, "nesterov": True}, 0.0, RATES["constant"]), expected)


ADAM = [{}, {"beta1": 0.5}, {"beta2": 0.7}, {"eps": 0.1}, {"beta1": 0.0, "beta2": 0.9, "eps": 1e-3}]


def adam_settings(settings: dict[str, float]) -> dict[str, float]:
    return {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, **settings}


@pytest.mark.parametrize("rates", RATES)
@pytest.mark.parametrize("decay", [0.0, 0.3])
@pytest.mark.parametrize("settings", ADAM, ids=str)
@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_adam_and_adamw(name: str, settings: dict[str, float], decay: float, rates: str) -> None:
    theta, expected = [MATRIX, VECTOR], []
    first, second = ([np.zeros((4, 3)), np.zeros(3)] for _ in range(2))
    for t, rate in enumerate(RATES[rates], start=1):
        for i, (gradient, weight_decay) in enumerate(zip(gradients(*theta), (decay, 0.0), strict=True)):
            if name == "adam":
                theta[i], first[i], second[i] = optimizers.adam_step(
                    theta[i], gradient, first[i], second[i], t, rate=rate, decay=weight_decay, **adam_settings(settings)
                )
            else:  # the highest rate is α = 0.1, the schedule is η, and our decay is the paper's λ / α
                theta[i], first[i], second[i] = optimizers.adamw_step(
                    theta[i],
                    gradient,
                    first[i],
                    second[i],
                    t,
                    alpha=0.1,
                    eta=rate / 0.1,
                    decay=0.1 * weight_decay,
                    **adam_settings(settings),
                )
        expected.append(list(theta))
    check(ours(name, settings, decay, RATES[rates]), expected)


def test_adams_first_step_is_the_rate_whatever_the_gradient() -> None:
    moved = MATRIX - ours("adam", {"eps": 1e-15}, 0.0, [0.01])[0][0]
    ROUNDING.check(moved, 0.01 * np.sign(gradients(MATRIX, VECTOR)[0]))


def test_decoupled_decay_shrinks_every_weight_by_one_share() -> None:
    with_decay, without = (ours("adamw", {}, decay, [0.05])[0] for decay in (0.3, 0.0))
    ROUNDING.check(without[0] - with_decay[0], 0.05 * 0.3 * MATRIX)
    ROUNDING.check(without[1], with_decay[1])


@pytest.mark.parametrize("rates", RATES)
@pytest.mark.parametrize("decay", [0.0, 0.3])
@pytest.mark.parametrize("momentum", [0.95, 0.5, 0.0])
def test_muon_turns_matrices_and_leaves_vectors_to_adam(momentum: float, decay: float, rates: str) -> None:
    theta, mean, expected = [MATRIX, VECTOR], np.zeros((4, 3)), []
    first, second = np.zeros(3), np.zeros(3)
    for t, rate in enumerate(RATES[rates], start=1):
        of_matrix, of_vector = gradients(*theta)
        theta[0], mean = optimizers.muon_step(theta[0], of_matrix, mean, rate=rate, momentum=momentum, decay=decay)
        theta[1], first, second = optimizers.adam_step(
            theta[1], of_vector, first, second, t, rate=rate, **adam_settings({"eps": 1e-30})
        )
        expected.append(list(theta))
    check(ours("muon", {"momentum": momentum, "eps": 1e-30}, decay, RATES[rates]), expected)


@pytest.mark.parametrize("shape", [(8, 3, 3, 3), (3, 8, 1, 1), (4, 4, 2, 2)])
def test_muon_sees_the_kernels_of_a_convolution_as_one_matrix(shape: tuple[int, ...]) -> None:
    kernels, gradient = RNG.normal(size=shape), RNG.normal(size=shape)
    parameter = torch.from_numpy(kernels.copy()).contiguous(memory_format=torch.channels_last).requires_grad_()
    optimizer = registry.load("optimizers", "muon")([{"params": [parameter]}], eps=1e-30)
    optimizer.param_groups[0]["lr"] = 0.1
    parameter.grad = torch.from_numpy(gradient)
    optimizer.step()
    flat = (len(kernels), -1)
    expected, _mean = optimizers.muon_step(
        kernels.reshape(flat), gradient.reshape(flat), np.zeros((1, 1)), rate=0.1, momentum=0.95, decay=0.0
    )
    ROUNDING.check(parameter.detach().numpy(), expected.reshape(shape), "kernels")
