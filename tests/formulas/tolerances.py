"""How far two computations of the same formula may be apart, and why.

Everything is compared in float64, whose relative precision is 2⁻⁵³ ≈ 1.1e-16, except where the code itself keeps a
number in float32 (2⁻²⁴ ≈ 6.0e-8).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Tolerance:
    """A bound |actual - expected| ≤ absolute + relative·|expected|.

    Attributes:
        relative: to the expected value.
        absolute: for values near 0, where a relative bound allows nothing.
        reason: why exactly this much.
    """

    relative: float
    absolute: float
    reason: str

    def check(self, actual: npt.ArrayLike, expected: npt.ArrayLike, what: str = "") -> None:
        """Fail unless both have one shape and all elements, NaN included, are within the bound."""
        got, wanted = np.asarray(actual), np.asarray(expected)
        assert got.shape == wanted.shape, f"{what}: shape {got.shape}, expected {wanted.shape}"
        message = f"{what}: {self.reason}"
        np.testing.assert_allclose(got, wanted, rtol=self.relative, atol=self.absolute, err_msg=message)


ROUNDING = Tolerance(
    1e-12,
    1e-13,
    "one layer or one formula: sums of up to a few hundred terms of size 1, taken in another order; each term may add "
    "an error of 1.1e-16",
)
NETWORK = Tolerance(
    1e-9,
    1e-11,
    "a whole network forward and back: the rounding of up to ten layers, each multiplied by the weights of the others",
)
CHAOTIC = Tolerance(
    1e-6,
    0.0,
    "a net whose gradients explode magnifies the rounding of its first layers just as much: 48 layers, each 1e-16 "
    "times up to 3e6",
)
DIFFERENCES = Tolerance(
    1e-6,
    1e-8,
    "central differences with h = 1e-5: the formula leaves out h²/6·f‴ ≈ 1e-10, and rounding f near 10 gives "
    "1e-15/h ≈ 1e-10; a factor 100 for long sums",
)
SINGLE = Tolerance(
    1e-6,
    1e-6,
    "a number that the code keeps in float32 (mean and deviation of the pictures, the majority's logits, gradients): "
    "6e-8, times a few operations",
)
OPTIMUM = Tolerance(
    0.0,
    1e-5,
    "gradient where L-BFGS stopped in float64: it ends when a step changes the objective by less than 1e-9; with "
    "penalty λ the objective is then at most |g|²/(2λ) too high",
)
OPTIMUM_SINGLE = Tolerance(0.0, 1e-4, "the same in float32, as it is run: the objective itself is only known to 6e-8")
SAME_OPTIMUM = Tolerance(
    0.0,
    1e-7,
    "objectives of two solvers at the same optimum: |g|²/(2λ) for gradients near 1e-6 and penalties from 1e-3",
)
SAME_SOLUTION = Tolerance(
    0.0,
    1e-2,
    "logits of two solvers at the same optimum: weights may differ by |g|/λ ≈ 1e-3 in the flattest direction, and an "
    "input has a few dozen pixels of size 1",
)
SEARCH = Tolerance(
    0.0,
    1e-9,
    "log loss at the temperature that a search to 1e-5 in log T finds: the loss is flat at its minimum, so the "
    "error is curvature/2·1e-10",
)
TEMPERATURE = Tolerance(
    1e-4,
    0.0,
    "the temperature itself: the search ends within 1e-5 in log T, give or take how it shrinks its bracket",
)
TAIL = Tolerance(
    1e-9,
    1e-12,
    "binomial tail at a bound that SciPy finds by inverting the incomplete beta function to about 1e-12, times the "
    "slope of the tail, up to a few hundred",
)
MONTE_CARLO = Tolerance(
    0.06,
    0.0,
    "deviation over 4,000 draws: its own standard error is 1/√(2·4000) = 1.1 %; five of those",
)
