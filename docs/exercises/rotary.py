"""Exercise 4.3: rotary positions.

练习 4.3：旋转位置编码。
"""

import numpy as np
from checking import check


def rotary(X):
    """X [T, K]: numbers 2i and 2i + 1 of row t are turned by the angle t / 10000^(2i/K); to [T, K]."""
    raise NotImplementedError  # your code instead of this line; 在此处写代码，替换本行


if __name__ == "__main__":
    check(rotary)
