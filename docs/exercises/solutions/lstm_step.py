"""Exercise 3.2: one step of an LSTM.

练习 3.2：LSTM 的一步。
"""

import numpy as np
from checking import check


def lstm_step(x, h, c, W, U, b):
    """Input x [D], h and c [H], W [4H, D], U [4H, H], b [4H] to the next h and c, [H] each; rows: i, f, new, o."""
    i, f, new, o = np.split(W @ x + U @ h + b, 4)
    i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
    c = f * c + i * np.tanh(new)
    return o * np.tanh(c), c


if __name__ == "__main__":
    check(lstm_step)
