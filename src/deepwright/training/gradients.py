"""Gradient norms by layer, and whether gradients vanish or explode on their way back."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import nn

Flow = Literal["steady", "vanishing", "exploding"]

#: The first layer's gradient, per weight, below this share of the last layer's counts as vanishing …
VANISHING = 1e-3
#: … and above this multiple of it as exploding.
EXPLODING = 1e3
#: A whole network's gradient of this norm explodes in all layers alike, as it may with ReLU.
EXPLODING_NORM = 1e3
#: Norms between this and its inverse are those of squares that float32 holds.
_SAFE = 1e-12


def gradient_norms(network: nn.Module) -> dict[str, float]:
    """Root mean square of each layer's gradient of its weights and biases, in the order of the forward pass.

    A root mean square does not grow with the layer's size, so that layers can be compared. Squares of very small and
    very large gradients are taken in float64 on the CPU: in float32 they vanish below 1e-22 and overflow above 1e19.
    """
    layers: dict[str, list[torch.Tensor]] = {}
    for name, parameter in network.named_parameters():
        if parameter.grad is not None:
            layers.setdefault(name.rpartition(".")[0].removeprefix("model."), []).append(parameter.grad)
    return {
        name: (sum(_square(grad) for grad in grads) / sum(grad.numel() for grad in grads)) ** 0.5
        for name, grads in layers.items()
    }


def _square(gradient: torch.Tensor) -> float:
    norm = float(torch.linalg.vector_norm(gradient))
    if not _SAFE < norm < 1 / _SAFE:
        norm = float(torch.linalg.vector_norm(gradient.cpu(), dtype=torch.float64))
    return norm**2


def flow(records: Sequence[dict[str, Any]]) -> tuple[Flow, float | None]:
    """Judge a history by medians over its records: first layer's gradient over the last layer's, and the whole norm.

    Returns:
        The verdict and the ratio; ``steady`` and None where there are fewer than two layers or no gradient.
    """
    ratios = []
    whole = [record["gradient_norm"] for record in records if "gradient_norm" in record]
    for record in records:
        norms = list(record["gradients"].values())
        if len(norms) > 1 and norms[-1] > 0:
            ratios.append(norms[0] / norms[-1])
    if not ratios:
        return "steady", None
    ratio, norm = statistics.median(ratios), statistics.median(whole or [0.0])
    if not math.isfinite(ratio):
        return "exploding", None
    if ratio < VANISHING:
        return "vanishing", ratio
    return ("exploding" if ratio > EXPLODING or norm > EXPLODING_NORM else "steady"), ratio
