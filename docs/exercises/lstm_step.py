"""Exercise 3.2: one step of an LSTM.

练习 3.2：LSTM 的一步。
"""

import numpy as np
from checking import check


def lstm_step(x, h, c, W, U, b):
    """Input x [D], h and c [H], W [4H, D], U [4H, H], b [4H] to the next h and c, [H] each; rows: i, f, new, o."""
    raise NotImplementedError  # your code instead of this line; 在此处写代码，替换本行


if __name__ == "__main__":
    check(lstm_step)
