"""Exercise 2.1: a convolution of several channels with several filters.

练习 2.1：多通道、多卷积核的卷积。
"""

import numpy as np
from checking import check


def convolve(X, W, b):
    """X [C, H, W], W [F, C, K, K], b [F] to [F, H - K + 1, W - K + 1]; stride 1, no padding."""
    F, _, K, _ = W.shape
    Y = np.empty((F, X.shape[1] - K + 1, X.shape[2] - K + 1))
    for f in range(F):
        for i in range(Y.shape[1]):
            for j in range(Y.shape[2]):
                Y[f, i, j] = (X[:, i : i + K, j : j + K] * W[f]).sum() + b[f]
    return Y


if __name__ == "__main__":
    check(convolve)
