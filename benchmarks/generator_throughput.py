"""How many tokens a second does the classical LSTM generator train through our loop, and through Keras?

Embedding 128, two LSTMs of 256, dense 100 with ReLU and a layer over the 65 characters of tiny-shakespeare: the next
character at each of 100 steps, on both sides. Batches of 64, Adam at 1e-3, float32, gradients clipped at 1. Ours as
`deepwright train` runs it, validation included; of Keras the faster of its last epochs without validation, compiled
and at its own defaults. Both read the same 300,000 characters. Each takes its turn in every round, in a process of its
own.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from _peers import peers_python, said_by
from _pictures import public_data
from _rows import figure, record, spread

PACKAGES = ("tensorflow-cpu==2.21.0",)
BAR, CHARACTERS, EPOCHS = 3.0, 300_000, 2
OURS = """
import json, sys
import deepwright as dw
layers = [{"embedding": 128}, *2 * [{"lstm": {"units": 256, "return_sequences": True}}], {"dense": 100}, "relu",
          {"dense": "outputs"}]
run = dw.train(sys.argv[1], model="sequential", output=sys.argv[1] + ".runs", progress=False, settings={
    "model.layers": layers, "data.tokenizer": "character", "data.max_seq_len": 100, "data.split.test": 0.005,
    "data.split.validation": 0.005, "training.batch_size": 64, "training.epochs": int(sys.argv[2]),
    "training.optimizer": "adam", "training.learning_rate": 1e-3, "training.max_grad_norm": 1.0,
    "training.precision": "float32", "validation.resamples": 100})
measured = run.measurements
print(json.dumps({"rate": 100 * float(measured["examples_per_second"]), "loss": float(measured["token_loss"]),
                  "parameters": float(measured["num_parameters"])}))
"""
KERAS = """
import json, sys, time, numpy as np, keras
from keras import layers
text = open(sys.argv[1], encoding="utf-8").read()
number = {c: i for i, c in enumerate(sorted(set(text)), 2)}
tokens = np.array([number[c] for c in text], "int32")
n = (len(tokens) - 1) // 100
x, y = tokens[:100 * n].reshape(n, 100), tokens[1:100 * n + 1].reshape(n, 100)
V = len(number) + 2
net = keras.Sequential([
    keras.Input((100,), dtype="int32"), layers.Embedding(V, 128), layers.LSTM(256, return_sequences=True),
    layers.LSTM(256, return_sequences=True), layers.Dense(100, activation="relu"), layers.Dense(V)])
net.compile(keras.optimizers.Adam(1e-3, global_clipnorm=1.0),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True))
class Clock(keras.callbacks.Callback):
    seconds = []
    def on_epoch_begin(self, epoch, logs=None): self.begun = time.perf_counter()
    def on_epoch_end(self, epoch, logs=None): self.seconds.append(time.perf_counter() - self.begun)
done = net.fit(x, y, batch_size=64, epochs=int(sys.argv[2]), verbose=0, callbacks=[Clock()])
print(json.dumps({"rate": x.size / min(Clock.seconds), "loss": done.history["loss"][-1],
                  "parameters": net.count_params()}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="little text and no row: only to try this script")
    given = parser.parse_args()
    peers = peers_python("keras", PACKAGES)
    found: dict[str, list[dict[str, Any]]] = {"ours": [], "keras": []}
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "shakespeare.txt"
        whole = next(public_data("tinyshakespeare").glob("*.txt")).read_text(encoding="utf-8")
        text.write_text(whole[: 30_000 if given.quick else CHARACTERS], encoding="utf-8")
        for _round in range(given.rounds):
            found["ours"].append(said_by(sys.executable, OURS, text, EPOCHS))
            found["keras"].append(said_by(peers, KERAS, text, EPOCHS))
            print({name: rows[-1] for name, rows in found.items()}, flush=True)
    rates = {name: [row["rate"] for row in rows] for name, rows in found.items()}
    ratios = [ours / theirs for ours, theirs in zip(rates["ours"], rates["keras"], strict=True)]
    ratio = statistics.median(ratios)
    figures = [
        figure("ours", statistics.median(rates["ours"]), "tokens/s", spread=spread(rates["ours"])),
        figure("ours over Keras", ratio, "×", f"≥ {BAR:g}", ratio >= BAR, spread(ratios)),
    ]
    if not given.quick:
        record("generator_throughput", __doc__ or "", figures, {"found": found, "packages": PACKAGES})


if __name__ == "__main__":
    main()
