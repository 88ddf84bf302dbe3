"""Does a digits run that is killed with SIGKILL at a random moment, and resumed, end with identical weights?

The moments are uniform over the time from the first file of the run to its last one, so that some fall into the
encoding, some between checkpoints, some into the evaluation.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _rows import figure, record

PROGRAM = str(Path(sys.executable).with_name("deepwright"))
CHECKPOINT_SECONDS = 0.2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    moments = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder)
        begun = _begin(output, "whole")
        process, started = begun
        process.wait()
        length = time.perf_counter() - started
        expected = _weights(output / "whole")
        identical, resumed_from, claims = 0, [], 0
        for kill in range(given.kills):
            process, started = _begin(output, f"killed-{kill}")
            moment = moments.uniform(0, length)
            time.sleep(max(0.0, started + moment - time.perf_counter()))
            process.send_signal(signal.SIGKILL)
            process.wait()
            run = output / f"killed-{kill}"
            finished = (run / "manifest.json").exists()
            step = _step(run)
            subprocess.run(
                [PROGRAM, "resume", str(run), "--quiet"],
                check=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            same = _weights(run) == expected
            identical += same
            claims += _claims(run) == _claims(output / "whole")
            resumed_from.append({"seconds": moment, "finished": finished, "step": step, "identical": same})
            print(f"{kill + 1}: killed after {moment:.2f} s at checkpoint step {step}, identical: {same}", flush=True)
    n = given.kills
    record(
        "kill_and_resume",
        __doc__ or "",
        [
            figure("identical final weights", identical, f"of {n}", f"{n} of {n}", identical == n),
            figure("identical recomputable measurements", claims, f"of {n}", "", None),
            figure("kills after the first checkpoint", sum(bool(r["step"]) for r in resumed_from), f"of {n}"),
        ],
        {"kills": resumed_from, "seed": given.seed, "checkpoint_seconds": CHECKPOINT_SECONDS},
    )


def _begin(output: Path, name: str) -> tuple[subprocess.Popen[bytes], float]:
    """Start a run and wait for its configuration; from then on it can be resumed."""
    settings = f"training.checkpoint_seconds={CHECKPOINT_SECONDS}"
    command = [PROGRAM, "train", "digits", "--quiet", "--output", str(output), "--name", name, "--set", settings]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (output / name / "config.yaml").exists():
        time.sleep(0.002)
    return process, time.perf_counter()


def _weights(run: Path) -> str:
    return hashlib.sha256((run / "model.safetensors").read_bytes()).hexdigest()


def _claims(run: Path) -> list[object]:
    records = json.loads((run / "measurements.json").read_bytes())["measurements"]
    return [entry for entry in records if entry["recomputable"]]


def _step(run: Path) -> int:
    file = run / "checkpoints" / "last.safetensors"
    if not file.exists():
        return 0
    data = file.read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return int(json.loads(header["__metadata__"]["progress"])["step"])


if __name__ == "__main__":
    main()
