"""Exercise 5.3: beam search over a table.

练习 5.3：在一张表上做束搜索。
"""

import numpy as np
from checking import check


def beam(P, width, limit):
    """Probabilities P [V, V] of each token (column) after each (row), to the text of the highest probability found.

    Token 0 stands before every text and ends it. Of the beginnings, the best ``width`` are kept at each step; those
    that end among the best leave, until ``width`` have ended or the beginnings have ``limit`` tokens, when these count
    as texts as well. The text comes as an array of tokens, with the 0 before it and without the one at its end.
    """
    raise NotImplementedError  # your code instead of this line; 在此处写代码，替换本行


if __name__ == "__main__":
    check(beam)
