"""Threads and precision of a long training are those whose steps were the fastest."""

from __future__ import annotations

import copy
import logging

import pytest
import torch
from torch import Tensor, nn

from deepwright.config.settings import TrainingSettings
from deepwright.contracts import Batch
from deepwright.training import choosing
from deepwright.training.choosing import choose

OPEN = TrainingSettings(device="cpu", keep_memory=False)
BATCH = Batch(inputs=(torch.ones(4, 3),), targets=torch.zeros(4), rows=torch.arange(4))


def losses(outputs: Tensor, batch: Batch) -> Tensor:
    assert batch.targets is not None
    return (outputs[:, 0] - batch.targets).square()


@pytest.fixture
def four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "num_cores", lambda: 4)
    monkeypatch.setattr("deepwright.training.runtime.num_cores", lambda: 4)
    monkeypatch.setattr("deepwright.training.runtime._computes_in_bfloat16", lambda _device: True)


def timed(monkeypatch: pytest.MonkeyPatch, seconds: dict[tuple[str, int], float]) -> list[tuple[str, int]]:
    """Steps take so long; gives the ways that were timed."""
    asked: list[tuple[str, int]] = []

    def of(settings: TrainingSettings, *_rest: object) -> float:
        assert isinstance(settings.num_threads, int)
        asked.append((settings.precision, settings.num_threads))
        return seconds[asked[-1]]

    monkeypatch.setattr(choosing, "_step_seconds", of)
    return asked


@pytest.mark.usefixtures("four_cores")
@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ((1.0, 2.0, 3.0, 4.0), ("bfloat16", 4)),
        ((1.0, 0.8, 3.0, 4.0), ("bfloat16", 2)),
        ((1.0, 2.0, 0.5, 4.0), ("float32", 4)),
        ((1.0, 2.0, 2.0, 0.1), ("float32", 2)),
        ((1.0, 0.95, 0.95, 0.95), ("bfloat16", 4)),  # no gain worth another way
    ],
)
def test_the_fastest_way_is_taken(
    monkeypatch: pytest.MonkeyPatch, seconds: tuple[float, ...], expected: tuple[str, int]
) -> None:
    ways = [("bfloat16", 4), ("bfloat16", 2), ("float32", 4), ("float32", 2)]
    timed(monkeypatch, dict(zip(ways, seconds, strict=True)))
    chosen = choose(OPEN, nn.Linear(3, 1), losses, BATCH)
    assert (chosen.precision, chosen.num_threads) == expected


@pytest.mark.usefixtures("four_cores")
def test_what_was_asked_for_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = timed(monkeypatch, {("float32", 4): 1.0, ("float32", 2): 2.0})
    settings = TrainingSettings(device="cpu", keep_memory=False, precision="float32")
    assert choose(settings, nn.Linear(3, 1), losses, BATCH).num_threads == 4
    assert asked == [("float32", 4), ("float32", 2)]


@pytest.mark.usefixtures("four_cores")
def test_the_choice_is_said_with_its_times(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "deepwright")
    ways = [("bfloat16", 4), ("bfloat16", 2), ("float32", 4), ("float32", 2)]
    timed(monkeypatch, dict(zip(ways, (0.1, 0.2, 0.05, 0.3), strict=True)))
    choose(OPEN, nn.Linear(3, 1), losses, BATCH)
    assert "100 ms (bfloat16, threads: 4)" in caplog.text
    assert "the training takes float32, threads: 4" in caplog.text


def test_a_real_step_leaves_network_and_random_numbers_alone() -> None:
    network = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(0.5), nn.Linear(3, 1))
    before, random = copy.deepcopy(network.state_dict()), torch.get_rng_state()
    assert (
        choosing._step_seconds(
            TrainingSettings(device="cpu", precision="float32", num_threads=1), network, losses, BATCH
        )
        > 0
    )
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random)
    assert all(parameter.grad is None for parameter in network.parameters())
