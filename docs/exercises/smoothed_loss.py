"""Exercise 5.2: cross-entropy with label smoothing.

练习 5.2：带标签平滑的交叉熵。
"""

import numpy as np
from checking import check


def smoothed_loss(logits, targets, smoothing):
    """Scores logits [S, V], right tokens targets [S], smoothing from 0 to 1, to the mean loss of a token in nats."""
    raise NotImplementedError  # your code instead of this line; 在此处写代码，替换本行


if __name__ == "__main__":
    check(smoothed_loss)
