"""What judges texts that were written for others, from the papers, in float64, n-gram by n-gram."""

import math
from collections.abc import Sequence
from functools import cache


def bleu(written: list[list[str]], targets: list[list[str]]) -> float:
    """Papineni et al. (2002, section 2.3), one reference, in hundredths; what has no match is smoothed as NIST does."""
    logs, without = [], 0
    for n in range(1, 5):
        matched = total = 0
        for text, target in zip(written, targets, strict=True):
            grams, known = _ngrams(text, n), _ngrams(target, n)
            matched += sum(min(grams.count(gram), known.count(gram)) for gram in {tuple(gram) for gram in grams})
            total += len(grams)
        if total == 0 or (n == 1 and matched == 0):
            return 0.0
        if matched == 0:
            without += 1
        logs.append(math.log((matched or 0.5**without) / total))
    c, r = sum(map(len, written)), sum(map(len, targets))
    penalty = 1.0 if c > r else math.exp(1 - r / c)
    return 100 * penalty * math.exp(sum(logs) / 4)


def chrf(written: list[str], targets: list[str], beta: float = 2.0) -> float:
    """Popović (2015, equation 1), in hundredths: precisions and recalls of 1 to 6 characters, averaged, then one F.

    The n-grams of all texts are counted together; lengths of which written texts or targets have none are left out, as
    are, of a length, written texts whose target has none.
    """
    precisions, recalls = [], []
    for n in range(1, 7):
        matched = of_written = of_targets = 0
        for text, target in zip(written, targets, strict=True):
            grams, known = (_ngrams([c for c in one if not c.isspace()], n) for one in (text, target))
            matched += sum(min(grams.count(gram), known.count(gram)) for gram in set(grams))
            of_written += len(grams) if known else 0
            of_targets += len(known)
        if of_written and of_targets:
            precisions.append(matched / of_written)
            recalls.append(matched / of_targets)
    if not precisions or not any(precisions):
        return 0.0
    p, r = sum(precisions) / len(precisions), sum(recalls) / len(recalls)
    return 100 * (1 + beta**2) * p * r / (beta**2 * p + r)


def edits(one: Sequence[str], other: Sequence[str]) -> int:
    """Levenshtein's distance by its recursion: the last pieces belong together, or one of them stands alone."""

    @cache
    def between(i: int, j: int) -> int:
        if i == 0 or j == 0:
            return i + j
        return min(between(i - 1, j) + 1, between(i, j - 1) + 1, between(i - 1, j - 1) + (one[i - 1] != other[j - 1]))

    return between(len(one), len(other))


def _ngrams(pieces: Sequence[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(pieces[i : i + n]) for i in range(len(pieces) - n + 1)]
