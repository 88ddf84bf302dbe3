"""Lists of unequal length, such as the items of each user, in groups of about the same length."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

#: Numbers of a group at most, unless a single list has more.
_NUMBERS = 32_768


class Group(NamedTuple):
    """Lists of about the same length, which are worked on together.

    Attributes:
        rows: [B] whose they are.
        items: [B, T], 0 after the end of a list.
        values: [B, T] of each item, 0 after the end.
        counts: [B] how long they are, at least 1.
    """

    rows: Tensor
    items: Tensor
    values: Tensor
    counts: Tensor


def groups(matrix: Any) -> Iterator[Group]:
    """The rows of a sparse matrix that are not empty, in groups, the shortest first.

    Args:
        matrix: in compressed rows, of which column 0 is empty.
    """
    lengths = np.diff(matrix.indptr).astype(np.int64)
    order = np.argsort(lengths, kind="stable")
    order = order[np.searchsorted(lengths[order], 1) :]
    matrix, lengths = matrix[order], lengths[order]
    start = 0
    while start < len(order):
        end = _end(lengths, start)
        yield _group(matrix[start:end], order[start:end], lengths[start:end])
        start = end


def _end(lengths: Any, start: int) -> int:
    """Where the group ends that begins at a place; it has one list at least."""
    ends = range(start + 1, len(lengths) + 1)
    return start + max(1, bisect_right(ends, _NUMBERS, key=lambda end: (end - start) * lengths[end - 1]))


def _group(matrix: Any, rows: Any, lengths: Any) -> Group:
    there = np.arange(lengths[-1]) < lengths[:, None]
    items, values = np.zeros(there.shape, np.int64), np.zeros(there.shape, matrix.dtype)
    items[there], values[there] = matrix.indices, matrix.data
    return Group(*(torch.from_numpy(part) for part in (rows, items, values, lengths)))
