"""How accurate is the default recipe on the embedded digits, over five split seeds? The test split chooses nothing."""

from __future__ import annotations

import statistics
import tempfile

from _rows import figure, record

import deepwright as dw

SEEDS = range(5)


def main() -> None:
    accuracies, seconds, rows = [], [], 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in SEEDS:
            measurements = dw.train("digits", seed=seed, output=folder, progress=False).measurements
            accuracies.append(float(measurements["accuracy"]))
            seconds.append(float(measurements["training_seconds"]))
            rows += measurements["accuracy"].n or 0
            print(f"seed {seed}: {measurements['accuracy']}", flush=True)
    mean = statistics.mean(accuracies)
    spread = f"{min(accuracies):.4f} to {max(accuracies):.4f}, {rows} test rows in all"
    record(
        "digits_accuracy",
        __doc__ or "",
        [
            figure("mean test accuracy", 100 * mean, "%", "≥ 98.5 %", mean >= 0.985, spread),
            figure("median training time", statistics.median(seconds), "s"),
        ],
        {"seeds": list(SEEDS), "accuracies": accuracies},
    )


if __name__ == "__main__":
    main()
