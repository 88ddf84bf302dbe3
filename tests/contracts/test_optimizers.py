"""What every registered optimizer keeps to."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from deepwright import registry
from deepwright.training.checkpoints import Progress, pack, unpack
from tests.contracts.documentation import settings_problems, source_problems, title_problems

OPTIMIZERS = list(registry.entries("optimizers"))
each = pytest.mark.parametrize("name", OPTIMIZERS)
TARGETS = {"matrix": torch.linspace(-2, 2, 12).reshape(4, 3), "vector": torch.tensor([1.0, -1.0, 0.5])}


class Valley(nn.Module):
    """A quadratic that is ten times as steep in one direction as in another: ½·Σ steepness·(θ - target)²."""

    def __init__(self) -> None:
        super().__init__()
        self.matrix, self.vector = nn.Parameter(torch.zeros(4, 3)), nn.Parameter(torch.zeros(3))

    def forward(self) -> torch.Tensor:
        steepness = torch.linspace(0.3, 3, 3)
        differences = [getattr(self, name) - target for name, target in TARGETS.items()]
        return torch.stack([(steepness * difference.square()).sum() / 2 for difference in differences]).sum()


def started(name: str, weight_decay: float = 0.0, rate: float = 0.05) -> tuple[Valley, torch.optim.Optimizer]:
    valley = Valley()
    groups = [
        {"params": [valley.matrix], "weight_decay": weight_decay},
        {"params": [valley.vector], "weight_decay": 0.0},
    ]
    optimizer = registry.load("optimizers", name)(groups)
    assert isinstance(optimizer, torch.optim.Optimizer)
    for group in optimizer.param_groups:
        group["lr"] = rate
    return valley, optimizer


def descend(valley: Valley, optimizer: torch.optim.Optimizer, steps: int) -> None:
    for _ in range(steps):
        optimizer.zero_grad()
        valley().backward()
        optimizer.step()


def equal(first: Valley, second: Valley) -> bool:
    return all(torch.equal(one, other) for one, other in zip(first.parameters(), second.parameters(), strict=True))


@each
def test_it_has_a_title_and_a_source(name: str) -> None:
    assert not title_problems("optimizers", name) + source_problems("optimizers", name)


@each
def test_every_setting_has_a_meaning(name: str) -> None:
    assert not settings_problems(registry.load("optimizers", name))


@each
def test_it_finds_the_bottom_of_a_quadratic(name: str) -> None:
    valley, optimizer = started(name)
    before = valley().item()
    for rate in (0.1, 0.05, 0.01):  # falling, for steps of one length never come to rest
        for group in optimizer.param_groups:
            group["lr"] = rate
        descend(valley, optimizer, 100)
    assert valley().item() < before / 100


@each
def test_the_learning_rate_of_a_group_is_its_own(name: str) -> None:
    valley, optimizer = started(name, rate=0.0)
    descend(valley, optimizer, 3)
    assert equal(valley, Valley())
    optimizer.param_groups[1]["lr"] = 0.05
    descend(valley, optimizer, 3)
    assert torch.equal(valley.matrix, Valley().matrix)
    assert not torch.equal(valley.vector, Valley().vector)


@each
def test_the_weight_decay_of_a_group_is_its_own(name: str) -> None:
    free, decayed = started(name), started(name, weight_decay=0.5)
    for valley, optimizer in (free, decayed):
        descend(valley, optimizer, 100)
    assert decayed[0].matrix.norm() < free[0].matrix.norm()
    assert torch.equal(decayed[0].vector, free[0].vector)


@each
@pytest.mark.parametrize("done", [0, 1, 5])
def test_its_state_survives_a_checkpoint(name: str, done: int) -> None:
    whole, first, second = started(name), started(name), started(name)
    descend(*whole, done + 5)
    descend(*first, done)
    unpack(pack(Progress(), *first, None), *second)
    descend(*second, 5)
    assert equal(second[0], whole[0])


@each
def test_the_same_steps_give_the_same_bits(name: str) -> None:
    first, second = started(name), started(name)
    for valley, optimizer in (first, second):
        descend(valley, optimizer, 20)
    assert equal(first[0], second[0])


@each
def test_a_parameter_without_a_gradient_stays(name: str) -> None:
    valley, optimizer = started(name, weight_decay=0.5)
    valley.vector.square().sum().backward()
    optimizer.step()
    assert torch.equal(valley.matrix, Valley().matrix)
