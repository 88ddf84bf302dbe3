"""Characters of tiny-shakespeare: how soon, and how well, beside nanoGPT's published CPU recipe in plain PyTorch?

From the start of each process to its weights on disk, in turn in one run. The first recipe of ours is of a fixed length
and has to reach the peer's published loss in a sixth of its time; the second has the peer's whole time. Losses are of
every character of the last 10 % of the text, computed once, at the end, in windows that overlap by half, of which what
follows that half is judged; the peer's is given in windows side by side as well, which is how it is usually judged.
Both recipes were chosen on the first 90 % alone. The peer is the loop in _nanogpt.py, without any of the estimates that
it usually makes on its way.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from _nanogpt import STEPS, loss_on_the_rest
from _pictures import public_data
from _rows import figure, record

PROGRAM = str(Path(sys.executable).with_name("deepwright"))
#: The last tenth is the test split; of the rest a little is held out, which the loop looks at after each epoch.
SETTINGS = {
    "data.split.validation": 0.01,
    "data.split.test": 0.1,
    "validation.resamples": 100,
}
SHORT: dict[str, Any] = {
    "model": "lstm",
    "model.hidden_dim": 64,
    "data.max_seq_len": 64,
    "training.batch_size": 16,
    "training.learning_rate": 1.2e-2,
    "training.max_steps": 150,
}
LONG: dict[str, Any] = {"model": "lstm"}
#: What the peer's author publishes for its recipe, and which share of its time and which loss we aim at.
PUBLISHED, SHARE, AIM = 1.88, 1 / 6, 1.50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a few steps and no row: only to try this script")
    given = parser.parse_args()
    text = next(public_data("tinyshakespeare").glob("*.txt"))
    found: dict[str, list[dict[str, float]]] = {"peer": [], "short": [], "long": []}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(given.rounds):
            found["peer"].append(_peer(text, Path(folder), 20 if given.quick else STEPS))
            for name, recipe in (("short", SHORT), ("long", LONG)):
                changed = {**recipe, "training.max_steps": 20} if given.quick else recipe
                found[name].append(_ours(text, Path(folder), f"{name}-{number}", {**changed, "seed": number}))
            print({name: rows[-1] for name, rows in found.items()}, flush=True)
    if not given.quick:
        details = {"runs": found, "short": SHORT, "long": LONG, "settings": SETTINGS}
        record("shakespeare", __doc__ or "", _figures(found), details)


def _peer(text: Path, folder: Path, steps: int) -> dict[str, float]:
    weights, script = folder / "peer.pt", Path(__file__).with_name("_nanogpt.py")
    begun = time.perf_counter()
    subprocess.run([sys.executable, str(script), str(text), str(weights), str(steps)], check=True)
    seconds = time.perf_counter() - begun
    return {
        "seconds": seconds,
        "loss": loss_on_the_rest(text, weights, overlapping=True),
        "loss side by side": loss_on_the_rest(text, weights, overlapping=False),
    }


def _ours(text: Path, folder: Path, name: str, settings: dict[str, Any]) -> dict[str, float]:
    """Seconds to the line that says that the kept weights are being measured, and the loss of the test split."""
    options = [word for key, value in {**SETTINGS, **settings}.items() for word in ("--set", f"{key}={value}")]
    where = ["--name", name, "--output", str(folder), "--quiet", "--language", "en"]
    begun = time.perf_counter()
    command = [PROGRAM, "train", str(text), *where, *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert process.stderr is not None
    seconds = 0.0
    for line in process.stderr:
        if not seconds and line.startswith("Measuring"):
            seconds = time.perf_counter() - begun
    assert process.wait() == 0
    assert seconds, "the line was not there"
    records = json.loads((folder / name / "measurements.json").read_text(encoding="utf-8"))["measurements"]
    loss = next(
        row["value"]
        for row in records
        if row["name"] == "token_loss" and row["split"] == "test" and row["model"] == settings["model"]
    )
    return {"seconds": seconds, "loss": loss}


def _figures(found: dict[str, list[dict[str, float]]]) -> list[dict[str, Any]]:
    def median(name: str, key: str) -> float:
        return statistics.median(row[key] for row in found[name])

    def spread(values: list[float], digits: int) -> str:
        return f"{min(values):.{digits}f} to {max(values):.{digits}f}, {len(values)} rounds"

    pairs = list(zip(found["short"], found["peer"], strict=True))
    shares = [ours["seconds"] / peer["seconds"] for ours, peer in pairs]
    lasting = [ours["seconds"] / peer["seconds"] for ours, peer in zip(found["long"], found["peer"], strict=True)]
    losses = {name: [row["loss"] for row in rows] for name, rows in found.items()}
    share, short, long = statistics.median(shares), median("short", "loss"), median("long", "loss")
    return [
        figure(
            "short recipe: share of the peer's time", share, "×", f"≤ {SHARE:.3f}", share <= SHARE, spread(shares, 3)
        ),
        figure("short recipe: loss", short, "nats", f"≤ {PUBLISHED}", short <= PUBLISHED, spread(losses["short"], 3)),
        figure("peer's loss", median("peer", "loss"), "nats", spread=spread(losses["peer"], 3)),
        figure("peer's loss, windows side by side", median("peer", "loss side by side"), "nats"),
        figure("peer's time", median("peer", "seconds"), "s"),
        figure("long recipe: share of peer's time", statistics.median(lasting), "×", "≤ 1", max(lasting) <= 1),
        figure("long recipe: loss", long, "nats", f"≤ {AIM}", long <= AIM, spread(losses["long"], 3)),
    ]


if __name__ == "__main__":
    main()
