"""How far is resnet's default recipe above linear pixels and above convnet, on 9,000 small colour photographs?

The JPEG sample of CIFAR-10: a tenth of its 10,000 training pictures validates, its own 2,000 test pictures choose
nothing. In turn, with the same seed: resnet and convnet, each by its own default recipe, and with --full convnet once
more with the augmentations and the number of passes of resnet. Differences are paired, on the same test rows.
"""

from __future__ import annotations

import argparse
import statistics
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from _pictures import accuracy_over, public_data
from _rows import figure, record

import deepwright as dw
from deepwright.measurements import Measurement
from deepwright.workflows.run import Run

BAR, LONGEST = 20, 1200
AUGMENTATIONS = ["flip", "shift", "erasing"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one pass and no row: only to try this script")
    parser.add_argument("--full", action="store_true", help="train convnet with the augmentations of resnet as well")
    parser.add_argument("--num-threads", type=int, help="of each training; the machine's cores if not given")
    given = parser.parse_args()
    changed: dict[str, Any] = {"training.epochs": 1} if given.quick else {}
    if given.num_threads is not None:
        changed["training.num_threads"] = given.num_threads
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(public_data("cifar10-jpeg-sample.tar.gz")) as archive:
            archive.extractall(folder, filter="data")
        for seed in range(given.seeds):
            rows.append(_of_seed(Path(folder), seed, changed, given.full))
            print({name: str(value) for name, value in rows[-1].items()}, flush=True)
    if not given.quick:
        record("resnet_cifar10_sample", __doc__ or "", _figures(rows), {"seeds": [_plain(row) for row in rows]})


def _of_seed(folder: Path, seed: int, changed: dict[str, Any], full: bool) -> dict[str, Measurement]:
    def train(model: str, **settings: Any) -> Run:
        source = folder / "cifar10-jpeg-sample"
        return dw.train(source, model=model, seed=seed, output=folder, settings={**settings, **changed}, progress=False)

    resnet, convnet = train("resnet"), train("convnet")
    found = {
        "resnet": resnet.measurements["accuracy"],
        "convnet": convnet.measurements["accuracy"],
        "over pixel_linear": resnet.measurements["accuracy_over/pixel_linear"],
        "over convnet": accuracy_over(resnet, convnet, seed),
    }
    if full:
        epochs = int(float(resnet.measurements["epochs"]))
        rival = train("convnet", **{"training.epochs": epochs, "training.augmentations": AUGMENTATIONS})
        found |= {
            "convnet, augmented": rival.measurements["accuracy"],
            "over convnet, augmented": accuracy_over(resnet, rival, seed),
        }
    return {
        **found,
        "seconds": resnet.measurements["training_seconds"],
        "convnet's seconds": convnet.measurements["training_seconds"],
    }


def _figures(rows: list[dict[str, Measurement]]) -> list[dict[str, Any]]:
    figures = []
    for model in (name for name in ("resnet", "convnet", "convnet, augmented") if name in rows[0]):
        figures.append(_of_all(f"{model}: mean test accuracy", [row[model] for row in rows], "%"))
    bars = {"pixel_linear": BAR, "convnet": BAR, "convnet, augmented": None}
    for rival, bar in ((rival, bar) for rival, bar in bars.items() if f"over {rival}" in rows[0]):
        figures.append(_of_all(f"resnet over {rival}", [row[f"over {rival}"] for row in rows], "points", bar))
    seconds = [float(row["seconds"]) for row in rows]
    spread = f"{min(seconds):.0f} to {max(seconds):.0f} s"
    longest = max(seconds)
    figures.append(figure("longest training of resnet", longest, "s", f"≤ {LONGEST} s", longest <= LONGEST, spread))
    figures.append(
        figure("median training of convnet", statistics.median(float(row["convnet's seconds"]) for row in rows), "s")
    )
    return figures


def _of_all(what: str, measured: list[Measurement], unit: str, bar: float | None = None) -> dict[str, Any]:
    """The mean over the seeds beside the lowest and the highest bound of any seed's own interval."""
    values = [100 * float(one) for one in measured]
    bounds = [100 * bound for one in measured if one.interval for bound in one.interval]
    low, high = min(bounds), max(bounds)
    spread = (
        f"{min(values):.1f} to {max(values):.1f}, {len(values)} seeds; their 95 % intervals {low:.1f} to {high:.1f}"
    )
    if bar is None:
        return figure(what, statistics.mean(values), unit, spread=spread)
    wanted = f"> {bar} points, as is every interval"
    return figure(what, statistics.mean(values), unit, wanted, low > bar, spread)


def _plain(row: dict[str, Measurement]) -> dict[str, Any]:
    return {name: {"value": one.value, "interval": one.interval, "n": one.n} for name, one in row.items()}


if __name__ == "__main__":
    main()
