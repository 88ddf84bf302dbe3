"""What models of histories share: which items each user took, as one sparse matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from deepwright.contracts import Examples, batches


def once(items: Tensor) -> Tensor:
    """Items [B, T] in the order of their numbers, with 0 in place of one that is there already."""
    ordered = items.sort(1).values
    repeated = torch.zeros_like(ordered, dtype=torch.bool)
    repeated[:, 1:] = ordered[:, 1:] == ordered[:, :-1]
    return ordered.masked_fill(repeated, 0)


def interactions(examples: Examples, num_items: int) -> Any:
    """A sparse matrix [1 + N, 1 + I] of float32, 1 where the user of the n-th of N examples, from 1, took the item.

    Row 0 and column 0 stand for nobody and for nothing, and are empty.

    Args:
        examples: histories, of which an item that is taken again counts once.
        num_items: I.
    """
    from scipy.sparse import csr_matrix

    found, counts = [], [torch.zeros(1, dtype=torch.int64)]
    for batch in batches(examples):
        items = once(batch.inputs[0])
        there = items > 0
        found.append(items[there].to(torch.int32))
        counts.append(there.sum(1))
    items, starts = torch.cat(found), torch.cat(counts).cumsum(0)
    ones = np.ones(len(items), np.float32)
    shape = (len(starts), 1 + num_items)
    return csr_matrix((ones, items.numpy(), np.concatenate([[0], starts.numpy()])), shape)
