"""Metrics of labels that are decided each on its own. Outputs are logits [N, C], targets 0 or 1 [N, C].

A label is taken where its logit is above 0, that is where its probability σ(z) = 1/(1 + e⁻ᶻ) is above ½.
"""

import math

from tests.formulas.reference.arrays import Floats, Integers


def counts(outputs: Floats, targets: Integers, label: int) -> tuple[int, int, int]:
    """True positives, false positives and false negatives of one label."""
    hits = wrong = missed = 0
    for row, target in zip(outputs, targets, strict=True):
        taken, present = row[label] > 0, target[label] == 1
        hits += taken and present
        wrong += taken and not present
        missed += present and not taken
    return int(hits), int(wrong), int(missed)


def accuracy(outputs: Floats, targets: Integers) -> float:
    """Rows with every label right / all rows, also called the subset accuracy (M.-L. Zhang and Z.-H. Zhou, 2014)."""
    right = 0
    for row, target in zip(outputs, targets, strict=True):
        right += all((z > 0) == (t == 1) for z, t in zip(row, target, strict=True))
    return right / len(targets)


def precision(outputs: Floats, targets: Integers, label: int) -> float:
    """tp / (tp + fp); undefined if the label was never taken."""
    hits, wrong, _missed = counts(outputs, targets, label)
    return hits / (hits + wrong) if hits + wrong else math.nan


def recall(outputs: Floats, targets: Integers, label: int) -> float:
    """tp / (tp + fn); undefined if no row has the label."""
    hits, _wrong, missed = counts(outputs, targets, label)
    return hits / (hits + missed) if hits + missed else math.nan


def macro_f1(outputs: Floats, targets: Integers) -> float:
    """Mean over the labels of 2·tp / (2·tp + fp + fn) (C. J. van Rijsbergen, 1979).

    A label that is neither present nor taken has no F1 and is left out; undefined if that is so of all.
    """
    scores = []
    for label in range(outputs.shape[1]):
        hits, wrong, missed = counts(outputs, targets, label)
        if hits + wrong + missed:
            scores.append(2 * hits / (2 * hits + wrong + missed))
    return sum(scores) / len(scores) if scores else math.nan


def log_loss(outputs: Floats, targets: Integers, temperature: float = 1.0) -> float:
    """-(1/NC) Σ_n Σ_c [y·log σ(z/T) + (1 - y)·log(1 - σ(z/T))]: the mean over rows and labels."""
    total = 0.0
    for row, target in zip(outputs / temperature, targets, strict=True):
        for z, t in zip(row, target, strict=True):
            against = -float(z) if t else float(z)  # the loss is log(1 + e^against), which is against where it is large
            total += against + math.log1p(math.exp(-against)) if against > 0 else math.log1p(math.exp(against))
    return total / outputs.size


def rule_of_succession(targets: Integers) -> list[float]:
    """log((count + 1) / (N - count + 1)) for each label: the odds after P.-S. Laplace (1774), as logits."""
    logits = []
    for label in range(targets.shape[1]):
        count = sum(int(row[label]) for row in targets)
        logits.append(math.log((count + 1) / (len(targets) - count + 1)))
    return logits
