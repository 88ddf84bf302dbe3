"""Exercise 6.1: NDCG of one user.

练习 6.1：一个用户的 NDCG。
"""

import numpy as np
from checking import check


def ndcg(order, taken, k):
    """Items order [N], the best first, and those that were taken, taken [M], to the NDCG of the first k."""
    raise NotImplementedError  # your code instead of this line; 在此处写代码，替换本行


if __name__ == "__main__":
    check(ndcg)
