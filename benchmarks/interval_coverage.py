"""How often the intervals hold the truth, on simulated decisions: near-perfect models, and rows that come in groups.

    python benchmarks/interval_coverage.py [REPETITIONS]

prints the tables of docs/decisions/0005-intervals.md, some of whose rows tests/unit/validation/test_coverage.py checks.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from deepwright.config.settings import ValidationSettings
from deepwright.contracts import Predictions
from deepwright.measurements import Claim, Measurement
from deepwright.validation.evaluation import compare, draw, measure
from deepwright.validation.intervals import percentile

NUM_CLASSES = 10
SETTINGS = ValidationSettings()
ACCURACY, MACRO_F1 = Claim("accuracy", "accuracy"), Claim("macro_f1", "macro_f1")
Made = tuple[Measurement, npt.NDArray[np.float64]]
_NAMES = tuple("abcdefghij")


def decided(
    right: npt.NDArray[np.bool_],
    targets: npt.NDArray[np.int64],
    rng: np.random.Generator,
    groups: npt.NDArray[np.int64] | None = None,
) -> Predictions:
    """Rows of some classes [N] that are decided rightly, or for one of the other classes."""
    other = (targets + rng.integers(1, NUM_CLASSES, len(targets))) % NUM_CLASSES
    outputs = np.eye(NUM_CLASSES)[np.where(right, targets, other)]
    return Predictions(np.arange(len(targets)), targets, outputs, _NAMES, groups)


def single(claim: Claim, truth: float, n: int) -> Callable[[int], Made]:
    """A metric of a model whose errors are alike in all classes, so that its accuracy is its macro F1."""

    def once(seed: int) -> Made:
        rng = np.random.default_rng([n, seed])
        made = {"ours": decided(rng.random(n) < truth, rng.integers(0, NUM_CLASSES, n), rng)}
        drawn = draw({"ours": [claim]}, made, SETTINGS, seed)
        (record,) = measure({"ours": [claim]}, made, drawn, "test", SETTINGS, seed)
        return record, drawn["ours", claim.name].draws

    return once


def paired(claim: Claim, truth: float, n: int) -> Callable[[int], Made]:
    """A difference of models of which one is never right where the other is wrong; half of its errors are shared."""

    def once(seed: int) -> Made:
        rng = np.random.default_rng([n, seed, 1])
        luck, targets = rng.random(n), rng.integers(0, NUM_CLASSES, n)
        rates = {"ours": (1 + truth) / 2, "theirs": truth}
        made = {model: decided(luck < rate, targets, np.random.default_rng([seed, 2])) for model, rate in rates.items()}
        drawn = draw({model: [claim] for model in made}, made, SETTINGS, seed)
        (record,) = compare(claim, "ours", {"theirs": claim}, drawn, n, SETTINGS, seed)
        return record, drawn["ours", claim.name].draws - drawn["theirs", claim.name].draws

    return once


def grouped(claim: Claim, truth: float, num_groups: int, drawn_as: bool = True) -> Callable[[int], Made]:
    """Groups of 10 to 30 rows whose own accuracies lie around the truth with a correlation of 0.2 within a group."""

    def once(seed: int) -> Made:
        rng = np.random.default_rng([num_groups, seed, 3])
        groups = np.repeat(np.arange(num_groups), rng.integers(10, 31, num_groups))
        right = rng.random(len(groups)) < rng.beta(4 * truth, 4 * (1 - truth), num_groups)[groups]
        made = {"ours": decided(right, rng.integers(0, NUM_CLASSES, len(groups)), rng, groups if drawn_as else None)}
        drawn = draw({"ours": [claim]}, made, SETTINGS, seed)
        (record,) = measure({"ours": [claim]}, made, drawn, "test", SETTINGS, seed)
        return record, drawn["ours", claim.name].draws

    return once


def coverage(truth: float, once: Callable[[int], Made], repetitions: int) -> tuple[float, float, float, float]:
    """How often intervals held the truth and how wide they were: by the bootstrap alone, and as they are."""
    holds, widths = np.zeros((repetitions, 2)), np.zeros((repetitions, 2))
    for seed in range(repetitions):
        record, draws = once(seed)
        assert record.interval is not None
        plain = percentile(draws, SETTINGS.level, record.value)
        assert plain is not None
        for place, (low, high) in enumerate((plain, record.interval)):
            holds[seed, place], widths[seed, place] = low <= truth <= high, high - low
    (before, after), (narrow, wide) = holds.mean(0).tolist(), widths.mean(0).tolist()
    return before, after, narrow, wide


def rows(repetitions: int) -> Iterator[Sequence[str]]:
    """The tables, a row at a time."""
    for n in (50, 200, 2000):
        for truth in (0.9, 0.98, 0.999):
            cases = [
                ("macro F1", truth, single(MACRO_F1, truth, n)),
                ("accuracy, difference", (1 - truth) / 2, paired(ACCURACY, truth, n)),
                ("macro F1, difference", (1 - truth) / 2, paired(MACRO_F1, truth, n)),
            ]
            times = repetitions if n < 2000 else repetitions // 4
            for name, true, once in cases:
                yield _row(f"{name}, n = {n}, truth {truth:g}", coverage(true, once, times))
    for num_groups in (5, 10, 20, 50):
        for truth in (0.9, 0.98, 0.999):
            (before, _same, narrow, _wide), (alone, after, _narrow, wide) = (
                coverage(truth, grouped(ACCURACY, truth, num_groups, drawn_as), repetitions)
                for drawn_as in (False, True)
            )
            yield _row(
                f"accuracy, {num_groups} groups, truth {truth:g} (groups drawn: {alone:.3f})",
                (before, after, narrow, wide),
            )


def _row(name: str, found: tuple[float, float, float, float]) -> Sequence[str]:
    return name, *(f"{value:.3f}" for value in found[:2]), *(f"{value:.4f}" for value in found[2:])


if __name__ == "__main__":
    for row in rows(int(sys.argv[1]) if len(sys.argv) > 1 else 500):
        print("| " + " | ".join(row) + " |", flush=True)
