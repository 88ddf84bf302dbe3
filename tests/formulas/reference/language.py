"""Models of texts and what judges them, from the textbooks, in float64, token by token."""

import math
from collections import Counter, defaultdict

from tests.formulas.reference.arrays import Floats


def perplexity(probabilities: list[list[float]]) -> float:
    """The inverse of the geometric mean of the probabilities that the tokens of all passages were given."""
    logs = [math.log2(p) for passage in probabilities for p in passage]
    return float(2 ** (-sum(logs) / len(logs)))


def bits_per_character(probabilities: list[list[float]], num_characters: list[int]) -> float:
    """The bits of an ideal code of all passages, over their characters."""
    return -sum(math.log2(p) for passage in probabilities for p in passage) / sum(num_characters)


def kneser_ney(windows: list[tuple[list[int], int]], vocab_size: int, order: int, context: list[int]) -> list[float]:
    """p(w | context) for every token w, by Chen and Goodman (1999, equation 20), contexts within a window.

    Args:
        windows: tokens, and the place of the first of them that counts as what follows others.
        vocab_size: V.
        order: n, of which contexts have at most n - 1 tokens.
        context: the tokens before w, as many as there are.
    """
    counts: list[Counter[tuple[int, ...]]] = [Counter() for _n in range(order)]
    for window, first in windows:
        for place in range(first, len(window)):
            if place >= order - 1:
                counts[order - 1][tuple(window[place - order + 1 : place + 1])] += 1
    for n in reversed(range(order - 1)):  # a shorter n-gram counts the different longer ones that end with it
        for gram in counts[n + 1]:
            counts[n][gram[1:]] += 1
    probs = [1 / vocab_size] * vocab_size
    for n in range(min(order - 1, len(context)) + 1):
        found = counts[n]
        once, twice = list(found.values()).count(1), list(found.values()).count(2)
        discount = once / (once + 2 * twice) if once and twice else 0.75
        before = tuple(context[len(context) - n :])
        following = {gram[-1]: count for gram, count in found.items() if gram[:-1] == before}
        if not (total := sum(following.values())):
            continue
        rest = discount * len(following) / total
        probs = [
            max(following.get(token, 0) - discount, 0) / total + rest * probs[token] for token in range(vocab_size)
        ]
    return probs


def frequencies(tokens: list[int], vocab_size: int) -> Floats:
    """Laplace's rule of succession."""
    import numpy as np

    counts = defaultdict(int, Counter(tokens))
    return np.array([(counts[token] + 1) / (len(tokens) + vocab_size) for token in range(vocab_size)])
