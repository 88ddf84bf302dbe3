"""How fast this machine multiplies matrices: the rate that no training on it can pass."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

Precision = Literal["float32", "bfloat16"]

_SIZES = (2048, 1024, 512)
_BUDGET_SECONDS = 2.0
_REPETITIONS = 5
_TRIALS = 2


@dataclass(frozen=True)
class MatmulRate:
    """The best of a few products of square matrices.

    Attributes:
        flop_per_second: 2 · size³ over the time of one product.
        size: rows and columns.
        precision: of the factors.
        num_threads: that shared the work.
        repetitions: of which it is the best.
    """

    flop_per_second: float
    size: int
    precision: str
    num_threads: int
    repetitions: int


def matmul_rate(precision: Precision) -> MatmulRate:
    """The rate with the threads that torch has now, measured once in a process, in about two seconds at most."""
    import torch

    return _measured(precision, torch.get_num_threads())


@cache
def _measured(precision: Precision, num_threads: int) -> MatmulRate:
    smallest = _seconds(precision, _SIZES[-1], _TRIALS)
    left = _BUDGET_SECONDS - _TRIALS * smallest
    expected = {size: smallest * (size / _SIZES[-1]) ** 3 for size in _SIZES}
    size = next((size for size in _SIZES if 2 * expected[size] < left), _SIZES[-1])
    repetitions = max(1, min(_REPETITIONS, int(left / expected[size])))
    rate = 2 * size**3 / _seconds(precision, size, repetitions)
    return MatmulRate(rate, size, precision, num_threads, repetitions)


def _seconds(precision: Precision, size: int, repetitions: int) -> float:
    """The shortest time of one product."""
    import torch

    dtype = getattr(torch, precision)
    factors: Any = torch.ones(2, size, size, dtype=dtype)
    result = torch.empty(size, size, dtype=dtype)
    best = float("inf")
    with torch.inference_mode():
        for _repetition in range(repetitions):
            begun = time.perf_counter()
            torch.mm(factors[0], factors[1], out=result)
            best = min(best, time.perf_counter() - begun)
    return best
