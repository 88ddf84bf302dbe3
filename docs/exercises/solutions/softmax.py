"""Exercise 1.2: a softmax that large logits do not break.

练习 1.2：数值稳定的 softmax。
"""

import numpy as np
from checking import check


def softmax(Z):
    """Each row of Z [B, C] to probabilities [B, C]."""
    e = np.exp(Z - Z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


if __name__ == "__main__":
    check(softmax)
