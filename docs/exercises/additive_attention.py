"""Exercise 5.1: additive attention of one state to a memory.

练习 5.1：一个状态对记忆的加性注意力。
"""

import numpy as np
from checking import check


def additive_attention(s, memory, W, U, v, there):
    """State s [D], memory [T, M], W [D, D], U [D, M], v [D], there [T] true where a token counts, to the answer [M]."""
    raise NotImplementedError  # your code instead of this line; 在此处写代码，替换本行


if __name__ == "__main__":
    check(additive_attention)
