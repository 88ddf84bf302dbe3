"""Cross-entropy over many classes, of which all logits at once would not fit into a cache, or into the memory."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import embedding

#: Logits that are there at once: in float32 as many as a processor's last cache holds.
_LOGITS = 2**20


def cross_entropy(hidden: Tensor, table: Tensor, targets: Tensor) -> Tensor:
    """Losses [P] of hidden numbers [P, D]: log Σ_c exp(E_c·h) - E_y·h, over all classes c.

    A few rows at a time, logits become losses and at once what the gradients of their sum need, so that all are never
    there together.

    Args:
        hidden: [P, D].
        table: E, [V, D].
        targets: y, [P], from 0 to V - 1.
    """
    return _losses(hidden, embedding(targets, table), table, targets, 1.0)


def sampled_cross_entropy(hidden: Tensor, table: Tensor, targets: Tensor, drawn: Tensor, share: float) -> Tensor:
    """The same, [P], with the sum over all classes but y estimated by those that were drawn: Σ_c exp(E_c·h) / share.

    That sum is right on average (Y. Bengio and J.-S. Senécal, 2008); to divide by the share is to take log Q from a
    logit. We deviate in drawing classes for all rows together, each once at most, and in leaving the logit of y as it
    is, for y is always there.

    Args:
        hidden: [P, D].
        table: E, [V, D].
        targets: y, [P].
        drawn: classes, [N], no two the same and each as likely as any other.
        share: of the classes that are drawn, N divided by how many there are.
    """
    places = targets.new_full((len(table),), -1)
    places[drawn] = torch.arange(len(drawn), device=drawn.device)
    return _losses(hidden, embedding(targets, table), embedding(drawn, table), places[targets], share)


def _losses(hidden: Tensor, own: Tensor, others: Tensor, places: Tensor, share: float) -> Tensor:
    """Log(exp(o·h) + Σ_c exp(c·h) / share) - o·h, [P].

    Args:
        hidden: h, [P, D].
        own: o, [P, D] rows of the targets.
        others: c, [N, D] rows of classes.
        places: [P] where the target of each row is among them, and is left out; below 0 if it is not.
        share: of the classes that are among them.
    """
    learning = torch.is_grad_enabled() and any(part.requires_grad for part in (hidden, own, others))
    with torch.autocast(hidden.device.type, enabled=False):
        hidden = hidden.to(others.dtype)
        found = _CrossEntropy.apply(hidden, own, others, places, math.log(share), learning)  # type: ignore[no-untyped-call]
    losses: Tensor = found
    return losses


class _CrossEntropy(torch.autograd.Function):
    """The gradients of the losses' sum are made beside them; those of another weighting take a second pass."""

    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, own: Tensor, others: Tensor, places: Tensor, log_share: float, learning: bool
    ) -> Tensor:
        given = hidden, own, others, places
        losses, gradients = _pass(*given, log_share, hidden.new_ones(len(hidden)) if learning else None)
        ctx.save_for_backward(*given, *gradients)
        ctx.log_share = log_share
        return losses

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        hidden, own, others, places, *gradients = ctx.saved_tensors
        if len(upstream) and bool((upstream == upstream[0]).all()):
            gradients = [gradient * upstream[0] for gradient in gradients]
        else:
            gradients = _pass(hidden, own, others, places, ctx.log_share, upstream)[1]
        return *gradients, None, None, None


def _pass(
    hidden: Tensor, own: Tensor, others: Tensor, places: Tensor, log_share: float, weights: Tensor | None
) -> tuple[Tensor, list[Tensor]]:
    """Losses [P], and the gradients of their weighted sum for the first three; none of them without weights."""
    losses = hidden.new_empty(len(hidden))
    gradients = [] if weights is None else [torch.empty_like(hidden), torch.empty_like(own), torch.zeros_like(others)]
    size = max(1, _LOGITS // len(others))
    room = hidden.new_empty(min(size, len(hidden)), len(others))
    for start in range(0, len(hidden), size):
        rows = slice(start, start + size)
        inside, right = places[rows], (hidden[rows] * own[rows]).sum(1, keepdim=True)
        logits = torch.mm(hidden[rows], others.T, out=room[: len(right)])
        found = (inside >= 0).nonzero()[:, 0]
        logits[found, inside[found]] = -torch.inf
        largest = torch.maximum(logits.amax(1, keepdim=True) - log_share, right)
        rest = logits.sub_(largest + log_share).exp_().sum(1, keepdim=True)
        total = rest + (right - largest).exp()
        losses[rows] = (total.log() + largest - right).squeeze(1)
        if weights is not None:
            # Divided by the total these are probabilities; the rows of hidden numbers are fewer to be divided.
            part = weights[rows, None] / total
            torch.mm(logits, others, out=gradients[0][rows]).sub_(rest * own[rows]).mul_(part)
            gradients[1][rows] = hidden[rows] * -rest * part
            gradients[2].addmm_(logits.T, hidden[rows] * part)
    return losses, gradients
