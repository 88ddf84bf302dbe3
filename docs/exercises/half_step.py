"""Exercise 6.3: half a step of ALS.

练习 6.3：ALS 的半步。
"""

import numpy as np
from checking import check


def half_step(X, H, unobserved, penalty):
    """X [U, I], vectors H [I, D], the weight of all places, and the penalty of each user [U], to vectors W [U, D].

    X is 1 where a user took an item, which counts fully; the product of every user with every item also counts as one
    that should be 0, with the weight ``unobserved``.
    """
    raise NotImplementedError  # your code instead of this line; 在此处写代码，替换本行


if __name__ == "__main__":
    check(half_step)
