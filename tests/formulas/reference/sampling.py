"""How a token is chosen, in float64 NumPy, one row at a time."""

import math

import numpy as np

from tests.formulas.reference.arrays import Floats


def softmax(logits: Floats) -> Floats:
    """exp(x_i) / Σ exp(x_j)."""
    powers = np.array([math.exp(x - max(logits)) for x in logits])
    return powers / math.fsum(powers)


def repetition_penalty(logits: Floats, seen: Floats, penalty: float) -> Floats:
    """N. S. Keskar et al. (2019, section 4.1), with a negative logit multiplied."""
    return np.array([x if not s else x / penalty if x > 0 else x * penalty for x, s in zip(logits, seen, strict=True)])


def temperature(logits: Floats, value: float) -> Floats:
    """Probabilities of x / T."""
    return softmax(logits / value)


def top_k(probs: Floats, k: int) -> Floats:
    """The k largest of all, scaled to sum to 1 (A. Fan et al., 2018, section 5.1)."""
    kept = sorted(range(len(probs)), key=lambda i: (-probs[i], i))[:k]
    return _only(probs, kept)


def top_p(probs: Floats, p: float) -> Floats:
    """The smallest set whose sum is at least p, scaled to sum to 1 (A. Holtzman et al., 2020, equations 2 and 3)."""
    kept: list[int] = []
    for i in sorted(range(len(probs)), key=lambda i: (-probs[i], i)):
        if math.fsum(probs[j] for j in kept) >= p:
            break
        kept.append(i)
    return _only(probs, kept)


def draw(probs: Floats, u: float) -> int:
    """The first i with p_0 + … + p_i > u: the inverse of the distribution function."""
    return next(i for i in range(len(probs)) if math.fsum(probs[: i + 1]) > u)


def _only(probs: Floats, kept: list[int]) -> Floats:
    found = np.zeros_like(probs)
    found[kept] = probs[kept]
    return found / math.fsum(found)
