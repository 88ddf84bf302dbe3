"""Exercise 2.2: the backward pass of a max-pool of 2×2.

练习 2.2：2×2 最大池化的反向传播。
"""

import numpy as np
from checking import check


def max_pool_backward(X, dY):
    """X [H, W] with even sides, dL/dY [H/2, W/2] to dL/dX [H, W]."""
    dX = np.zeros_like(X)
    for i in range(dY.shape[0]):
        for j in range(dY.shape[1]):
            window = X[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            m, n = np.unravel_index(window.argmax(), (2, 2))
            dX[2 * i + m, 2 * j + n] = dY[i, j]
    return dX


if __name__ == "__main__":
    check(max_pool_backward)
