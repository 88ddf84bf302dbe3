"""Exercise 2.2: the backward pass of a max-pool of 2×2.

练习 2.2：2×2 最大池化的反向传播。
"""

import numpy as np
from checking import check


def max_pool_backward(X, dY):
    """X [H, W] with even sides, dL/dY [H/2, W/2] to dL/dX [H, W]."""
    raise NotImplementedError  # your code instead of this line; 在此处写代码，替换本行


if __name__ == "__main__":
    check(max_pool_backward)
