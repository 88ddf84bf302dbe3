"""Linear regression with a penalty, in closed form."""

import numpy as np

from tests.formulas.reference.arrays import Floats


def ridge(inputs: Floats, targets: Floats, penalty: float) -> tuple[Floats, float]:
    """The w [D] and b that minimise (1/2N) Σ_n (w·x_n + b - y_n)² + (penalty/2)·‖w‖² (A. Hoerl and R. Kennard, 1970).

    With inputs and targets less their means, (XᵀX/N + penalty·I) w = Xᵀy/N; b carries the means, unpenalised.
    """
    centre, mean = inputs.mean(axis=0), targets.mean()
    centred = inputs - centre
    covariance = centred.T @ centred / len(inputs) + penalty * np.eye(inputs.shape[1])
    weight = np.linalg.solve(covariance, centred.T @ (targets - mean) / len(inputs))
    return weight, float(mean - weight @ centre)
