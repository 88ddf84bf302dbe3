"""ALS: vectors of items and users whose product is 1 where a user took an item and else near 0, by turns.

Σ_(u,i) taken (w_u·h_i − 1)² + α₀·Σ_u Σ_i (w_u·h_i)² + λ·(Σ_u (n_u + α₀·I)^ν·‖w_u‖² + Σ_i (n_i + α₀·U)^ν·‖h_i‖²) is
made small, with n the items of a user and the users of an item (S. Rendle, W. Krichene, L. Zhang and Y. Koren, 2022,
"Revisiting the performance of iALS on item recommendation benchmarks"). With ν = 0, α₀ = 1/α and λ = λ'/(1 + α) it is
the objective of Y. Hu, Y. Koren and C. Volinsky (2008, "Collaborative filtering for implicit feedback datasets",
equation 3) with the confidence 1 + α and the penalty λ', but for a factor of all scores.

Each turn is solved exactly. The axes are turned such that Σ_i h_i·h_iᵀ is diagonal, S; a user with n items has then
w = D⁻¹Hᵀ(I + H·D⁻¹·Hᵀ)⁻¹·1 with D = α₀·S + λ_u·I and H the vectors of the items [n, D]: a system of n equations where n
is less than the numbers of a vector. Only the vectors of items are kept. A user's is solved from the history whenever
items are recommended, so that it is that of the latest history and of users who were never learnt from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import torch
from msgspec import Meta
from torch import Tensor, nn

from deepwright.contracts import Examples, GoingOn, unheard
from deepwright.models.recommendation._histories import interactions, once
from deepwright.models.recommendation._lists import Group, groups
from deepwright.specs import HistorySpec, ItemsSpec

__all__ = ["Als"]

#: Items of lists whose vectors are taken at once.
_ITEMS = 262_144


class Als(nn.Module):
    """Vectors of items, solved in turn with those of users; histories [B, T] to scores [B, 1 + I].

    Args:
        inputs: histories.
        outputs: items.
        num_factors: numbers of a vector.
        num_iterations: turns of the users and of the items.
        unobserved_weight: α₀, what an item that was not taken weighs beside one that was.
        l2: λ, weight of the penalty.
        frequency: ν, how much more those are penalised that took or were taken more, from 0, which is none.
    """

    def __init__(
        self,
        inputs: HistorySpec,
        outputs: ItemsSpec,
        *,
        num_factors: Annotated[int, Meta(ge=1)] = 64,
        num_iterations: Annotated[int, Meta(ge=1)] = 15,
        unobserved_weight: Annotated[float, Meta(gt=0)] = 0.1,
        l2: Annotated[float, Meta(gt=0)] = 0.01,
        frequency: Annotated[float, Meta(ge=0, le=1)] = 1.0,
    ) -> None:
        super().__init__()
        self.num_iterations, self.unobserved_weight, self.l2 = num_iterations, unobserved_weight, l2
        self.frequency = frequency
        self.vectors: Tensor
        self.spectrum: Tensor
        self.register_buffer("vectors", torch.zeros(1 + outputs.num_items, num_factors))
        self.register_buffer("spectrum", torch.ones(num_factors))

    @staticmethod
    def worth_trying(_num_examples: int, _outputs: ItemsSpec) -> bool:
        """Always: it is solved in seconds."""
        return True

    def fit(self, examples: Examples) -> None:
        """Solve for the users and for the items by turns, and tell nobody how far it is."""
        self.fit_in_passes(examples, unheard)

    def fit_in_passes(self, examples: Examples, going_on: GoingOn) -> None:
        """Solve for the users and for the items by turns."""
        taken = interactions(examples, len(self.vectors) - 1)
        users, items = list(groups(taken)), list(groups(taken.T.tocsr()))
        vectors = torch.randn_like(self.vectors) / (10 * self.vectors.shape[1] ** 0.5)
        vectors[0] = 0
        for iteration in range(self.num_iterations):
            if not going_on(iteration + 1, self.num_iterations, iteration / self.num_iterations):
                break
            of_users = self._turn(*_turned(vectors), users, taken.shape[0])
            vectors = self._turn(*_turned(of_users), items, taken.shape[1])
        turned, spectrum = _turned(vectors)
        self.vectors.copy_(turned)
        self.spectrum.copy_(spectrum)

    def forward(self, items: Tensor, _users: Tensor) -> Tensor:
        """Items [B, T] to products with the vectors of users that are solved from them, [B, 1 + I]."""
        history = once(items)
        solved = self._solved(self.vectors, self.spectrum, history, (history > 0).sum(1))
        return solved @ self.vectors.T

    def _turn(self, vectors: Tensor, spectrum: Tensor, lists: Sequence[Group], num_rows: int) -> Tensor:
        """The vectors [1 + N, D] of all users where those of items are given, or the other way round."""
        found = vectors.new_zeros(num_rows, vectors.shape[1])
        for rows, items, _values, counts in lists:
            found[rows] = self._solved(vectors, spectrum, items, counts)
        return found

    def _solved(self, vectors: Tensor, spectrum: Tensor, items: Tensor, counts: Tensor) -> Tensor:
        """The vectors [B, D] for which the objective is smallest, of users with some items, [B, T] with zeros.

        Args:
            vectors: [1 + I, D] of items, on axes on which the sum of their squares is diagonal.
            spectrum: [D] that sum.
            items: [B, T], 0 where there is none.
            counts: [B] how many there are.
        """
        weights = counts.to(vectors.dtype) + self.unobserved_weight * (len(vectors) - 1)
        penalty = self.l2 * weights**self.frequency
        diagonal = self.unobserved_weight * spectrum + penalty[:, None]
        if items.shape[1] < vectors.shape[1]:
            return _of_few(nn.functional.embedding(items, vectors), diagonal, (items > 0).to(vectors.dtype))
        return _of_many(vectors, diagonal, items)


def _turned(vectors: Tensor) -> tuple[Tensor, Tensor]:
    """Vectors [N, D] on the axes on which the sum of their squares is diagonal, and that sum [D]."""
    spectrum, axes = torch.linalg.eigh(vectors.T @ vectors)
    return vectors @ axes, spectrum.clamp(min=0)


def _of_few(taken: Tensor, diagonal: Tensor, there: Tensor) -> Tensor:
    """D⁻¹Hᵀ(I + H·D⁻¹·Hᵀ)⁻¹·1, [B, D], with the vectors H [B, T, D], D's diagonal [B, D], and 1 where one is [B, T]."""
    scaled = taken / diagonal[:, None]
    system = torch.eye(taken.shape[1], dtype=taken.dtype, device=taken.device) + scaled @ taken.mT
    shares = torch.cholesky_solve(there[..., None], torch.linalg.cholesky(system))
    return (shares.mT @ scaled)[:, 0]


def _of_many(vectors: Tensor, diagonal: Tensor, items: Tensor) -> Tensor:
    """(D + HᵀH)⁻¹Hᵀ·1, [B, D], with the vectors H of the items [B, T] that are there and D's diagonal [B, D]."""
    system, total = torch.diag_embed(diagonal), torch.zeros_like(diagonal)
    for part in items.split(max(1, _ITEMS // len(items)), 1):
        taken = nn.functional.embedding(part, vectors)
        system.baddbmm_(taken.mT, taken)
        total += taken.sum(1)
    return torch.cholesky_solve(total[..., None], torch.linalg.cholesky(system))[..., 0]
