"""Intervals: how far a figure may be from the truth, given how many examples stand behind it.

The bootstrap draws N rows with replacement R times (B. Efron, 1979); a row's count in a draw is its weight. All
metrics and models of one split see the same draws, so that differences are paired.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.stats import beta, norm

from deepwright.contracts import FloatArray

_CELLS = 4_000_000


class Bootstrap:
    """Draws for N rows, the same whenever they are asked for.

    Args:
        n: rows.
        resamples: draws.
        seed: of the draws.
    """

    def __init__(self, n: int, resamples: int, seed: int) -> None:
        self.n, self.resamples, self.seed = n, resamples, seed

    def weights(self) -> Iterator[FloatArray]:
        """Weights [r, N] in chunks of a bounded size, ``resamples`` rows in all; each row sums to N."""
        rng = np.random.default_rng([self.seed, 0xB007])
        size = max(1, _CELLS // self.n)
        for start in range(0, self.resamples, size):
            count = min(size, self.resamples - start)
            draws = rng.integers(0, self.n, (count, self.n))
            draws += np.arange(count)[:, None] * self.n
            yield np.bincount(draws.reshape(-1), minlength=count * self.n).reshape(count, self.n).astype(float)


def percentile(draws: FloatArray, level: float, value: float | None = None) -> tuple[float, float] | None:
    """The central share ``level`` of the draws [R]; None if some are undefined.

    Given the value on the rows themselves, the quantiles are shifted by the bias of the draws around it (B. Efron,
    1981): a calibration error, say, is larger in almost every draw than in the rows that were drawn from. The bias
    counts a draw equal to the value as half below it; where all draws lie on one side, no shift can be estimated. The
    interval is widened to hold the value, should the shift pass it.
    """
    if np.isnan(draws).any():
        return None
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    if value is not None:
        below = float(np.mean((draws < value) + (draws == value) / 2))
        if 0 < below < 1:
            tails = norm.cdf(2 * norm.ppf(below) + norm.ppf(tails))
    low, high = np.quantile(draws, tails)
    known = low if value is None or np.isnan(value) else value
    return float(min(low, known)), float(max(high, known))


def clopper_pearson(successes: int, trials: int, level: float) -> tuple[float, float]:
    """Exact interval of a proportion (C. J. Clopper and E. S. Pearson, 1934).

    It serves where all draws of the bootstrap agree: n of n right does not make the error rate zero.
    """
    tail = (1 - level) / 2
    low = 0.0 if successes == 0 else float(beta.ppf(tail, successes, trials - successes + 1))
    high = 1.0 if successes == trials else float(beta.ppf(1 - tail, successes + 1, trials - successes))
    return low, high
