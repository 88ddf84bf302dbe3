"""Exercise 5.1: additive attention of one state to a memory.

练习 5.1：一个状态对记忆的加性注意力。
"""

import numpy as np
from checking import check


def additive_attention(s, memory, W, U, v, there):
    """State s [D], memory [T, M], W [D, D], U [D, M], v [D], there [T] true where a token counts, to the answer [M]."""
    scores = np.tanh(W @ s + memory @ U.T) @ v
    scores = np.where(there, scores, -np.inf)
    weights = np.exp(scores - scores.max())
    return weights / weights.sum() @ memory


if __name__ == "__main__":
    check(additive_attention)
