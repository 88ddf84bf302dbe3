"""What does keeping freed memory gain in speed, and what does it cost in resident memory?

`training.keep_memory` on and off in turn, each in a process of its own: convnet on MNIST, and resnet on small colour
photographs. Memory is the most that was resident while the process lived.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from _pictures import public_data
from _rows import figure, record

BAR_GIB = 1.0
STEPS = {"convnet": 300, "resnet": 100}
CODE = """
import json, sys
import deepwright as dw
from deepwright.training.runtime import peak_memory_bytes
data, model, keep, steps, output = sys.argv[1:]
run = dw.train(data, model=model, output=output, progress=False, settings={
    "training.keep_memory": keep == "True", "training.max_steps": int(steps)})
made = run.measurements
print(json.dumps({"speed": float(made["examples_per_second"]), "bytes": float(made["peak_memory"])}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    found: dict[tuple[str, bool], list[dict[str, float]]] = {(m, keep): [] for m in STEPS for keep in (True, False)}
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(public_data("cifar10-jpeg-sample.tar.gz")) as archive:
            archive.extractall(folder, filter="data")
        photographs = next(Path(folder).glob("*/train")).parent
        for _round in range(given.rounds):
            for model, keep in found:
                data = photographs if model == "resnet" else public_data("mnist")
                arguments = [str(data), model, str(keep), str(STEPS[model]), str(Path(folder) / "runs")]
                found[model, keep].append(_run(arguments))
                print(model, keep, found[model, keep][-1], flush=True)
    figures = []
    for model in STEPS:
        pairs = list(zip(found[model, True], found[model, False], strict=True))
        gains = [kept["speed"] / returned["speed"] for kept, returned in pairs]
        added = [(kept["bytes"] - returned["bytes"]) / 2**30 for kept, returned in pairs]
        most = max(added)
        speed = f"{min(gains):.2f} to {max(gains):.2f}, {given.rounds} rounds"
        memory = f"{min(added):.2f} to {most:.2f} GiB, {given.rounds} rounds"
        figures += [
            figure(f"{model}: speed, kept over returned", statistics.median(gains), "×", spread=speed),
            figure(
                f"{model}: resident memory added",
                statistics.median(added),
                "GiB",
                f"≤ {BAR_GIB:g} GiB",
                most <= BAR_GIB,
                memory,
            ),
        ]
    details = {f"{model}, {'kept' if keep else 'returned'}": rows for (model, keep), rows in found.items()}
    record("keep_memory", __doc__ or "", figures, details)


def _run(arguments: list[str]) -> dict[str, float]:
    done = subprocess.run([sys.executable, "-c", CODE, *arguments], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
