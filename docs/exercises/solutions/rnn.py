"""Exercise 3.1: all states of Elman's network.

练习 3.1：Elman 网络的全部状态。
"""

import numpy as np
from checking import check


def rnn(X, W, U, b):
    """X [T, D], W [H, D], U [H, H], b [H] to all states [T, H]; the state before the first step is 0."""
    h, states = np.zeros(len(b)), []
    for x in X:
        h = np.tanh(W @ x + U @ h + b)
        states.append(h)
    return np.array(states)


if __name__ == "__main__":
    check(rnn)
