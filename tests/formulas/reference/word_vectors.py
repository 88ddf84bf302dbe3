"""Word vectors: what negative sampling makes small, its gradient, and the counts behind PPMI, one pair at a time."""

import math

import numpy as np

from tests.formulas.reference.arrays import Floats, Integers


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def around(length: int, t: int, window: int) -> list[int]:
    """The places of the context of place t."""
    return [s for s in range(max(0, t - window), min(length, t + window + 1)) if s != t]


def _beside(noise: Integers, word: int) -> list[int]:
    """The noise words that are not the word itself."""
    return [int(other) for other in noise if other != word]


def _nats(vector: Floats, word: int, noise: Integers, u: Floats) -> float:
    """-log σ(u_w·v) - Σ_k log σ(-u_k·v), T. Mikolov et al. (2013b, equation 4)."""
    return -math.log(_sigmoid(u[word] @ vector)) - sum(
        math.log(_sigmoid(-u[other] @ vector)) for other in _beside(noise, word)
    )


def _contexts(name: str, tokens: Integers, t: int, v: Floats, window: int) -> list[tuple[Floats, dict[int, float]]]:
    """What speaks for the word at t: vectors, and the shares of the places that each is made of."""
    places = around(len(tokens), t, window)
    if name == "skip_gram":
        return [(v[tokens[s]], {s: 1.0}) for s in places]
    return [(v[tokens[places]].mean(0), dict.fromkeys(places, 1 / len(places)))]


def asked(name: str, tokens: Integers, noise: Integers, v: Floats, u: Floats, window: int) -> tuple[float, float]:
    """Mean nats of a text's words, and the share of them with a higher mean score than every noise word."""
    nats, told = [], []
    for t, word in enumerate(tokens):
        vectors = [vector for vector, _shares in _contexts(name, tokens, t, v, window)]
        nats.append(np.mean([_nats(vector, word, noise[t], u) for vector in vectors]))
        mean = np.mean(vectors, 0)
        told.append(all(u[word] @ mean > u[other] @ mean for other in _beside(noise[t], word)))
    return float(np.mean(nats)), float(np.mean(told))


def gradients(name: str, tokens: Integers, noise: Integers, v: Floats, u: Floats, window: int) -> tuple[Floats, Floats]:
    """Of the mean nats by v and by u: (σ(u_w·v) - 1)·u_w and σ(u_k·v)·u_k by v, with the roles changed by u."""
    by_v, by_u = np.zeros_like(v), np.zeros_like(u)
    for t, word in enumerate(tokens):
        contexts = _contexts(name, tokens, t, v, window)
        for vector, shares in contexts:
            for other, wanted in [(int(word), 1.0), *((k, 0.0) for k in _beside(noise[t], word))]:
                slope = (_sigmoid(u[other] @ vector) - wanted) / len(contexts) / len(tokens)
                by_u[other] += slope * vector
                for s, share in shares.items():
                    by_v[tokens[s]] += share * slope * u[other]
    return by_v, by_u


def positive_information(texts: list[Integers], vocab_size: int, window: int) -> Floats:
    """max(0, log(n_wc·Σ n_c^0.75 / (n_w·n_c^0.75))), O. Levy, Y. Goldberg and I. Dagan (2015, section 3.2)."""
    counts = np.zeros((vocab_size, vocab_size))
    for text in texts:
        for t, word in enumerate(text):
            for s in around(len(text), t, window):
                counts[word, text[s]] += (window + 1 - abs(s - t)) / window
    smoothed = counts.sum(0) ** 0.75
    found = np.zeros_like(counts)
    for w, c in zip(*np.nonzero(counts), strict=True):
        found[w, c] = max(0.0, math.log(counts[w, c] * smoothed.sum() / (counts[w].sum() * smoothed[c])))
    return found


def spearman(one: Floats, other: Floats) -> float:
    """ρ = 1 - 6·Σ d² / (n·(n² - 1)) where there are no ties (C. Spearman, 1904)."""
    ranks = [np.argsort(np.argsort(values)) for values in (one, other)]
    n = len(one)
    return float(1 - 6 * ((ranks[0] - ranks[1]) ** 2).sum() / (n * (n**2 - 1)))
