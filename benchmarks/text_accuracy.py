"""How good is the model that is chosen for texts, beside the tuned TF-IDF, in English and Chinese?

Every model learns from nothing but the training rows. The validation split chooses; the test split chooses nothing and
is read once for each seed: SST-2's own splits, a fifth of waimai_10k, AG News' own test set after the part of the
training rows that is here, and where it is asked for ten folds of MR:

    python benchmarks/text_accuracy.py              # sst2 waimai ag_news
    python benchmarks/text_accuracy.py mr           # with --go-on, from the fold at which it was interrupted
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from _rows import figure, kept, record

import deepwright as dw
from deepwright import registry
from deepwright.contracts import Trainable

DATA = Path(os.environ["DEEPWRIGHT_DATA"]) / "text-classification"
SEEDS = range(5)
FOLDS = 10
TUNED = "tfidf_linear"
#: What AG News calls its classes by number.
TOPICS = {"1": "World", "2": "Sports", "3": "Business", "4": "Sci/Tech"}
Rows = list[tuple[str, str, str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=DEFAULT, choices=PARTS)
    parser.add_argument("--go-on", action="store_true", help="take what an interrupted run has kept")
    given = parser.parse_args()
    for part in given.parts:
        details: dict[str, Any] = {"going_on": given.go_on}
        with tempfile.TemporaryDirectory() as folder:
            figures = list(PARTS[part](Path(folder), details))
        record(f"text_accuracy_{part}", (__doc__ or "").partition("\n\n")[0], figures, details)


def sst2(folder: Path, details: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """SST-2's sentences, over seeds."""
    table = write(folder / "sst2.csv", [row for part in ("train", "dev", "test") for row in sentences(part)])
    runs = [trained(table, folder, seed) for seed in SEEDS]
    details |= {
        "seeds": list(SEEDS),
        "taken": [run["model"] for run in runs],
        "accuracies": [run["accuracy"] for run in runs],
    }
    accuracies = [100 * run["accuracy"] for run in runs]
    mean, tuned = statistics.mean(accuracies), 100 * statistics.mean(run[TUNED] for run in runs)
    spread = (
        f"{min(accuracies):.1f} to {max(accuracies):.1f}, {len(runs)} seeds; {taken(runs)}; tuned TF-IDF {tuned:.1f}"
    )
    yield figure("SST-2 sentences: mean test accuracy", mean, "%", "≥ 83.5 %", mean >= 83.5, spread)


def waimai(folder: Path, details: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A fifth of waimai_10k."""
    return beside_tfidf("waimai_10k", reviews(), folder, details)


def ag_news(folder: Path, details: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """AG News' own test set."""
    return beside_tfidf("AG News, part", news(), folder, details)


def beside_tfidf(name: str, rows: Rows, folder: Path, details: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The chosen model less the tuned TF-IDF on the same test rows."""
    run = trained(write(folder / f"{name}.csv", rows), folder, seed=0)
    details |= run
    value, low, high = (100 * part for part in run["difference"])
    spread = (
        f"paired 95 % interval {low:.2f} to {high:.2f}, n={run['n']}; {run['model']} {100 * run['accuracy']:.1f} %, "
        f"tuned TF-IDF {100 * run[TUNED]:.1f} %; on the validation split {run['model']} "
        f"{100 * run['validation']:.1f} %, the best neural model {run['neural']} {100 * run['neural_validation']:.1f} %"
    )
    yield figure(
        f"{name}: chosen model over tuned TF-IDF",
        value,
        "points",
        "≥ -0.5 points, by the interval",
        low >= -0.5,
        spread,
    )


def mr(folder: Path, details: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """MR, each tenth read once by a model that was chosen and trained on the other nine."""
    lines = (DATA / "rt-polarity.all").read_text(encoding="latin-1").rstrip("\n").split("\n")
    pairs = [line.split(" ", 1) for line in lines]
    fold_of = np.random.default_rng(0).permutation(len(pairs)) % FOLDS

    def of_fold(fold: int) -> dict[str, Any]:
        rows = [(text, label, "test" if fold_of[i] == fold else "train") for i, (label, text) in enumerate(pairs)]
        return trained(write(folder / "mr.csv", rows), folder, seed=fold)

    runs = [kept("text_accuracy_mr", str(fold), details["going_on"], partial(of_fold, fold)) for fold in range(FOLDS)]
    details |= {"folds": runs}
    accuracies = [100 * run["accuracy"] for run in runs]
    mean = statistics.mean(accuracies)
    spread = f"{min(accuracies):.1f} to {max(accuracies):.1f}, {FOLDS} folds; {taken(runs)}"
    yield figure("MR: mean accuracy over ten folds", mean, "%", "≥ 79.4 %", mean >= 79.4, spread)


def trained(table: Path, folder: Path, seed: int) -> dict[str, Any]:
    """What a run says of the model that was chosen."""
    run = dw.train(table, task="classification", output=folder / "runs", seed=seed, progress=False)
    measurements = run.measurements
    model, accuracy = str(measurements.model), measurements["accuracy"]
    over = measurements.get(f"accuracy_over/{TUNED}")
    difference = (0.0, 0.0, 0.0) if over is None or over.interval is None else (float(over), *over.interval)
    tuned = float(accuracy) - difference[0]
    print(f"{table.stem}, seed {seed}: {model} {accuracy}, {TUNED} {tuned:.4f}", flush=True)
    tried = {record.model: float(record) for record in measurements.where(name="accuracy", split="validation")}
    neural = max(
        (name for name in tried if isinstance(registry.load("models", name), Trainable)), key=tried.__getitem__
    )
    return {
        "model": model,
        "accuracy": float(accuracy),
        "n": accuracy.n,
        TUNED: tuned,
        "difference": difference,
        "validation": tried[model],
        "neural": neural,
        "neural_validation": tried[neural],
    }


def taken(runs: list[dict[str, Any]]) -> str:
    """Which models were taken, and how often."""
    models = [run["model"] for run in runs]
    return ", ".join(f"{model} {models.count(model)} ×" for model in sorted(set(models)))


def sentences(part: str) -> Rows:
    lines = (DATA / f"stsa.binary.{part}").read_text(encoding="utf-8").splitlines()
    return [(text, label, part) for label, text in (line.split(" ", 1) for line in lines)]


def reviews() -> Rows:
    with (DATA / "waimai_10k.csv").open(encoding="utf-8", newline="") as stream:
        return [(row["review"], row["label"], "") for row in csv.DictReader(stream)]


def news() -> Rows:
    """Descriptions alone, which is what the part of the training rows holds."""
    lines = (DATA / "ag-news-train-10k.tsv").read_text(encoding="utf-8").splitlines()
    train = [(text, label, "train") for text, label in (line.rsplit("\t", 1) for line in lines)]
    with (DATA / "ag-news-test.csv").open(encoding="utf-8", newline="") as stream:
        return train + [(text, TOPICS[number], "test") for number, _title, text in csv.reader(stream)]


def write(path: Path, rows: Rows) -> Path:
    """A table; without the column of splits where these are left to the program."""
    given = any(split for _text, _label, split in rows)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["text", "label", "split"][: 2 + given])
        writer.writerows(row[: 2 + given] for row in rows)
    return path


#: By name; those that are measured where none is named.
PARTS = {"sst2": sst2, "waimai": waimai, "ag_news": ag_news, "mr": mr}
DEFAULT = ("sst2", "waimai", "ag_news")


if __name__ == "__main__":
    main()
