"""Exercise 4.3: rotary positions.

练习 4.3：旋转位置编码。
"""

import numpy as np
from checking import check


def rotary(X):
    """X [T, K]: numbers 2i and 2i + 1 of row t are turned by the angle t / 10000^(2i/K); to [T, K]."""
    T, K = X.shape
    angles = np.arange(T)[:, None] / 10000 ** (np.arange(0, K, 2) / K)
    even, odd = X[:, ::2], X[:, 1::2]
    Y = np.empty_like(X)
    Y[:, ::2] = even * np.cos(angles) - odd * np.sin(angles)
    Y[:, 1::2] = even * np.sin(angles) + odd * np.cos(angles)
    return Y


if __name__ == "__main__":
    check(rotary)
