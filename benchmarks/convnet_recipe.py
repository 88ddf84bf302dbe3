"""How soon does convnet's default recipe give MNIST's weights, against Keras's ten epochs, and how accurate are they?

Ours is `deepwright train` with its default settings: a fixed number of passes over 54,000 training pictures, the test
split read once, at the end. Timed from the start of the process until the last step's weights are on disk. Keras's is
the same network at its defaults, batch 64, ten epochs over all 60,000 training pictures; the test split is looked at
after each epoch, in Keras's favour: the best epoch counts. Timed from the start of the process until its weights are
saved, less the time of these looks. Keras takes its turn before the first seeds of ours.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from _peers import peers_python
from _pictures import public_data
from _rows import figure, record
from convnet_throughput import ALONE, PACKAGES

from deepwright.data.reading import read_table

SHARE, ACCURACY = 1 / 6, 99.25
OURS = """
import json, sys
import deepwright as dw
run = dw.train(sys.argv[1], model="convnet", seed=int(sys.argv[2]), output=sys.argv[3], progress=False)
made = run.measurements
print(json.dumps({name: float(made[name]) for name in ("accuracy", "epochs", "training_seconds", "fit_seconds")}))
"""
KERAS = """
import json, sys, time, numpy as np
import keras
from keras import layers
z = np.load(sys.argv[1]); keras.utils.set_random_seed(int(sys.argv[2]))
x, xt = (z[name][..., None].astype("float32") / 255 for name in ("x", "xt"))
net = keras.Sequential([
    keras.Input((28, 28, 1)), layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(),
    layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(), layers.Conv2D(64, 3, activation="relu"),
    layers.Flatten(), layers.Dense(64, activation="relu"), layers.Dense(10)])
net.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
class Look(keras.callbacks.Callback):
    seconds, accuracies = 0.0, []
    def on_epoch_end(self, epoch, logs=None):
        begun = time.perf_counter()
        Look.accuracies.append(self.model.evaluate(xt, z["yt"], verbose=0)[1])
        Look.seconds += time.perf_counter() - begun
net.fit(x, z["y"], batch_size=64, epochs=10, verbose=0, callbacks=[Look()])
net.save_weights(sys.argv[1] + ".weights.h5")
print(json.dumps({"best": max(Look.accuracies), "last": Look.accuracies[-1], "looks": Look.seconds}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=2, help="of Keras")
    given = parser.parse_args()
    peers = peers_python("convnet", PACKAGES, ALONE)
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        pictures = Path(folder) / "mnist.npz"
        _save(pictures)
        for seed in range(given.seeds):
            if seed < given.rounds:
                theirs.append(_keras(peers, pictures, seed))
                print("keras", theirs[-1], flush=True)
            ours.append(_ours(Path(folder) / f"runs{seed}", seed))
            print("ours", ours[-1], flush=True)
    ratios = [one["until saved"] / other["seconds"] for one, other in zip(ours, theirs, strict=False)]
    whole = [one["whole"] / other["seconds"] for one, other in zip(ours, theirs, strict=False)]
    accuracies = [100 * one["accuracy"] for one in ours]
    best = 100 * max(other["best"] for other in theirs)
    mean, ratio = statistics.mean(accuracies), statistics.median(ratios)
    spread = f"{min(accuracies):.2f} to {max(accuracies):.2f}, {len(ours)} seeds"
    saved = [one["until saved"] for one in ours]
    others = [one["whole"] - one["training_seconds"] for one in ours]
    record(
        "convnet_recipe",
        __doc__ or "",
        [
            figure("until the weights are saved, over Keras", ratio, "×", "≤ 1/6", ratio <= SHARE, _range(ratios)),
            figure("whole process with its report, over Keras", statistics.median(whole), "×", spread=_range(whole)),
            figure("mean test accuracy", mean, "%", f"≥ {ACCURACY} %", mean >= ACCURACY, spread),
            figure("mean test accuracy, less Keras's best epoch", mean - best, "points", "≥ 0", mean >= best),
            figure("until the weights are saved", statistics.median(saved), "s", spread=_range(saved)),
            figure("whole process, less training", statistics.median(others), "s", spread=_range(others)),
            figure("Keras's ten epochs", statistics.median(other["seconds"] for other in theirs), "s"),
        ],
        {"ours": ours, "keras": theirs, "packages": [*PACKAGES, *ALONE]},
    )


def _save(file: Path) -> None:
    table = read_table(str(public_data("mnist")))
    images, labels = table.columns["image"].values, table.columns["label"].values
    train, test = table.given["train"], table.given["test"]
    np.savez(file, x=images[train], y=labels[train].astype(int), xt=images[test], yt=labels[test].astype(int))


def _keras(python: str, pictures: Path, seed: int) -> dict[str, float]:
    begun = time.perf_counter()
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [python, "-c", KERAS, str(pictures), str(seed)], capture_output=True, text=True, check=True, env=environment
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return {**found, "seconds": time.perf_counter() - begun - found["looks"]}


def _ours(folder: Path, seed: int) -> dict[str, float]:
    """One run, and when its last checkpoint was written: the file is replaced until the training ends."""
    began, begun, saved = time.time(), time.perf_counter(), 0.0
    command = [sys.executable, "-c", OURS, str(public_data("mnist")), str(seed), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            for file in folder.glob("*/checkpoints/*.safetensors"):
                saved = max(saved, _written(file))
            time.sleep(0.02)
        assert process.stdout is not None
        found: dict[str, float] = json.loads(process.stdout.read().splitlines()[-1])
    assert process.returncode == 0
    assert saved > began
    return {**found, "until saved": saved - began, "whole": time.perf_counter() - begun}


def _written(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except FileNotFoundError:  # replaced, or removed by the finished run
        return 0.0


def _range(values: list[float]) -> str:
    return f"{min(values):.3g} to {max(values):.3g}, {len(values)} runs"


if __name__ == "__main__":
    main()
