"""Word vectors: what negative sampling makes small, and how near words are, one text at a time."""

import math

import numpy as np

from tests.formulas.reference.arrays import Floats, Integers


def _told(vector: Floats, right: int, noise: Integers, contexts: Floats) -> tuple[float, float]:
    """-log σ(u·v) - Σ_k log σ(-u_k·v), and 1 where the true word scores above all noise that is not the word itself."""
    score = float(contexts[right] @ vector)
    others = [float(contexts[word] @ vector) for word in noise if word != right]
    nats = math.log1p(math.exp(-score)) + sum(math.log1p(math.exp(other)) for other in others)
    return nats, float(all(score > other for other in others))


def skip_gram(
    tokens: Integers, noise: Integers, words: Floats, contexts: Floats, window: int
) -> list[tuple[float, float]]:
    """For each word the means over its context, T. Mikolov et al. (2013b, equation 4)."""
    found = []
    for t, token in enumerate(tokens):
        around = [s for s in range(max(0, t - window), min(len(tokens), t + window + 1)) if s != t]
        told = [_told(words[token], int(tokens[s]), noise[t], contexts) for s in around]
        found.append((float(np.mean([one[0] for one in told])), float(np.mean([one[1] for one in told]))))
    return found


def cbow(tokens: Integers, noise: Integers, words: Floats, contexts: Floats, window: int) -> list[tuple[float, float]]:
    """For each word what the mean of its context tells of it, T. Mikolov et al. (2013a, section 3.1)."""
    found = []
    for t, token in enumerate(tokens):
        around = [s for s in range(max(0, t - window), min(len(tokens), t + window + 1)) if s != t]
        found.append(_told(words[tokens[around]].mean(0), int(token), noise[t], contexts))
    return found


def spearman(one: Floats, other: Floats) -> float:
    """ρ = 1 - 6·Σ d² / (n·(n² - 1)) where there are no ties (C. Spearman, 1904)."""
    ranks = [np.argsort(np.argsort(values)) for values in (one, other)]
    n = len(one)
    return float(1 - 6 * ((ranks[0] - ranks[1]) ** 2).sum() / (n * (n**2 - 1)))
