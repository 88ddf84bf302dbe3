"""Metrics of estimated numbers. Outputs [N] and targets [N] are in their own unit."""

import math

from tests.formulas.reference.arrays import Floats


def mae(outputs: Floats, targets: Floats) -> float:
    """(1/N) Σ_n |ŷ_n - y_n|, the mean absolute error."""
    return sum(abs(float(made) - float(true)) for made, true in zip(outputs, targets, strict=True)) / len(targets)


def rmse(outputs: Floats, targets: Floats) -> float:
    """√((1/N) Σ_n (ŷ_n - y_n)²), the root mean squared error."""
    squares = sum((float(made) - float(true)) ** 2 for made, true in zip(outputs, targets, strict=True))
    return math.sqrt(squares / len(targets))


def r2(outputs: Floats, targets: Floats) -> float:
    """1 - Σ_n (ŷ_n - y_n)² / Σ_n (y_n - ȳ)², the coefficient of determination (S. Wright, 1921).

    Undefined where all targets are equal: nothing varies that could be explained.
    """
    if len({float(true) for true in targets}) == 1:
        return math.nan
    mean = math.fsum(float(true) for true in targets) / len(targets)
    unexplained = sum((float(made) - float(true)) ** 2 for made, true in zip(outputs, targets, strict=True))
    return 1 - unexplained / sum((float(true) - mean) ** 2 for true in targets)
