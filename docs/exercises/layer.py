"""Exercise 1.1: a dense layer with ReLU.

练习 1.1：带 ReLU 的全连接层。
"""

import numpy as np
from checking import check


def layer(X, W, b):
    """Y = max(0, X·Wᵀ + b): X [B, D], W [U, D], b [U] to Y [B, U]."""
    raise NotImplementedError  # your code instead of this line; 在此处写代码，替换本行


if __name__ == "__main__":
    check(layer)
