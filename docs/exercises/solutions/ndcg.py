"""Exercise 6.1: NDCG of one user.

练习 6.1：一个用户的 NDCG。
"""

import numpy as np
from checking import check


def ndcg(order, taken, k):
    """Items order [N], the best first, and those that were taken, taken [M], to the NDCG of the first k."""
    worth = 1 / np.log2(np.arange(k) + 2)
    hits = np.isin(order[:k], taken)
    return (hits * worth[: len(hits)]).sum() / worth[: len(taken)].sum()


if __name__ == "__main__":
    check(ndcg)
