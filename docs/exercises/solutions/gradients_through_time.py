"""Exercise 3.3: gradients through time.

练习 3.3：沿时间的梯度。
"""

import numpy as np
from checking import check


def gradients_through_time(H, U, last):
    """States H [T, H] of a tanh network, U [H, H], last = ∂L/∂h_T [H] to ∂L/∂h_t of every step, [T, H]."""
    gradients = [last]
    for h in H[:0:-1]:
        gradients.append(U.T @ ((1 - h**2) * gradients[-1]))
    return np.array(gradients[::-1])


if __name__ == "__main__":
    check(gradients_through_time)
