"""Muon: momentum whose matrices are made orthogonal before each step; vectors take Adam's step.

M ← momentum·M + (1 - momentum)·G; O = the orthogonal matrix nearest to G + momentum·(M - G), by five iterations of
X ← a·X + (b·XXᵀ + c·(XXᵀ)²)·X with X₀ the matrix over its Frobenius norm; θ ← (1 - rate·decay)·θ - rate·s·O with
s = 0.2·√max(rows, columns) (K. Jordan et al., 2024, "Muon: an optimizer for hidden layers in neural networks"; s after
J. Liu et al., 2025, "Muon is scalable for LLM training", equation 4, so that rates that suit AdamW suit Muon as well).
A kernel of a convolution is the matrix [filters, channels·height·width]. We deviate in giving every matrix this step,
the first and the last layer's too; parameters of one dimension take the step of Adam at the same rate.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Annotated, Any

import torch
from msgspec import Meta
from torch import Tensor

__all__ = ["muon"]

#: a, b and c: singular values from 0.03 to 1 come to lie between 0.7 and 1.2 in five iterations.
_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_ITERATIONS = 5
_ROOT_MEAN_SQUARE = 0.2


def muon(
    groups: Iterable[dict[str, Any]],
    *,
    momentum: Annotated[float, Meta(ge=0, lt=1)] = 0.95,
    beta1: Annotated[float, Meta(ge=0, lt=1)] = 0.9,
    beta2: Annotated[float, Meta(ge=0, lt=1)] = 0.999,
    eps: Annotated[float, Meta(gt=0)] = 1e-8,
) -> torch.optim.Optimizer:
    """An optimizer for parameter groups with their own ``lr`` and ``weight_decay``.

    Args:
        groups: parameter groups.
        momentum: decay of the mean of a matrix's gradients.
        beta1: decay of the mean of a vector's gradients.
        beta2: decay of the mean of a vector's squared gradients.
        eps: numerical stabiliser of divisions.
    """
    return _Muon(groups, {"lr": 0.0, "weight_decay": 0.0, "momentum": momentum, "betas": (beta1, beta2), "eps": eps})


class _Muon(torch.optim.Optimizer):
    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # no step of ours evaluates the loss again
        assert closure is None
        for group in self.param_groups:
            moved = [parameter for parameter in group["params"] if parameter.grad is not None]
            matrices = [parameter for parameter in moved if parameter.ndim > 1]
            vectors = [parameter for parameter in moved if parameter.ndim <= 1]
            steps = [self._matrix(parameter.grad, self.state[parameter], group) for parameter in matrices]
            steps += self._vectors(vectors, group) if vectors else []
            if steps:
                torch._foreach_mul_([*matrices, *vectors], 1 - group["lr"] * group["weight_decay"])
                torch._foreach_add_([*matrices, *vectors], steps, alpha=-group["lr"])

    @staticmethod
    def _matrix(gradient: Tensor, state: dict[str, Tensor], group: dict[str, Any]) -> Tensor:
        mean = _kept(state, "mean", gradient).lerp_(gradient, 1 - group["momentum"])
        matrix = gradient.lerp(mean, group["momentum"]).flatten(1)
        scale = _ROOT_MEAN_SQUARE * math.sqrt(max(matrix.shape))
        return orthogonal(matrix, group["eps"]).mul_(scale).reshape(gradient.shape)

    def _vectors(self, parameters: list[Tensor], group: dict[str, Any]) -> list[Tensor]:
        beta1, beta2 = group["betas"]
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        states = [self.state[parameter] for parameter in parameters]
        counts = [_kept(state, "step", torch.zeros(())).add_(1) for state in states]
        means, squares = (
            [_kept(s, key, g) for s, g in zip(states, gradients, strict=True)] for key in ("mean", "square")
        )
        torch._foreach_lerp_(means, gradients, 1 - beta1)
        torch._foreach_lerp_(squares, torch._foreach_mul(gradients, gradients), 1 - beta2)
        corrections = [(1 - beta1**count, math.sqrt(1 - beta2**count)) for count in map(float, counts)]
        deviations = torch._foreach_sqrt(squares)
        torch._foreach_div_(deviations, [second for _first, second in corrections])
        torch._foreach_add_(deviations, group["eps"])
        return list(
            torch._foreach_div(torch._foreach_div(means, [first for first, _second in corrections]), deviations)
        )


def orthogonal(matrix: Tensor, eps: float = 1e-8) -> Tensor:
    """A matrix [M, N] with all its singular values near 1 and the same singular vectors, by Newton-Schulz iteration.

    Each iteration multiplies X by a polynomial of A = XXᵀ, and polynomials of A commute: so we iterate on A alone, of
    the shorter side, and multiply X once.
    """
    a, b, c = _COEFFICIENTS
    tall = matrix.shape[0] > matrix.shape[1]
    wide = matrix.T if tall else matrix
    wide = wide / (wide.norm() + eps)
    gram = wide @ wide.T
    product = identity = torch.eye(len(gram), dtype=gram.dtype, device=gram.device)
    for _iteration in range(_ITERATIONS):
        factor = torch.addmm(torch.add(b * gram, identity, alpha=a), gram, gram, alpha=c)
        product = factor @ product
        gram = factor @ gram @ factor
    straight: Tensor = product @ wide
    return straight.T if tall else straight


def _kept(state: dict[str, Tensor], name: str, like: Tensor) -> Tensor:
    if name not in state:
        state[name] = torch.zeros_like(like)
    return state[name]
