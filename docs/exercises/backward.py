"""Exercise 1.3: the backward pass of a dense layer with sigmoid.

练习 1.3：带 sigmoid 的全连接层的反向传播。
"""

import numpy as np
from checking import check


def backward(X, W, b, dY):
    """For Y = σ(X·Wᵀ + b) and dL/dY [B, U]: dL/dX [B, D], dL/dW [U, D], dL/db [U]."""
    raise NotImplementedError  # your code instead of this line; 在此处写代码，替换本行


if __name__ == "__main__":
    check(backward)
