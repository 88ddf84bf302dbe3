"""Exercise 3.3: gradients through time.

练习 3.3：沿时间的梯度。
"""

import numpy as np
from checking import check


def gradients_through_time(H, U, last):
    """States H [T, H] of a tanh network, U [H, H], last = ∂L/∂h_T [H] to ∂L/∂h_t of every step, [T, H]."""
    raise NotImplementedError  # your code instead of this line; 在此处写代码，替换本行


if __name__ == "__main__":
    check(gradients_through_time)
