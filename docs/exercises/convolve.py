"""Exercise 2.1: a convolution of several channels with several filters.

练习 2.1：多通道、多卷积核的卷积。
"""

import numpy as np
from checking import check


def convolve(X, W, b):
    """X [C, H, W], W [F, C, K, K], b [F] to [F, H - K + 1, W - K + 1]; stride 1, no padding."""
    raise NotImplementedError  # your code instead of this line; 在此处写代码，替换本行


if __name__ == "__main__":
    check(convolve)
