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


def kept(counts: Floats, subsample: float) -> Floats:
    """What words weigh, √(t/f) + t/f and at most 1, of a share f of the text."""
    return np.array([min(1.0, math.sqrt(subsample / f) + subsample / f) for f in counts / counts.sum()])


def _contexts(
    name: str, tokens: Integers, t: int, v: Floats, window: int, weights: Floats
) -> list[tuple[float, Floats, dict[int, float]]]:
    """What speaks for the word at t: shares, vectors, and the shares of the places that each vector is made of."""
    places = around(len(tokens), t, window)
    shares = weights[tokens[places]] / weights[tokens[places]].sum()
    if name == "skip_gram":
        return [(share, v[tokens[s]], {s: 1.0}) for share, s in zip(shares, places, strict=True)]
    return [(1.0, shares @ v[tokens[places]], dict(zip(places, shares, strict=True)))]


def asked(
    name: str, tokens: Integers, noise: Integers, v: Floats, u: Floats, window: int, weights: Floats
) -> tuple[float, float]:
    """Mean nats of a text's words, and the share of them with a higher mean score than every noise word."""
    nats, told = 0.0, 0.0
    for t, word in enumerate(tokens):
        share = weights[word] / weights[tokens].sum()
        contexts = _contexts(name, tokens, t, v, window, weights)
        nats += share * sum(part * _nats(vector, word, noise[t], u) for part, vector, _places in contexts)
        mean = sum(part * vector for part, vector, _places in contexts)
        told += share * all(u[word] @ mean > u[other] @ mean for other in _beside(noise[t], word))
    return nats, told


def gradients(
    name: str, tokens: Integers, noise: Integers, v: Floats, u: Floats, window: int, weights: Floats
) -> tuple[Floats, Floats]:
    """Of the mean nats by v and by u: (σ(u_w·v) - 1)·u_w and σ(u_k·v)·u_k by v, with the roles changed by u."""
    by_v, by_u = np.zeros_like(v), np.zeros_like(u)
    for t, word in enumerate(tokens):
        share = weights[word] / weights[tokens].sum()
        for part, vector, places in _contexts(name, tokens, t, v, window, weights):
            for other, wanted in [(int(word), 1.0), *((k, 0.0) for k in _beside(noise[t], word))]:
                slope = share * part * (_sigmoid(u[other] @ vector) - wanted)
                by_u[other] += slope * vector
                for s, of_place in places.items():
                    by_v[tokens[s]] += of_place * slope * u[other]
    return by_v, by_u


def positive_information(texts: list[Integers], counts: Integers, window: int, weights: Floats) -> Floats:
    """max(0, log(n_cw·Σ n_v^0.75 / (n_c·n_w^0.75))), after O. Levy, Y. Goldberg and I. Dagan (2015, section 3)."""
    pairs = np.zeros((len(counts), len(counts)))
    for text in texts:
        for t, word in enumerate(text):
            for s in around(len(text), t, window):
                pairs[word, text[s]] += weights[word] * weights[text[s]] * (window + 1 - abs(s - t)) / window
    noise = counts**0.75
    found = np.zeros_like(pairs)
    for c, w in zip(*np.nonzero(pairs), strict=True):
        found[c, w] = max(0.0, math.log(pairs[c, w] * noise.sum() / (pairs[c].sum() * noise[w])))
    return found


def spearman(one: Floats, other: Floats) -> float:
    """ρ = 1 - 6·Σ d² / (n·(n² - 1)) where there are no ties (C. Spearman, 1904)."""
    ranks = [np.argsort(np.argsort(values)) for values in (one, other)]
    n = len(one)
    return float(1 - 6 * ((ranks[0] - ranks[1]) ** 2).sum() / (n * (n**2 - 1)))
