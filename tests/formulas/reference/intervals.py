"""Quantiles of draws, and the probabilities behind an exact interval of a proportion."""

import math

from tests.formulas.reference.arrays import Floats


def quantile(draws: Floats, share: float) -> float:
    """Order x_0 ≤ … ≤ x_{R-1} and read at h = (R - 1)·share, between neighbours on a straight line.

    Definition 7 of R. J. Hyndman and Y. Fan, 1996.
    """
    ordered = sorted(float(x) for x in draws)
    position = (len(ordered) - 1) * share
    below = min(math.floor(position), len(ordered) - 1)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (position - below) * (ordered[above] - ordered[below])


def binomial(successes: int, trials: int, p: float) -> float:
    """P(X = k) = (n choose k)·pᵏ·(1 - p)ⁿ⁻ᵏ, the chance of k successes in n independent trials."""
    return math.comb(trials, successes) * p**successes * (1 - p) ** (trials - successes)


def at_least(successes: int, trials: int, p: float) -> float:
    """P(X ≥ k); the lower bound of C. J. Clopper and E. S. Pearson, 1934, is the p at which it is (1 - level) / 2."""
    return math.fsum(binomial(k, trials, p) for k in range(successes, trials + 1))


def at_most(successes: int, trials: int, p: float) -> float:
    """P(X ≤ k); the upper bound of C. J. Clopper and E. S. Pearson, 1934, is the p at which it is (1 - level) / 2."""
    return math.fsum(binomial(k, trials, p) for k in range(successes + 1))
