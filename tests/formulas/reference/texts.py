"""Texts: the mean of embeddings, windows of tokens with the maximum over time, and the weights of TF-IDF."""

import math

import numpy as np

from tests.formulas.reference.arrays import Floats


def mean_of_embeddings(tokens: list[int], embeddings: Floats, weight: Floats, bias: Floats) -> Floats:
    """W·h + b with h = (1/T) Σ_t E[x_t] (A. Joulin et al., 2017)."""
    h = np.zeros(embeddings.shape[1])
    for token in tokens:
        h += embeddings[token] / len(tokens)
    return weight @ h + bias


def greatest_over_time(signal: Floats, filters: Floats, bias: Floats) -> Floats:
    """max_t ReLU(Σ w·x_{t:t+h-1} + b) for every filter [F, D, h] over a text [T, D], T ≥ h (Y. Kim, 2014)."""
    width = filters.shape[2]
    answers = [
        [max(0.0, float((one.T * signal[t : t + width]).sum() + shift)) for t in range(len(signal) - width + 1)]
        for one, shift in zip(filters, bias, strict=True)
    ]
    return np.array([max(row) for row in answers])


def tfidf(texts: list[list[str]], known: list[str]) -> Floats:
    """(1 + ln count)·(ln((1 + N)/(1 + N_g)) + 1), over the Euclidean norm of the row (Salton and Buckley, 1988)."""
    having = {g: sum(g in text for text in texts) for g in known}
    rows = []
    for text in texts:
        counts = {g: list(text).count(g) for g in known}
        row = [
            (1 + math.log(counts[g])) * (math.log((1 + len(texts)) / (1 + having[g])) + 1) if counts[g] else 0.0
            for g in known
        ]
        norm = math.sqrt(sum(weight**2 for weight in row))
        rows.append([weight / norm if norm else 0.0 for weight in row])
    return np.array(rows)


def naive_bayes_ratios(texts: list[list[str]], labels: list[int], known: list[str]) -> Floats:
    """ln((p_g / Σp) / (q_g / Σq)), p and q one more than the texts of class 1 and 0 that have g (Wang, Manning)."""
    p, q = (
        np.array([1.0 + sum(g in text for text, one in zip(texts, labels, strict=True) if one == label) for g in known])
        for label in (1, 0)
    )
    ratios: Floats = np.log((p / p.sum()) / (q / q.sum()))
    return ratios
