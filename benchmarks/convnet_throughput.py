"""How many examples a second does convnet train through our loop, and through Keras, Lightning and fastai?

One network of 93,322 parameters, MNIST, batch 64, Adam, pictures as they are; a tenth of the 60,000 training pictures
validates after each epoch. Ours as `deepwright train` runs it, first steps and validation included; of each peer the
faster of its last epochs, validation included, everything at the peer's defaults. Each takes its turn in every round,
in a process of its own.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
from _peers import peers_python, said_by
from _pictures import public_data
from _rows import figure, record, spread

from deepwright.data.reading import read_table

BARS = {"keras": 1.5, "lightning": 2.5, "fastai": 2.5}
PACKAGES = (
    "tensorflow-cpu==2.21.0",
    "torch==2.13.0",
    "lightning==2.6.6",
    "beartype",
    "cloudpickle",
    "fastcore==2.2.39",
    "fastdownload==0.0.8",
    "fastprogress==1.0.3",
    "fasttransform==0.0.5",
    "matplotlib",
    "pandas",
    "pillow",
    "plum-dispatch<2.10",
    "pyyaml",
    "requests",
    "scikit-learn",
)
#: torchvision, which it asks for, does not load beside every build of torch, and is not used here.
ALONE = ("fastai==2.8.12",)
LOAD = """
import json, sys, time, numpy as np
z = np.load(sys.argv[1]); epochs = int(sys.argv[2]); B = 64
x, y, xv, yv = z["x"][:54000], z["y"][:54000], z["x"][54000:], z["y"][54000:]
"""
TORCH = (
    LOAD
    + """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
def tensors(x, y):
    return TensorDataset(torch.from_numpy(x).float().div(255).unsqueeze(1), torch.from_numpy(y))
train, valid = tensors(x, y), tensors(xv, yv)
net = nn.Sequential(
    nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Flatten(), nn.Linear(576, 64), nn.ReLU(), nn.Linear(64, 10))
assert sum(p.numel() for p in net.parameters()) == 93322
"""
)
OURS = """
import json, sys
import deepwright as dw
epochs = int(sys.argv[2])
run = dw.train(sys.argv[3], model="convnet", output=sys.argv[1] + ".runs", progress=False, settings={
    "training.batch_size": 64, "training.epochs": epochs, "data.split.validation": 0.1,
    "training.optimizer": "adam", "training.augmentations": []})
print(json.dumps(float(run.measurements["examples_per_second"])))
"""
THEIRS = {
    "keras": LOAD
    + """
import keras
from keras import layers
x, xv = (a[..., None].astype("float32") / 255 for a in (x, xv))
net = keras.Sequential([
    keras.Input((28, 28, 1)), layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(),
    layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(), layers.Conv2D(64, 3, activation="relu"),
    layers.Flatten(), layers.Dense(64, activation="relu"), layers.Dense(10)])
assert net.count_params() == 93322
net.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
class Clock(keras.callbacks.Callback):
    seconds = []
    def on_epoch_begin(self, epoch, logs=None): self.begun = time.perf_counter()
    def on_epoch_end(self, epoch, logs=None): self.seconds.append(time.perf_counter() - self.begun)
net.fit(x, y, batch_size=B, epochs=epochs, validation_data=(xv, yv), verbose=0, callbacks=[Clock()])
print(json.dumps(len(x) / min(Clock.seconds)))
""",
    "lightning": TORCH
    + """
import logging, warnings
warnings.simplefilter("ignore"); logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
import lightning as L
class Module(L.LightningModule):
    def __init__(self):
        super().__init__(); self.net = net; self.seconds = []
    def training_step(self, batch, i): return nn.functional.cross_entropy(self.net(batch[0]), batch[1])
    def validation_step(self, batch, i): self.log("loss", nn.functional.cross_entropy(self.net(batch[0]), batch[1]))
    def configure_optimizers(self): return torch.optim.Adam(self.parameters(), 1e-3)
    def on_train_epoch_start(self): self.begun = time.perf_counter()
    def on_train_epoch_end(self): self.seconds.append(time.perf_counter() - self.begun)
module = Module()
L.Trainer(max_epochs=epochs, logger=False, enable_checkpointing=False, enable_progress_bar=False,
          enable_model_summary=False).fit(module, DataLoader(train, B, shuffle=True), DataLoader(valid, B))
print(json.dumps(len(train) / min(module.seconds)))
""",
    "fastai": TORCH
    + """
from fastai.basics import Callback, CrossEntropyLossFlat, DataLoaders, Learner, accuracy
import fastai.callback.progress, fastai.callback.schedule
class Clock(Callback):
    order = 90
    def before_fit(self): self.seconds = []
    def before_epoch(self): self.begun = time.perf_counter()
    def after_epoch(self): self.seconds.append(time.perf_counter() - self.begun)
learner = Learner(DataLoaders(DataLoader(train, B, shuffle=True), DataLoader(valid, B)), net,
                  loss_func=CrossEntropyLossFlat(), metrics=accuracy)
clock = Clock()
with learner.no_bar(), learner.no_logging(): learner.fit_one_cycle(epochs, 5e-3, cbs=clock)
print(json.dumps(len(train) / min(clock.seconds)))
""",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--peers", nargs="*", choices=BARS, default=list(BARS))
    given = parser.parse_args()
    peers = peers_python("convnet", PACKAGES, ALONE)
    speeds: dict[str, list[float]] = {name: [] for name in ("ours", *given.peers)}
    with tempfile.TemporaryDirectory() as folder:
        pictures = Path(folder) / "mnist.npz"
        table = read_table(str(public_data("mnist")))
        train = table.given["train"]
        np.savez(pictures, x=table.columns["image"].values[train], y=table.columns["label"].values[train].astype(int))
        for _round in range(given.rounds):
            speeds["ours"].append(said_by(sys.executable, OURS, pictures, given.epochs, public_data("mnist")))
            for name in given.peers:
                speeds[name].append(said_by(peers, THEIRS[name], pictures, given.epochs))
            print({name: round(values[-1]) for name, values in speeds.items()}, flush=True)
    figures = [figure("ours", statistics.median(speeds["ours"]), "examples/s", "", None, spread(speeds["ours"]))]
    for name in given.peers:
        ratios = [ours / theirs for ours, theirs in zip(speeds["ours"], speeds[name], strict=True)]
        ratio = statistics.median(ratios)
        figures.append(figure(f"ours over {name}", ratio, "×", f"≥ {BARS[name]}", ratio >= BARS[name], spread(ratios)))
    record(
        "convnet_throughput", __doc__ or "", figures, {"examples_per_second": speeds, "packages": [*PACKAGES, *ALONE]}
    )


if __name__ == "__main__":
    main()
