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
from collections.abc import Iterable, Sequence
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
            steps = self._matrices(matrices, group) + (self._vectors(vectors, group) if vectors else [])
            if steps:
                torch._foreach_mul_([*matrices, *vectors], 1 - group["lr"] * group["weight_decay"])
                torch._foreach_add_([*matrices, *vectors], steps, alpha=-group["lr"])

    def _matrices(self, parameters: list[Tensor], group: dict[str, Any]) -> list[Tensor]:
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        directions = []
        for parameter, gradient in zip(parameters, gradients, strict=True):
            mean = _kept(self.state[parameter], "mean", gradient).lerp_(gradient, 1 - group["momentum"])
            directions.append(gradient.lerp(mean, group["momentum"]).flatten(1))
        return [
            matrix.mul_(_ROOT_MEAN_SQUARE * math.sqrt(max(matrix.shape))).reshape(gradient.shape)
            for matrix, gradient in zip(orthogonal(directions, group["eps"]), gradients, strict=True)
        ]

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


def orthogonal(matrices: Sequence[Tensor], eps: float = 1e-8) -> list[Tensor]:
    """Matrices [M, N] with all their singular values near 1 and the same singular vectors, by Newton-Schulz iteration.

    Each iteration multiplies X by a polynomial of A = XXᵀ, and polynomials of A commute: so we iterate on A alone, of
    the shorter side, and multiply X once. Matrices with equally long shorter sides are iterated on together.
    """
    wide = [matrix.T if matrix.shape[0] > matrix.shape[1] else matrix for matrix in matrices]
    wide = [matrix / (matrix.norm() + eps) for matrix in wide]
    sides: dict[int, list[int]] = {}
    for place, matrix in enumerate(wide):
        sides.setdefault(len(matrix), []).append(place)
    for places in sides.values():
        products = _iterated(torch.stack([wide[place] @ wide[place].T for place in places]))
        for place, product in zip(places, products, strict=True):
            wide[place] = product @ wide[place]
    return [
        straight.T if matrix.shape[0] > matrix.shape[1] else straight
        for matrix, straight in zip(matrices, wide, strict=True)
    ]


def _iterated(gram: Tensor) -> Tensor:
    """The products of the factors by which matrices are multiplied that have A [K, M, M]."""
    a, b, c = _COEFFICIENTS
    identity = torch.eye(gram.shape[-1], dtype=gram.dtype, device=gram.device).expand_as(gram)
    product = None
    for iteration in range(_ITERATIONS):
        factor = torch.baddbmm(torch.add(b * gram, identity, alpha=a), gram, gram, alpha=c)
        product = factor if product is None else factor @ product
        if iteration + 1 < _ITERATIONS:
            gram = factor @ gram @ factor
    assert product is not None
    return product


def _kept(state: dict[str, Tensor], name: str, like: Tensor) -> Tensor:
    if name not in state:
        state[name] = torch.zeros_like(like)
    return state[name]
