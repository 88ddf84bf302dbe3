"""Matrix factorization: a rating is the mean, what user and item add to it, and how well their vectors agree.

r̂ = μ + b_u + b_i + p_u·q_i (Y. Koren, R. Bell and C. Volinsky, 2009, "Matrix factorization techniques for recommender
systems", equation 4), such that Σ (r − r̂)² + Σ_u (λ·n_u·‖p_u‖² + λ_b·b_u²) + Σ_i (λ·n_i·‖q_i‖² + λ_b·b_i²) is small.
Users and items are solved by turns, each with its bias and its vector at once; n_u are the ratings of a user, n_i those
of an item (Y. Zhou, D. Wilkinson, R. Schreiber and R. Pan, 2008, "Large-scale parallel collaborative filtering for the
Netflix prize", equation 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
import torch
from msgspec import Meta
from torch import Tensor, nn

from deepwright.contracts import Examples, GoingOn, batches, unheard
from deepwright.models.recommendation._lists import Group, groups
from deepwright.specs import NumberSpec, RatedSpec

__all__ = ["MatrixFactorization"]


class MatrixFactorization(nn.Module):
    """Users [B] and items [B] to ratings [B, 1], solved by turns.

    Args:
        inputs: users and items.
        outputs: the rating.
        num_factors: numbers of a vector; 0 leaves the biases alone.
        num_iterations: turns of the users and of the items.
        l2: λ, weight of the penalty on vectors.
        bias_l2: λ_b, weight of the penalty on biases.
    """

    def __init__(
        self,
        inputs: RatedSpec,
        outputs: NumberSpec,
        *,
        num_factors: Annotated[int, Meta(ge=0)] = 32,
        num_iterations: Annotated[int, Meta(ge=1)] = 20,
        l2: Annotated[float, Meta(gt=0)] = 0.15,
        bias_l2: Annotated[float, Meta(gt=0)] = 5.0,
    ) -> None:
        super().__init__()
        self.num_iterations, self.l2, self.bias_l2 = num_iterations, l2, bias_l2
        self.mean: Tensor
        self.users: Tensor
        self.items: Tensor
        self.register_buffer("mean", torch.zeros(outputs.num_outputs))
        self.register_buffer("users", torch.zeros(1 + inputs.num_users, num_factors + 1))  # the last is the bias
        self.register_buffer("items", torch.zeros(1 + inputs.num_items, num_factors + 1))

    def fit(self, examples: Examples) -> None:
        """Solve for the users and for the items by turns, and tell nobody how far it is."""
        self.fit_in_passes(examples, unheard)

    def fit_in_passes(self, examples: Examples, going_on: GoingOn) -> None:
        """Solve for the users and for the items by turns."""
        users, items, ratings = self._ratings(examples)
        by_user = list(groups(_rows(users, items, ratings, (len(self.users), len(self.items)))))
        by_item = list(groups(_rows(items, users, ratings, (len(self.items), len(self.users)))))
        rated = torch.from_numpy(np.unique(items))
        self.items[rated, :-1] = torch.randn_like(self.items[rated, :-1]) / 10
        for iteration in range(self.num_iterations):
            if not going_on(iteration + 1, self.num_iterations, iteration / self.num_iterations):
                break
            self._turn(self.users, self.items, by_user)
            self._turn(self.items, self.users, by_item)

    def forward(self, users: Tensor, items: Tensor) -> Tensor:
        """Users [B] and items [B] to ratings [B, 1]; one that was not learnt from adds nothing to the mean."""
        user, item = self.users[users], self.items[items]
        products = (user[:, :-1] * item[:, :-1]).sum(1) + user[:, -1] + item[:, -1]
        return self.mean + products[:, None]

    def _ratings(self, examples: Examples) -> tuple[Any, Any, Any]:
        """Users, items and ratings less their mean, each [N], of those whose user and item are known."""
        assert examples.targets is not None
        inputs = [batch.inputs for batch in batches(examples, most=65_536)]
        users, items = (torch.cat(parts) for parts in zip(*inputs, strict=True))
        self.mean.fill_(examples.targets.double().mean())
        left = (examples.targets - self.mean).to(self.mean.dtype)
        known = (users > 0) & (items > 0)
        return users[known].numpy(), items[known].numpy(), left[known].numpy()

    def _turn(self, solved: Tensor, given: Tensor, lists: Sequence[Group]) -> None:
        """Solve for the vectors and biases of users [N, D + 1] where those of items are given, or the other way."""
        for rows, items, ratings, counts in lists:
            there, inputs = items > 0, nn.functional.embedding(items, given)
            left = (ratings - inputs[..., -1]) * there
            inputs[..., -1] = there  # what the bias is multiplied by
            penalty = (self.l2 * counts[:, None].to(given.dtype)).repeat(1, given.shape[1])
            penalty[:, -1] = self.bias_l2
            system = torch.diag_embed(penalty).baddbmm_(inputs.mT, inputs)
            solved[rows] = torch.cholesky_solve(inputs.mT @ left[..., None], torch.linalg.cholesky(system))[..., 0]


def _rows(rows: Any, columns: Any, values: Any, shape: tuple[int, int]) -> Any:
    """A sparse matrix in compressed rows in which what stands in one place twice stays apart."""
    from scipy.sparse import csr_matrix

    order = np.argsort(rows, kind="stable")
    starts = np.concatenate([[0], np.bincount(rows, minlength=shape[0]).cumsum()])
    return csr_matrix((values[order], columns[order], starts), shape)
