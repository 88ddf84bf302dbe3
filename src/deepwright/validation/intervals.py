"""Intervals: how far a figure may be from the truth, given how many examples stand behind it.

The bootstrap draws N rows with replacement R times (B. Efron, 1979); a row's count in a draw is its weight. Where rows
come in groups, such as those of one writer, whole groups are drawn (A. C. Davison and D. V. Hinkley, 1997, section
3.8). All metrics and models of one split see the same draws, so that differences are paired.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy.stats import beta, norm, t

from deepwright.contracts import FloatArray, IntArray

_CELLS = 4_000_000


class Draws:
    """What is drawn of N rows, the same whenever it is asked for: the rows themselves, or groups of them.

    Args:
        n: rows.
        resamples: draws.
        seed: of the draws.
        groups: [N] what each row belongs to; None where every row stands for itself.
    """

    def __init__(self, n: int, resamples: int, seed: int, groups: IntArray | None = None) -> None:
        self.n, self.resamples, self.seed = n, resamples, seed
        self.unit_of: IntArray = np.arange(n) if groups is None else np.unique(groups, return_inverse=True)[1]
        self.num_units = int(self.unit_of.max()) + 1
        self.num_groups = None if groups is None else self.num_units

    def num_with(self, rows: npt.NDArray[np.bool_]) -> int:
        """Units in which any of some rows [N] is."""
        return len(np.unique(self.unit_of[rows]))

    def counts(self) -> Iterator[int]:
        """How many draws are made at a time, so that their weights have a bounded size."""
        size = max(1, _CELLS // self.n)
        for start in range(0, self.resamples, size):
            yield min(size, self.resamples - start)


class Bootstrap(Draws):
    """Units drawn with replacement, as many as there are."""

    def weights(self) -> Iterator[FloatArray]:
        """Weights [r, N] in chunks, ``resamples`` rows in all; each row sums to N where rows are drawn."""
        rng = np.random.default_rng([self.seed, 0xB007])
        for count in self.counts():
            draws = rng.integers(0, self.num_units, (count, self.num_units))
            draws += np.arange(count)[:, None] * self.num_units
            times = np.bincount(draws.reshape(-1), minlength=count * self.num_units).reshape(count, self.num_units)
            yield times[:, self.unit_of].astype(float)


class OneMore(Draws):
    """Units with weights of chance, and one more unit of which nothing is known.

    Weights are exponential, as in the Bayesian bootstrap (D. B. Rubin, 1981). With one more value at the worst and at
    the best that is possible they give the interval of N. Gaffke (2005) for a bounded mean: that of Clopper and Pearson
    where values are 0 or 1, and the sign test where they are differences. Deviation: a metric of decisions is bounded
    as well, but no mean; the one more unit is then one of those that there are, decided wrongly or rightly.
    """

    def weights(self) -> Iterator[FloatArray]:
        """Weights [r, 2N] in chunks, ``resamples`` rows in all: of the rows, then of their copies in the one more."""
        rng, chosen = (np.random.default_rng([self.seed, 0x0E3, stream]) for stream in (0, 1))
        for count in self.counts():
            of_units = rng.standard_exponential((count, self.num_units + 1))
            copied = self.unit_of == chosen.integers(0, self.num_units, (count, 1))
            yield np.concatenate([of_units[:, self.unit_of], of_units[:, -1:] * copied], 1)


def percentile(
    draws: FloatArray, level: float, value: float | None = None, num_groups: int | None = None
) -> tuple[float, float] | None:
    """The central share ``level`` of the draws [R]; None if some are undefined, or all are of one group.

    Given the value on the rows themselves, the quantiles are shifted by the bias of the draws around it (B. Efron,
    1981): a calibration error, say, is larger in almost every draw than in the rows that were drawn from. The bias
    counts a draw equal to the value as half below it; where all draws lie on one side, no shift can be estimated. The
    interval is widened to hold the value, should the shift pass it.

    Groups are few: their draws spread by √((G-1)/G) too little, and a normal quantile takes that spread for known. The
    quantiles are therefore moved outwards to Φ(√(G/(G-1))·t), t of Student's distribution with G-1 degrees of freedom
    (T. C. Hesterberg, 2015, section 5.3).
    """
    if np.isnan(draws).any() or num_groups == 1:
        return None
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    if num_groups is not None:
        tails = norm.cdf(np.sqrt(num_groups / (num_groups - 1)) * t.ppf(tails, num_groups - 1))
    if value is not None:
        below = float(np.mean((draws < value) + (draws == value) / 2))
        if 0 < below < 1:
            tails = norm.cdf(2 * norm.ppf(below) + norm.ppf(tails))
    low, high = np.quantile(draws, tails)
    known = low if value is None or np.isnan(value) else value
    return float(min(low, known)), float(max(high, known))


def between(worst: FloatArray, best: FloatArray, level: float, value: float) -> tuple[float, float]:
    """From the lower quantile of draws at the worst [R] to the upper one of draws at the best [R], around the value."""
    tail = (1 - level) / 2
    low, high = float(np.quantile(worst, tail)), float(np.quantile(best, 1 - tail))
    return min(low, value), max(high, value)


def clopper_pearson(successes: int, trials: int, level: float) -> tuple[float, float]:
    """Exact interval of a proportion (C. J. Clopper and E. S. Pearson, 1934).

    It serves where all draws of the bootstrap agree: n of n right does not make the error rate zero.
    """
    tail = (1 - level) / 2
    low = 0.0 if successes == 0 else float(beta.ppf(tail, successes, trials - successes + 1))
    high = 1.0 if successes == trials else float(beta.ppf(1 - tail, successes + 1, trials - successes))
    return low, high
