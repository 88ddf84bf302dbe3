"""Threads and precision for a long training, chosen by timing a few steps of it on this machine as it is now."""

from __future__ import annotations

import copy
import dataclasses
import logging
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from deepwright.config.settings import TrainingSettings
from deepwright.contracts import Batch
from deepwright.messages import _, listing
from deepwright.training.runtime import Runtime, num_cores, resolve, runtime, to_device

Losses = Callable[[Tensor, Batch], Tensor]
_log = logging.getLogger(__name__)

#: Trainings of less work, a minute of a small machine, are over before a choice has paid.
LONG_FLOP = 4e12
#: Another way has to be so much faster than all cores in the usual precision before it is taken.
_GAIN = 1.1
_WARM_UP, _TIMED = 1, 3


def choose(settings: TrainingSettings, network: nn.Module, losses: Losses, batch: Batch) -> TrainingSettings:
    """Decide threads and precision, where they are ``auto``, by the time that a step takes with each.

    The run's configuration records what was chosen, so that training from it computes in the same way again.

    Args:
        settings: with ``auto`` for one of the two at least.
        network: is left as it is.
        losses: one for each example, of outputs and batch.
        batch: of the size that trains.
    """
    ways = _ways(settings)
    if len(ways) == 1:
        return ways[0]
    seconds = [_step_seconds(way, network, losses, batch) for way in ways]
    best = min(range(len(ways)), key=lambda i: seconds[i] * (_GAIN if i else 1))
    figures = [
        _(
            "{milliseconds} ms ({precision}, threads: {n})",
            milliseconds=f"{1000 * second:,.{0 if second >= 0.1 else 1}f}",
            precision=way.precision,
            n=way.num_threads,
        )
        for way, second in zip(ways, seconds, strict=True)
    ]
    _log.info(
        _(
            "A step takes {figures} here; the training takes {precision}, threads: {n}.",
            figures=listing(figures),
            precision=ways[best].precision,
            n=ways[best].num_threads,
        )
    )
    return ways[best]


def _ways(settings: TrainingSettings) -> list[TrainingSettings]:
    """The usual one first."""
    usual = resolve(settings)
    precisions, threads = [usual.precision], [usual.num_threads]
    if settings.precision == "auto" and usual.precision != "float32":
        precisions.append("float32")
    if settings.num_threads == "auto" and num_cores() > 1:
        threads.append(num_cores() // 2)
    return [dataclasses.replace(usual, precision=p, num_threads=n) for p in precisions for n in threads]


def _step_seconds(settings: TrainingSettings, network: nn.Module, losses: Losses, batch: Batch) -> float:
    """The shortest time of a forward and a backward pass."""
    seconds = []
    with torch.random.fork_rng(devices=[]), runtime(settings) as machine:
        trial = copy.deepcopy(network).to(machine.device).train()
        there = to_device(batch, machine)
        for _trial in range(_WARM_UP + _TIMED):
            begun = time.perf_counter()
            _step(trial, losses, there, machine)
            seconds.append(time.perf_counter() - begun)
    return min(seconds[_WARM_UP:])


def _step(network: nn.Module, losses: Losses, batch: Batch, machine: Runtime) -> None:
    with machine.autocast():
        outputs = network(*batch.inputs)
    losses(outputs.float(), batch).mean().backward()
    network.zero_grad(set_to_none=True)
