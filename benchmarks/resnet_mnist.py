"""How accurate is resnet's default recipe on MNIST, and how long does it train? The test split chooses nothing.

A tenth of the 60,000 training pictures validates; the 10,000 test pictures are read once.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile

from _pictures import public_data
from _rows import figure, record

import deepwright as dw

BAR, LONGEST = 99.6, 600


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a few steps and no row: only to try this script")
    given = parser.parse_args()
    settings = {"training.epochs": 1, "training.max_steps": 20} if given.quick else {}
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(given.seeds):
            run = dw.train(
                public_data("mnist"), model="resnet", seed=seed, output=folder, settings=settings, progress=False
            )
            runs.append(run.measurements)
            print(f"seed {seed}: {run.measurements['accuracy']}", flush=True)
    accuracies = [100 * float(measured["accuracy"]) for measured in runs]
    seconds = [float(measured["training_seconds"]) for measured in runs]
    intervals = [measured["accuracy"].interval for measured in runs]
    bounds = [100 * bound for interval in intervals if interval for bound in interval]
    mean, longest = statistics.mean(accuracies), max(seconds)
    spread = (
        f"{min(accuracies):.2f} to {max(accuracies):.2f}, {len(runs)} seeds; "
        f"their 95 % intervals {min(bounds):.2f} to {max(bounds):.2f}"
    )
    figures = [
        figure("mean test accuracy", mean, "%", f"≥ {BAR} %", mean >= BAR, spread),
        figure("longest training", longest, "s", f"≤ {LONGEST} s", longest <= LONGEST, f"from {min(seconds):.0f} s"),
    ]
    details = {"accuracies": accuracies, "intervals": intervals, "seconds": seconds}
    if not given.quick:
        record("resnet_mnist", __doc__ or "", figures, details)


if __name__ == "__main__":
    main()
