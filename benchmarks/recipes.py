"""Which recipe trains each image model best? Every variant changes one thing of the recipe; held-out rows judge.

Only training rows of the data are used: of MNIST's 60,000 (convnet, mlp) and of the CIFAR-10 sample's 10,000 (resnet) a
sixth is held out, by the same seeds for every variant, and judges; no test split is read. Differences are paired by
seed. An epoch of the base and its variants sees the same rows, so that equal epochs are equal work but where said.
Seconds are kept with the details of a row and mean little: other work may have run beside it.
"""

from __future__ import annotations

import argparse
import statistics
import tarfile
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from _pictures import public_data
from _rows import figure, record

from deepwright import experiments
from deepwright.config.documents import Document
from deepwright.data.reading import read_table
from deepwright.workflows.plan import plan

Changes = Mapping[str, Any]
#: Of each model: what is changed, one at a time. The first of its kind is always the recipe as it is registered.
VARIANTS: dict[str, dict[str, Changes]] = {
    "convnet": {
        "as registered": {},
        "AdamW": {"training.optimizer": "adamw"},
        "no augmentation": {"training.augmentations": []},
        "twice the augmentation": {
            "training.augmentations": [{"name": "affine"}, {"name": "shift", "share": 0.08}],
        },
        "twice the epochs": {"training.epochs": 4},
        "half the learning rate": {"training.learning_rate": 1.5e-3},
        "twice the learning rate": {"training.learning_rate": 6e-3},
        "batch 128 at a rate of 5e-3": {"training.batch_size": 128, "training.learning_rate": 5e-3},
        "a cosine": {"training.schedule": "cosine"},
        "no decay": {"training.weight_decay": 0.0},
        "no clipping": {"training.max_grad_norm": None},
        "AdamW, six epochs, batch 128, no augmentation": {
            "training.optimizer": "adamw",
            "training.epochs": 6,
            "training.batch_size": 128,
            "training.learning_rate": 5e-3,
            "training.augmentations": [],
        },
    },
    "mlp": {
        "as registered": {},
        "half the learning rate": {"training.learning_rate": 1e-3},
        "twice the learning rate": {"training.learning_rate": 4e-3},
        "shifts": {"training.augmentations": ["shift"]},
    },
    "resnet": {
        "as registered": {},
        "AdamW": {"training.optimizer": "adamw"},
        "45 epochs": {"training.epochs": 45},
        "no erasing": {"training.augmentations": ["flip", "shift"]},
        "a third of the learning rate": {"training.learning_rate": 3e-3},
        "twice the learning rate": {"training.learning_rate": 2e-2},
        "no augmentation": {"training.augmentations": []},
        "no decay": {"training.weight_decay": 0.0},
    },
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", choices=VARIANTS, default=["convnet"])
    parser.add_argument("--variants", nargs="+", help="of each model; all if not given")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="a few steps and no row: only to try this script")
    given = parser.parse_args()
    for model in given.models:
        data = _photographs() if model == "resnet" else _digits()
        chosen = {
            name: changes
            for name, changes in VARIANTS[model].items()
            if not given.variants or name in ("as registered", *given.variants)
        }
        found = {name: [] for name in chosen}
        for seed in range(given.seeds):
            for name, changes in chosen.items():
                found[name].append(_held_out(data, model, seed, changes, given.quick))
                print(model, seed, name, found[name][-1], flush=True)
        if not given.quick:
            record(f"recipes_{model}", __doc__ or "", _figures(found), {"held out": found, "changes": chosen})


def _digits() -> dict[str, Any]:
    """MNIST's own training rows, in memory."""
    table = read_table(str(public_data("mnist")))
    rows = table.given["train"]
    return {name: table.columns[name].values[rows] for name in ("image", "label")}


def _photographs() -> dict[str, Any]:
    """The training rows of the CIFAR-10 sample, in memory."""
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(public_data("cifar10-jpeg-sample.tar.gz")) as archive:
            archive.extractall(folder, filter="data")
        table = read_table(str(next(Path(folder).glob("*/train"))))
        pictures = table.columns["image"].values
        return {"image": pictures[range(len(table))], "label": table.columns["label"].values}


def _held_out(data: Changes, model: str, seed: int, changes: Changes, quick: bool) -> dict[str, float]:
    """Accuracy and loss on the rows that were held out, and the seconds of the training."""
    document = Document()
    settings = {
        "model": model,
        "seed": seed,
        "data.split.validation": 1 / 6,
        "data.split.test": 1e-3,  # never read: there has to be one
        **changes,
        **({"training.max_steps": 10} if quick else {}),
    }
    for key, value in settings.items():
        document.set(key, value, "benchmark")
    ready = plan(document, data)
    begun = time.perf_counter()
    fitted = experiments.fit(ready.table, ready.splits, ready.task, ready.roles, ready.settings)
    seconds = time.perf_counter() - begun
    assert fitted.history is not None
    return {**fitted.history.records[-1]["validation"], "seconds": seconds}


def _figures(found: Mapping[str, list[dict[str, float]]]) -> list[dict[str, Any]]:
    figures = []
    base = found["as registered"]
    for name, rows in found.items():
        accuracies = [100 * row["accuracy"] for row in rows]
        gains = [100 * (row["accuracy"] - first["accuracy"]) for row, first in zip(rows, base, strict=True)]
        loss = statistics.mean(row["loss"] for row in rows)
        gain = f", {min(gains):+.2f} to {max(gains):+.2f} points" if rows is not base else ""
        spread = f"loss {loss:.4f}, {len(rows)} seeds{gain}"
        figures.append(figure(f"held-out accuracy: {name}", statistics.mean(accuracies), "%", spread=spread))
    return figures


if __name__ == "__main__":
    main()
