"""Does an exported ONNX model decide as the run does on 1,000 real test pictures of MNIST, and how fast are the two?

Every model is trained for a few steps and exported; ONNX Runtime answers the same bytes, one thread. The speeds are of
pictures in memory, 100 at a time, both in one process, alternating.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np
from _pictures import public_data
from _rows import figure, record

from deepwright import experiments
from deepwright.config.documents import Document
from deepwright.data.reading import read_table
from deepwright.exporters.onnx import Onnx, session_of
from deepwright.predictor import Predictor
from deepwright.specs import OutputSpec
from deepwright.training.runtime import runtime
from deepwright.workflows.export import TOLERANCE, agree
from deepwright.workflows.plan import Plan, plan

#: Model and settings; convnet is trained in bfloat16, which leaves its weights in float32.
MODELS: dict[str, dict[str, Any]] = {
    "majority": {},
    "pixel_linear": {"model.max_iterations": 20},
    "mlp": {},
    "convnet": {"training.precision": "bfloat16"},
    "resnet": {},
}
ROWS, CHUNK = 1000, 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=150, help="optimizer steps of each training")
    parser.add_argument("--rounds", type=int, default=5, help="readings of each speed")
    given = parser.parse_args()
    table = read_table(str(public_data("mnist")))
    found = []
    for name, settings in MODELS.items():
        ready = _planned(name, {**settings, "training.max_steps": given.steps}, table)
        with runtime(ready.settings.training):
            found.append(_measured(name, ready, given.rounds))
        print(found[-1], flush=True)
    same, n = sum(item["same"] for item in found), sum(item["n"] for item in found)
    largest = max(item["difference"] for item in found)
    figures = [
        figure("same decisions", same, f"of {n}", f"{n} of {n}", same == n, f"{len(found)} models"),
        figure("largest difference of a probability", largest, "", f"≤ {TOLERANCE:g}", largest <= TOLERANCE),
        *(figure(f"speed of ONNX Runtime over ours: {item['model']}", item["ratio"], "×") for item in found),
    ]
    versions = {name: version(name) for name in Onnx.packages}
    record("export_parity", __doc__ or "", figures, {"models": found, "steps": given.steps, "versions": versions})


def _planned(name: str, settings: dict[str, Any], table: Any) -> Plan:
    document = Document()
    for key, value in {"data.source": "mnist", "model.name": name, "training.num_threads": 1, **settings}.items():
        document.set(key, value, "the benchmark")
    return plan(document, table)


def _measured(name: str, ready: Plan, rounds: int) -> dict[str, Any]:
    predictor = experiments.fit(ready.table, ready.splits, ready.task, ready.roles, ready.settings).predictor
    rows = ready.splits.test
    chosen = rows[np.linspace(0, len(rows) - 1, ROWS).astype(np.int64)]
    pictures = np.asarray(ready.table.columns[ready.roles["image"]].values[chosen])
    labels = ready.table.columns[ready.roles["label"]].values[chosen]
    exported, outputs = Onnx().export(predictor, {}), predictor.task.outputs.spec
    assert isinstance(outputs, OutputSpec)
    ours, theirs = predictor.predict(pictures), Onnx().answers(exported, pictures, outputs)
    agreement = agree(ours, theirs, outputs)
    right = np.mean([answer["label"] == label for answer, label in zip(ours, labels, strict=True)])
    seconds = _speeds(predictor, exported, pictures, rounds)
    return {
        "model": name,
        "n": agreement.n,
        "same": agreement.same,
        "difference": agreement.difference,
        "accuracy": float(right),
        "precision": ready.settings.training.precision,
        "bytes": len(exported),
        "ratio": statistics.median(seconds["ours"]) / statistics.median(seconds["onnxruntime"]),
        "seconds": seconds,
    }


def _speeds(predictor: Predictor, exported: bytes, pictures: Any, rounds: int) -> dict[str, list[float]]:
    """Seconds for all pictures, of each of the two in turn."""
    session, chunks = session_of(exported), [pictures[start : start + CHUNK] for start in range(0, ROWS, CHUNK)]

    def ours() -> None:
        for chunk in chunks:
            predictor.forward(predictor.encode(chunk)).softmax(1)

    def theirs() -> None:
        for chunk in chunks:
            session.run(None, {"images": chunk})

    peers: dict[str, Callable[[], None]] = {"ours": ours, "onnxruntime": theirs}
    seconds: dict[str, list[float]] = {name: [] for name in peers}
    for number in range(rounds + 1):
        for name, run in peers.items():
            started = time.perf_counter()
            run()
            if number:  # the first round warms up
                seconds[name].append(time.perf_counter() - started)
    return seconds


if __name__ == "__main__":
    main()
