"""The chain rule: from the derivative of the loss by a layer's output to those by its weights and its input.

dL/dw = dL/dy · dy/dw and dL/dx = dL/dy · dy/dx, one layer at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from deepwright.explaining.recording import Call, Record, changed, tensors


@dataclass(frozen=True)
class Passed:
    """What a layer makes of dL/dy.

    Attributes:
        dx: dL/dx of its first input, through this use of the layer; None where there is none.
        dw: dL/dw of each of its parameters, through this use of the layer.
    """

    dx: Tensor | None = None
    dw: Mapping[str, Tensor] = field(default_factory=dict)


def backward(loss: Tensor, made: Record) -> tuple[Tensor | None, list[list[Tensor | None]]]:
    """dL/dz of the network's outputs and dL/dy of each tensor that each layer gave, None where L does not depend on it.

    Args:
        loss: of one example.
        made: its way through the network.
    """
    edges = [edge for call in made.calls for edge in call.edges if edge is not None]
    found: list[Tensor | None] = [None] * (1 + len(edges))
    if loss.requires_grad:
        ends: Any = [made.outputs, *edges]
        found = list(torch.autograd.grad(loss, ends, allow_unused=True))
    rest = iter(found[1:])
    return found[0], [[None if edge is None else next(rest) for edge in call.edges] for call in made.calls]


def passed_on(call: Call, dy: Sequence[Tensor | None]) -> Passed:
    """What one use of a layer passes on: the layer alone is used once more, on what it received.

    Args:
        call: the use.
        dy: dL/dy of each tensor that it gave.
    """
    entered: list[Tensor] = []

    def enter(tensor: Tensor) -> Tensor:
        if not tensor.is_floating_point():
            return tensor
        entered.append(tensor.clone().requires_grad_())
        return entered[-1].clone()

    weights = {name: w.detach().clone().requires_grad_() for name, w in call.module.named_parameters()}
    with torch.enable_grad():
        arguments, keywords = changed(call.arguments, enter), changed(call.keywords, enter)
        given = tensors(torch.func.functional_call(call.module, weights, arguments, keywords))
        # The derivative of Σ dL/dy · y, where dL/dy is a constant, by anything within y is dL/dy · dy/d(that).
        weighed = [(g * y).sum() for y, g in zip(given, dy, strict=True) if g is not None and y.requires_grad]
    if not weighed:
        return Passed()
    ends = [*entered[:1], *weights.values()]
    found: Sequence[Tensor | None] = torch.autograd.grad(weighed, ends, allow_unused=True)
    dw = {name: g for name, g in zip(weights, found[len(entered[:1]) :], strict=True) if g is not None}
    return Passed(found[0] if entered else None, dw)
