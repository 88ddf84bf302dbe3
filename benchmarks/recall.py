"""How far back does each kind of layer remember? The first letter of a text is to be told, whatever follows it.

Texts of up to 80 letters of an alphabet of four; the letters after the first are drawn at random and say nothing, and
which came first cannot be told from their counts. Every kind learns from the same texts of all lengths, with the same
settings, and is asked about others at each distance from the first letter to the last; the test texts choose nothing.
A kind remembers as far as every one of its seeds is right on at least 95 % of the texts; chance is 25 %.
"""

from __future__ import annotations

import argparse
import statistics
import time
from itertools import takewhile
from typing import Any

import numpy as np
import torch
from _rows import figure, record

from deepwright import experiments
from deepwright.config.documents import Document
from deepwright.workflows.plan import plan

LETTERS = "abcd"
DISTANCES = (1, 2, 3, 5, 10, 20, 40, 60, 79)
LONGEST = max(DISTANCES) + 1
TEXTS, ASKED = 4000, 200
REMEMBERED = 0.95
#: What follows the embedding, by kind.
KINDS: dict[str, list[Any]] = {
    "rnn": [{"rnn": 32}],
    "lstm": [{"lstm": 32}],
    "gru": [{"gru": 32}],
    "transformer": ["sinusoidal_positions", {"transformer_block": {"num_heads": 4, "dropout": 0.0}}, "global_avg_pool"],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--quick", action="store_true", help="a few steps and no row: only to try this script")
    given = parser.parse_args()
    torch.set_num_threads(1)
    found: dict[str, list[list[float]]] = {kind: [] for kind in given.kinds}
    seconds: dict[str, list[float]] = {kind: [] for kind in given.kinds}
    for seed in range(given.seeds):
        for kind in given.kinds:
            begun = time.perf_counter()
            found[kind].append(_accuracies(kind, seed, given.epochs, given.quick))
            seconds[kind].append(time.perf_counter() - begun)
            print(kind, seed, f"{seconds[kind][-1]:.0f} s", *(f"{one:.2f}" for one in found[kind][-1]), flush=True)
    if not given.quick:
        details = {"distances": DISTANCES, "accuracy": found, "seconds": seconds, "epochs": given.epochs}
        record("recall", __doc__ or "", _figures(found), details)


def _accuracies(kind: str, seed: int, epochs: int, quick: bool) -> list[float]:
    """The share of right answers at each distance."""
    rng = np.random.default_rng([seed, 7])
    document = Document()
    settings = {
        "model": {"name": "sequential", "layers": [{"embedding": 32}, *KINDS[kind]]},
        "seed": seed,
        "training.epochs": epochs,
        "training.batch_size": 64,
        "training.learning_rate": 3e-3,
        "training.num_threads": 1,
        "training.precision": "float32",
        **({"training.max_steps": 5} if quick else {}),
    }
    for key, value in settings.items():
        document.set(key, value, "benchmark")
    texts = [_text(int(rng.integers(2, LONGEST + 1)), rng) for _ in range(TEXTS)]
    ready = plan(document, {"text": texts, "label": [text[0] for text in texts]})
    predictor = experiments.fit(ready.table, ready.splits, ready.task, ready.roles, ready.settings).predictor
    asked = [[_text(distance + 1, rng) for _ in range(ASKED)] for distance in DISTANCES]
    return [
        statistics.mean(answer["label"] == text[0] for answer, text in zip(predictor.predict(each), each, strict=True))
        for each in asked
    ]


def _text(length: int, rng: np.random.Generator) -> str:
    return " ".join(rng.choice(list(LETTERS), length))


def _figures(found: dict[str, list[list[float]]]) -> list[dict[str, Any]]:
    figures = []
    for kind, runs in found.items():
        far = [100 * run[-1] for run in runs]
        worst = zip(DISTANCES, map(min, zip(*runs, strict=True)), strict=True)
        reached = [distance for distance, share in takewhile(lambda pair: pair[1] >= REMEMBERED, worst)]
        spread = f"{min(far):.1f} to {max(far):.1f}, {len(far)} seeds"
        figures.append(figure(f"{kind}: right at distance {DISTANCES[-1]}", statistics.mean(far), "%", spread=spread))
        figures.append(figure(f"{kind}: remembers as far as", max(reached, default=0), "steps"))
    return figures


if __name__ == "__main__":
    main()
