"""Exercise 6.2: the weights of EASE.

练习 6.2：EASE 的权重。
"""

import numpy as np
from checking import check


def ease(X, l2):
    """X [U, I], 1 where a user took an item, and the penalty l2 to the weights B [I, I], 0 on the diagonal."""
    raise NotImplementedError  # your code instead of this line; 在此处写代码，替换本行


if __name__ == "__main__":
    check(ease)
