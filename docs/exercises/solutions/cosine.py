"""Exercise 4.1: all cosines.

练习 4.1：全部余弦。
"""

import numpy as np
from checking import check


def cosine(A, B):
    """A [N, D], B [M, D] to the cosine of each row of A with each row of B, [N, M]."""
    A = A / np.linalg.norm(A, axis=1, keepdims=True)
    B = B / np.linalg.norm(B, axis=1, keepdims=True)
    return A @ B.T


if __name__ == "__main__":
    check(cosine)
