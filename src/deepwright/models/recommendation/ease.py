"""EASE: one linear regression of every item on all others, in closed form.

With X [U, I], 1 where a user took an item, ‖X − X·B‖² + λ·‖B‖² is smallest among the B with a diagonal of zeros at
B = I − P·diag(1/diag P), P = (XᵀX + λ·I)⁻¹ (H. Steck, 2019, "Embarrassingly shallow autoencoders for sparse data",
equation 8). A score is the sum of B's rows over the history. B has I² numbers, which are solved for in place.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import torch
from msgspec import Meta
from torch import Tensor, nn

from deepwright.contracts import Examples
from deepwright.models.recommendation._histories import interactions, once
from deepwright.specs import HistorySpec, ItemsSpec

__all__ = ["Ease"]

#: Times the root of an item's users, the usual penalty: within a factor of 3 of the best ones of the paper's data sets.
_USUAL = 20
#: Numbers of the matrix that are worked on at once.
_NUMBERS = 16_000_000
#: Items whose matrix is large and slow to invert.
_MANY = 15_000


class Ease(nn.Module):
    """What every item says for every other, solved at once; histories [B, T] to scores [B, 1 + I].

    Args:
        inputs: histories.
        outputs: items.
        l2: λ, weight of the penalty; null takes 20·√n, where an item was taken by n users on average.
    """

    def __init__(
        self, inputs: HistorySpec, outputs: ItemsSpec, *, l2: Annotated[float, Meta(gt=0)] | None = None
    ) -> None:
        super().__init__()
        self.l2 = l2
        self.weights: Tensor
        self.register_buffer("weights", torch.zeros(1 + outputs.num_items, 1 + outputs.num_items))

    def fit(self, examples: Examples) -> None:
        """Count who took which two items, and invert."""
        matrix = self.weights.numpy()  # the same memory
        _count_together(interactions(examples, len(matrix) - 1), matrix)
        counts = matrix.diagonal()
        l2 = self.l2 or _USUAL * float(counts.sum() / max(1, (counts > 0).sum())) ** 0.5
        matrix[np.diag_indices_from(matrix)] += l2 or 1
        _invert(matrix)
        matrix /= -matrix.diagonal().copy()
        np.fill_diagonal(matrix, 0)

    @staticmethod
    def worth_trying(_num_examples: int, outputs: ItemsSpec) -> bool:
        """Of items of which I² numbers are found in seconds."""
        return outputs.num_items <= _MANY

    def forward(self, items: Tensor, _users: Tensor) -> Tensor:
        """Items [B, T] to sums of weights [B, 1 + I]."""
        return nn.functional.embedding_bag(once(items), self.weights, mode="sum", padding_idx=0)


def _count_together(taken: Any, matrix: Any) -> None:
    """Write XᵀX into a matrix [1 + I, 1 + I], for X the sparse matrix of who took what, [1 + U, 1 + I]."""
    by_item = taken.T.tocsr()
    size = max(1, _NUMBERS // len(matrix))
    for first in range(0, len(matrix), size):
        matrix[first : first + size] = (by_item[first : first + size] @ taken).toarray()


def _invert(matrix: Any) -> None:
    """Put the inverse of a symmetric positive definite matrix in its place, by way of its Cholesky factor."""
    from scipy.linalg import get_lapack_funcs

    found: Any = get_lapack_funcs(("potrf", "potri"), (matrix,))
    potrf, potri = found
    columns = matrix.T  # as LAPACK reads the same memory
    factor, failed = potrf(columns, lower=True, clean=False, overwrite_a=True)
    if not failed:
        inverse, failed = potri(factor, lower=True, overwrite_c=True)
    assert not failed, "a Gram matrix with a penalty is positive definite"
    assert np.shares_memory(inverse, matrix)
    size = max(1, _NUMBERS // len(matrix))
    for first in range(0, len(matrix), size):  # LAPACK fills one triangle: matrix[:, i] for rows up to i
        rows = slice(first, first + size)
        matrix[rows, :first] = matrix[:first, rows].T
        part = matrix[rows, rows]
        part[:] = np.triu(part) + np.triu(part, 1).T
