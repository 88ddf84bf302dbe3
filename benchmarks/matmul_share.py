"""Which share of the machine's rate of matrix products does training reach, for three image models?

The rate is that of the largest square product that a run measures on its own, with the same threads and precision. The
time is that of the whole training, batches, augmentation, optimizer and validation after each epoch included.
"""

from __future__ import annotations

import argparse
import statistics
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from _pictures import public_data
from _rows import figure, record

import deepwright as dw

#: For each model: what is trained, and the share that is aimed at.
MODELS: dict[str, tuple[dict[str, Any], float]] = {
    "convnet": ({"model": "convnet", "training.max_steps": 600}, 0.35),
    "resnet": ({"model": "resnet", "training.max_steps": 200}, 0.5),
    "mlp of 4×1,024": (
        {"model": "mlp", "model.num_layers": 4, "model.hidden_dim": 1024, "training.max_steps": 400},
        0.6,
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    shares: dict[str, list[float]] = {name: [] for name in MODELS}
    rates = []
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(public_data("cifar10-jpeg-sample.tar.gz")) as archive:
            archive.extractall(folder, filter="data")
        photographs = next(Path(folder).glob("*/train")).parent
        for _round in range(given.rounds):
            for name, (settings, _aim) in MODELS.items():
                data = photographs if name == "resnet" else public_data("mnist")
                run = dw.train(data, settings=settings, output=Path(folder) / "runs", progress=False)
                share = run.measurements["matmul_share"]
                shares[name].append(float(share))
                rates.append({**share.arguments, "model": name})
                print(name, shares[name][-1], flush=True)
    figures = [
        figure(
            name,
            100 * statistics.median(shares[name]),
            "%",
            f"aim ≥ {100 * aim:.0f} %",
            statistics.median(shares[name]) >= aim,
            f"{100 * min(shares[name]):.0f} to {100 * max(shares[name]):.0f} %, {given.rounds} rounds",
        )
        for name, (_settings, aim) in MODELS.items()
    ]
    record("matmul_share", __doc__ or "", figures, {"shares": shares, "rates": rates})


if __name__ == "__main__":
    main()
