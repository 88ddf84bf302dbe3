"""How far is resnet's default recipe above linear pixels and above convnet, on 9,000 small colour photographs?

The JPEG sample of CIFAR-10: a tenth of its 10,000 training pictures validates, its own 2,000 test pictures choose
nothing. In turn, with the same seed: resnet and convnet, each by its own default recipe, and with --full convnet once
more with the augmentations and the number of passes of resnet. A difference is the mean over the seeds, on the same
test rows; its interval is paired: rows are drawn, each with its mean difference over the seeds.
"""

from __future__ import annotations

import argparse
import statistics
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from _pictures import accuracy_over, on_test, public_data
from _rows import figure, record

import deepwright as dw
from deepwright.contracts import FloatArray
from deepwright.measurements import Measurement
from deepwright.validation.intervals import Bootstrap, percentile
from deepwright.workflows.run import Run

BAR, LONGEST = 20, 1200
AUGMENTATIONS = ["flip", "shift", "erasing"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one pass and no row: only to try this script")
    parser.add_argument("--full", action="store_true", help="train convnet with the augmentations of resnet as well")
    parser.add_argument("--num-threads", type=int, help="of each training; the machine's cores if not given")
    parser.add_argument("--runs", type=Path, help="folder that keeps the runs; those that are in it are not made again")
    given = parser.parse_args()
    changed: dict[str, Any] = {"training.epochs": 1} if given.quick else {}
    if given.num_threads is not None:
        changed["training.num_threads"] = given.num_threads
    seeds = []
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(public_data("cifar10-jpeg-sample.tar.gz")) as archive:
            archive.extractall(folder, filter="data")
        for seed in range(given.seeds):
            seeds.append(_of_seed(Path(folder), given.runs or Path(folder), seed, changed, given.full))
            print(seed, {name: str(run.measurements["accuracy"]) for name, run in seeds[-1].items()}, flush=True)
        figures, details = _figures(seeds)
    if given.quick:
        print(figures)
    else:
        record("resnet_cifar10_sample", __doc__ or "", figures, {"seeds": details})


def _of_seed(folder: Path, runs: Path, seed: int, changed: dict[str, Any], full: bool) -> dict[str, Run]:
    def run(name: str, model: str, **settings: Any) -> Run:
        there = runs / f"{name}-seed-{seed}"
        if (there / "manifest.json").exists():
            return dw.load(there)
        source, settings = folder / "cifar10-jpeg-sample", {**settings, **changed}
        return dw.train(source, model=model, seed=seed, name=there.name, output=runs, settings=settings, progress=False)

    made = {"resnet": run("resnet", "resnet"), "convnet": run("convnet", "convnet")}
    if full:
        epochs = int(float(made["resnet"].measurements["epochs"]))
        settings = {"training.epochs": epochs, "training.augmentations": AUGMENTATIONS}
        made["convnet, augmented"] = run("convnet-augmented", "convnet", **settings)
    return made


def _figures(seeds: list[dict[str, Run]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    figures, details = [], []
    for model in seeds[0]:
        figures.append(_mean(f"{model}: mean test accuracy", [runs[model].measurements["accuracy"] for runs in seeds]))
    bars = {"pixel_linear": BAR, **{model: BAR if model == "convnet" else None for model in seeds[0]}}
    del bars["resnet"]
    for rival, bar in bars.items():
        figures.append(_over(rival, seeds, bar))
    for seed, runs in enumerate(seeds):
        found = {name: run.measurements["accuracy"] for name, run in runs.items()}
        found |= {f"over {name}": accuracy_over(runs["resnet"], run, seed) for name, run in list(runs.items())[1:]}
        found["over pixel_linear"] = runs["resnet"].measurements["accuracy_over/pixel_linear"]
        details.append(
            {name: {"value": one.value, "interval": one.interval, "n": one.n} for name, one in found.items()}
        )
    seconds = {name: [float(runs[name].measurements["training_seconds"]) for runs in seeds] for name in seeds[0]}
    longest, spread = max(seconds["resnet"]), f"{min(seconds['resnet']):.0f} to {max(seconds['resnet']):.0f} s"
    figures.append(figure("longest training of resnet", longest, "s", f"≤ {LONGEST} s", longest <= LONGEST, spread))
    figures.append(figure("median training of convnet", statistics.median(seconds["convnet"]), "s"))
    return figures, details


def _over(rival: str, seeds: list[dict[str, Run]], bar: float | None) -> dict[str, Any]:
    """The mean difference of accuracy over the seeds, with its paired interval and that of each seed's value."""
    differences = np.array([_right(runs["resnet"], "resnet") - _rival(runs, rival) for runs in seeds])
    of_row = differences.mean(0)
    drawn = np.concatenate([w @ of_row / w.sum(1) for w in Bootstrap(len(of_row), 10_000, 0).weights()])
    low, high = (100 * bound for bound in percentile(drawn, 0.95, float(of_row.mean())) or (np.nan, np.nan))
    values = 100 * differences.mean(1)
    spread = (
        f"paired 95 % interval {low:.1f} to {high:.1f}, n={len(of_row)}; "
        f"seeds {values.min():.1f} to {values.max():.1f}, {len(values)} of them"
    )
    value = 100 * float(of_row.mean())
    if bar is None:
        return figure(f"resnet over {rival}", value, "points", spread=spread)
    return figure(f"resnet over {rival}", value, "points", f"≥ {bar} points, by the interval", bool(low >= bar), spread)


def _rival(runs: dict[str, Run], rival: str) -> FloatArray:
    return _right(runs["resnet"], rival) if rival == "pixel_linear" else _right(runs[rival], "convnet")


def _right(run: Run, model: str) -> FloatArray:
    """For each test row whether a model decided it rightly, 0 or 1."""
    made = on_test(run, model)
    return np.asarray(made.outputs.argmax(1) == made.targets, float)


def _mean(what: str, measured: list[Measurement]) -> dict[str, Any]:
    """The mean over the seeds beside the lowest and the highest bound of any seed's own interval."""
    values = [100 * float(one) for one in measured]
    bounds = [100 * bound for one in measured if one.interval for bound in one.interval]
    spread = (
        f"{min(values):.1f} to {max(values):.1f}, {len(values)} seeds; "
        f"their 95 % intervals {min(bounds):.1f} to {max(bounds):.1f}"
    )
    return figure(what, statistics.mean(values), "%", spread=spread)


if __name__ == "__main__":
    main()
