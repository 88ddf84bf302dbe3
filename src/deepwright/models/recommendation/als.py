"""ALS: vectors of items and users whose product is 1 where a user took an item and else near 0, by turns.

Σ_(u,i) taken (w_u·h_i − 1)² + α₀·Σ_u Σ_i (w_u·h_i)² + λ·(Σ_u (n_u + α₀·I)^ν·‖w_u‖² + Σ_i (n_i + α₀·U)^ν·‖h_i‖²) is
made small, with n the items of a user and the users of an item (S. Rendle, W. Krichene, L. Zhang and Y. Koren, 2022,
"Revisiting the performance of iALS on item recommendation benchmarks"). With ν = 0, α₀ = 1/α and λ = λ'/(1 + α) it is
the objective of Y. Hu, Y. Koren and C. Volinsky (2008, "Collaborative filtering for implicit feedback datasets",
equation 3) with the confidence 1 + α and the penalty λ', but for a factor of all scores.

A turn is a few steps of conjugate gradients from where the last one ended (G. Takács, I. Pilászy and D. Tikk, 2011,
"Applications of the conjugate gradient method for implicit feedback collaborative filtering"), on the axes on which
α₀·Σ_i h_i·h_iᵀ is diagonal: divided by that diagonal, the system of a user with few items needs few steps. Only the
vectors of items are kept. A user's is solved exactly from the history whenever items are recommended, so that it is
that of the latest history, and of users who were never learnt from.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Annotated, Any, NamedTuple

import numpy as np
import torch
from msgspec import Meta
from torch import Tensor, nn

from deepwright.contracts import Examples, GoingOn, unheard
from deepwright.models.recommendation._histories import interactions, once
from deepwright.specs import HistorySpec, ItemsSpec

__all__ = ["Als"]

#: Steps of conjugate gradients in a turn.
_STEPS = 3
#: Items of the lists that are worked on at once, where a list counts as so many more.
_ITEMS, _LIST = 131_072, 16
#: Items of histories whose vectors are taken at once.
_VECTORS = 262_144


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
        unobserved_weight: Annotated[float, Meta(gt=0)] = 0.03,
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
        by_user, by_item = list(_lists(taken)), list(_lists(taken.T.tocsr()))
        items = torch.randn_like(self.vectors) / (10 * self.vectors.shape[1] ** 0.5)
        items[0] = 0
        users = items.new_zeros(taken.shape[0], items.shape[1])
        for iteration in range(self.num_iterations):
            if not going_on(iteration + 1, self.num_iterations, iteration / self.num_iterations):
                break
            items, users = self._turn(items, users, by_user)
            users, items = self._turn(users, items, by_item)
        spectrum, axes = _axes(items)
        self.vectors.copy_(items @ axes)
        self.spectrum.copy_(spectrum)

    def forward(self, items: Tensor, _users: Tensor) -> Tensor:
        """Items [B, T] to products with the vectors of users that are solved from them, [B, 1 + I]."""
        return self.users_of(items) @ self.vectors.T

    def users_of(self, items: Tensor) -> Tensor:
        """The vectors [B, D] for which the objective is smallest, of users who took items [B, T]."""
        history = once(items)
        counts = (history > 0).sum(1)
        system = torch.diag_embed(self._diagonal(self.spectrum, counts, len(self.vectors) - 1))
        total = torch.zeros_like(system[..., 0])
        for part in history.split(max(1, _VECTORS // len(history)), 1):
            taken = nn.functional.embedding(part, self.vectors)
            system.baddbmm_(taken.mT, taken)
            total += taken.sum(1)
        return torch.cholesky_solve(total[..., None], torch.linalg.cholesky(system))[..., 0]

    def _turn(self, given: Tensor, solved: Tensor, lists: Sequence[Lists]) -> tuple[Tensor, Tensor]:
        """Given vectors of items [1 + I, D], on other axes, and on these those of users [1 + U, D], nearer to the best.

        Or the other way round.
        """
        spectrum, axes = _axes(given)
        given, solved = given @ axes, solved @ axes
        for part in lists:
            diagonal = self._diagonal(spectrum, part.counts, len(given) - 1)
            solved[part.rows] = _nearer(solved[part.rows], given, diagonal, part.taken)
        return given, solved

    def _diagonal(self, spectrum: Tensor, counts: Tensor, num_others: int) -> Tensor:
        """What the objective weighs each number of a vector with beside the items that were taken, [B, D].

        Args:
            spectrum: [D] sums of the squares of the vectors of items.
            counts: [B] how many of them each user took.
            num_others: items.
        """
        weights = counts.to(spectrum.dtype) + self.unobserved_weight * num_others
        return self.unobserved_weight * spectrum + (self.l2 * weights**self.frequency)[:, None]


class Lists(NamedTuple):
    """What some users took, or who took some items.

    Attributes:
        rows: which users.
        counts: [B] how much each took.
        taken: sparse matrix [B, 1 + I] in compressed rows, 1 where a user took an item.
    """

    rows: slice
    counts: Tensor
    taken: Tensor


def _lists(matrix: Any) -> Iterator[Lists]:
    """The rows of a sparse matrix, in parts that are about the same work."""
    work = matrix.indptr + _LIST * np.arange(len(matrix.indptr))
    edges = np.unique([*np.searchsorted(work, np.arange(0, work[-1], _ITEMS)), matrix.shape[0]])
    for start, end in pairwise(edges.tolist()):
        part = matrix[start:end]
        starts, items, ones = (torch.from_numpy(array) for array in (part.indptr, part.indices, part.data))
        with warnings.catch_warnings():  # PyTorch says that compressed rows are new to it
            warnings.simplefilter("ignore", UserWarning)
            taken = torch.sparse_csr_tensor(starts, items, ones, part.shape, check_invariants=False)
        yield Lists(slice(start, end), starts.diff(), taken)


def _axes(vectors: Tensor) -> tuple[Tensor, Tensor]:
    """The sums of the squares of vectors [N, D] on the axes on which their products sum to 0, [D], and these [D, D]."""
    spectrum, axes = torch.linalg.eigh(vectors.T @ vectors)
    return spectrum.clamp(min=0), axes


def _nearer(users: Tensor, items: Tensor, diagonal: Tensor, taken: Tensor) -> Tensor:
    """Vectors w [B, D] with less of an error in (D + HᵀH)·w = Hᵀ·1, with the vectors H of the items that each took.

    Args:
        users: [B, D] to begin with.
        items: [1 + I, D].
        diagonal: [B, D] of D.
        taken: sparse matrix [B, 1 + I].
    """
    least = torch.finfo(users.dtype).tiny
    numbers, starts, taken = taken.col_indices(), taken.crow_indices()[:-1], taken.to(users.dtype)

    def scores(users: Tensor) -> Tensor:
        found: Tensor = torch.sparse.sampled_addmm(taken, users, items.T, beta=0).values()
        return found

    def total(weights: Tensor) -> Tensor:
        return nn.functional.embedding_bag(numbers, items, starts, mode="sum", per_sample_weights=weights)

    residual = total(1 - scores(users)) - diagonal * users
    direction = residual / diagonal
    size = (residual * direction).sum(1, keepdim=True)
    for _step in range(_STEPS):
        image = diagonal * direction + total(scores(direction))
        length = size / (direction * image).sum(1, keepdim=True).clamp(min=least)
        users = users + length * direction
        residual = residual - length * image
        scaled = residual / diagonal
        before, size = size, (residual * scaled).sum(1, keepdim=True)
        direction = scaled + size / before.clamp(min=least) * direction
    return users
