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
    begun, found = [([0], 0.0)], []
    for _ in range(limit):
        more = [
            ([*text, token], log_p + np.log(P[text[-1], token])) for text, log_p in begun for token in range(len(P))
        ]
        more.sort(key=lambda one: -one[1])
        found += [(text[:-1], log_p) for text, log_p in more[:width] if text[-1] == 0]
        begun = [one for one in more if one[0][-1] != 0][:width]
        if len(found) >= width:
            break
    else:
        found += begun
    return np.array(max(found, key=lambda one: one[1])[0])


if __name__ == "__main__":
    check(beam)
