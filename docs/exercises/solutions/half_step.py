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
    everything, solved = unobserved * H.T @ H, []
    for row, of_user in zip(X, penalty, strict=True):
        taken = H[row == 1]
        system = everything + taken.T @ taken + of_user * np.eye(H.shape[1])
        solved.append(np.linalg.solve(system, taken.sum(axis=0)))
    return np.array(solved)


if __name__ == "__main__":
    check(half_step)
