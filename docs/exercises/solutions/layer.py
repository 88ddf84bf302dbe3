"""Exercise 1.1: a dense layer with ReLU.

练习 1.1：带 ReLU 的全连接层。
"""

import numpy as np
from checking import check


def layer(X, W, b):
    """Y = max(0, X·Wᵀ + b): X [B, D], W [U, D], b [U] to Y [B, U]."""
    return np.maximum(0, X @ W.T + b)


if __name__ == "__main__":
    check(layer)
