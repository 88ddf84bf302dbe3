"""Exercise 4.1: all cosines.

练习 4.1：全部余弦。
"""

import numpy as np
from checking import check


def cosine(A, B):
    """A [N, D], B [M, D] to the cosine of each row of A with each row of B, [N, M]."""
    raise NotImplementedError  # your code instead of this line; 在此处写代码，替换本行


if __name__ == "__main__":
    check(cosine)
