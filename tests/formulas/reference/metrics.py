"""Metrics by counting rows one after the other. Outputs are logits [N, C], targets the index of the true class [N]."""

import math

import numpy as np

from tests.formulas.reference.activations import softmax
from tests.formulas.reference.arrays import Floats, Integers


def decision(row: Floats) -> int:
    """The class with the largest output; the first of equals."""
    best = 0
    for c in range(1, len(row)):
        if row[c] > row[best]:
            best = c
    return best


def confusion(outputs: Floats, targets: Integers) -> Integers:
    """How often [t, d] class t was taken for class d (K. Pearson, 1904, called it a contingency table)."""
    counts = np.zeros((outputs.shape[1], outputs.shape[1]), np.int64)
    for row, target in zip(outputs, targets, strict=True):
        counts[target, decision(row)] += 1
    return counts


def accuracy(outputs: Floats, targets: Integers) -> float:
    """Right decisions / all decisions."""
    right = 0
    for row, target in zip(outputs, targets, strict=True):
        right += decision(row) == target
    return right / len(targets)


def precision(outputs: Floats, targets: Integers, label: int) -> float:
    """tp / (tp + fp): of the rows taken for the class, those that belong to it; undefined if none was taken for it."""
    counts = confusion(outputs, targets)
    taken = int(counts[:, label].sum())
    return int(counts[label, label]) / taken if taken else math.nan


def recall(outputs: Floats, targets: Integers, label: int) -> float:
    """tp / (tp + fn): of the rows of the class, those taken for it; undefined if the class has no row."""
    counts = confusion(outputs, targets)
    present = int(counts[label].sum())
    return int(counts[label, label]) / present if present else math.nan


def macro_f1(outputs: Floats, targets: Integers) -> float:
    """Mean over the classes of F1 = 2·tp / (2·tp + fp + fn), which is 2·P·R / (P + R) (C. J. van Rijsbergen, 1979).

    A class that is neither present nor predicted has no F1 and is left out.
    """
    counts = confusion(outputs, targets)
    scores = []
    for c in range(len(counts)):
        hits = int(counts[c, c])
        false_positives, false_negatives = int(counts[:, c].sum()) - hits, int(counts[c].sum()) - hits
        if hits + false_positives + false_negatives:
            scores.append(2 * hits / (2 * hits + false_positives + false_negatives))
    return sum(scores) / len(scores)


def log_loss(outputs: Floats, targets: Integers, temperature: float = 1.0) -> float:
    """-(1/N) Σ_n log p_n(y_n), with p = softmax(z / T) (I. J. Good, 1952; T after C. Guo et al., 2017, equation 9)."""
    total = 0.0
    for row, target in zip(outputs / temperature, targets, strict=True):
        largest = float(row.max())
        total += math.log(sum(math.exp(float(z) - largest) for z in row)) + (largest - float(row[target]))
    return total / len(targets)


def calibration_error(outputs: Floats, targets: Integers, temperature: float = 1.0, num_bins: int = 15) -> float:
    """Σ_m (|B_m| / N)·|acc(B_m) - conf(B_m)| over bins of confidence (Guo et al., 2017, equation 3).

    B_m holds the rows whose largest probability is at least (m - 1)/M and below m/M, the last one those of
    probability 1 too. (The paper counts a probability that is exactly m/M to the bin below.)
    """
    probs = softmax(outputs / temperature)
    error = 0.0
    for m in range(num_bins):
        low, high = m / num_bins, (m + 1) / num_bins
        count, right, confidence = 0, 0, 0.0
        for row, target in zip(probs, targets, strict=True):
            chosen = decision(row)
            if low <= row[chosen] < high or (m == num_bins - 1 and row[chosen] >= high):
                count += 1
                right += chosen == target
                confidence += float(row[chosen])
        if count:
            error += count / len(targets) * abs(right / count - confidence / count)
    return error


def rule_of_succession(targets: Integers, num_classes: int) -> Floats:
    """log((count_c + 1) / (N + C)) for each class c (P.-S. Laplace, 1774; for C classes, G. J. Lidstone, 1920)."""
    logits = np.zeros(num_classes)
    for c in range(num_classes):
        count = sum(int(target == c) for target in targets)
        logits[c] = math.log((count + 1) / (len(targets) + num_classes))
    return logits
