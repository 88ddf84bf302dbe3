"""Exercise 4.2: scaled dot-product attention.

练习 4.2：缩放点积注意力。
"""

import numpy as np
from checking import check


def attention(Q, K, V, there, causal):
    """Q, K, V [T, D], there [T] true where a key counts, causal true or false, to the answers [T, D]."""
    raise NotImplementedError  # your code instead of this line; 在此处写代码，替换本行


if __name__ == "__main__":
    check(attention)
