"""Metrics of recommendations, one user and one item at a time, from their definitions.

NDCG of K. Järvelin and J. Kekäläinen (2002) with gains of 1, novelty of S. Vargas and P. Castells (2011), the
coefficient of C. Gini (1912) as half the relative mean difference, diversity of C.-N. Ziegler et al. (2005).
"""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

Items = Sequence[int]


def ndcg(items: Items, taken: Items, k: int) -> float:
    """Gain of the places of the hits, over that of as many hits as there could be in the first places."""
    gain = sum(1 / math.log2(place + 2) for place, item in enumerate(items[:k]) if item in taken)
    ideal = sum(1 / math.log2(place + 2) for place in range(min(k, len(taken))))
    return gain / ideal


def recall_at(items: Items, taken: Items, k: int) -> float:
    """Hits over what could be hit."""
    return sum(item in items[:k] for item in taken if item) / min(k, len(taken))


def hit_rate(items: Items, taken: Items, k: int) -> float:
    """Whether anything was hit."""
    return float(bool(set(items[:k]) & set(taken) - {0}))


def mrr(items: Items, taken: Items, k: int) -> float:
    """One over the place of the first hit."""
    return next((1 / (place + 1) for place, item in enumerate(items[:k]) if item in taken), 0.0)


#: Of one user; the metric is their mean.
OF_USERS: Mapping[str, Callable[[Items, Items, int], float]] = {
    "ndcg": ndcg,
    "recall_at": recall_at,
    "hit_rate": hit_rate,
    "mrr": mrr,
}


def coverage(lists: Sequence[Items], num_items: int, k: int) -> float:
    """Different items over all."""
    return len({item for items in lists for item in items[:k]}) / num_items


def gini(lists: Sequence[Items], num_items: int, k: int) -> float:
    """Mean absolute difference of how often two items are recommended, over twice the mean."""
    often = [sum(item in items[:k] for items in lists) for item in range(1, num_items + 1)]
    differences = [abs(one - other) for one in often for other in often]
    return float(np.mean(differences) / (2 * np.mean(often)))


def novelty(lists: Sequence[Items], counts: Sequence[int], k: int) -> float:
    """Mean information of an item that is taken as often as it was, once more than it was."""
    total = sum(counts) + 1
    return float(np.mean([-math.log2((counts[item] + 1) / total) for items in lists for item in items[:k]]))


def head_share(lists: Sequence[Items], counts: Sequence[int], least: int, k: int) -> float:
    """Items that were taken at least so often, over all."""
    return float(np.mean([counts[item] >= least for items in lists for item in items[:k]]))


def diversity(features: Sequence[Sequence[int]]) -> float:
    """One less the mean cosine of the indicators of features of any two items."""
    vectors = np.zeros((len(features), 1 + max(max(of_item) for of_item in features)))
    for item, of_item in enumerate(features):
        vectors[item, list(of_item)] = 1
    cosines = [
        vectors[i] @ vectors[j] / (np.linalg.norm(vectors[i]) * np.linalg.norm(vectors[j]))
        for i in range(len(vectors))
        for j in range(i)
    ]
    return 1 - float(np.mean(cosines))
