"""What do inspection, baselines, evaluation and report take beyond training, for convnet on MNIST?

Each stage of `deepwright train` is timed as it runs, in a process of its own; the training itself is cut short after a
few steps, since only what is beyond it counts here: 70,000 pictures inspected, two baselines fitted on 54,000, three
models predicting 10,000 test pictures, 1,000 resamples behind every interval.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile

from _pictures import public_data
from _rows import figure, record

BAR = 15
STAGES = {"inspection": "inspect_data", "baselines": "baselines", "evaluation": "evaluate", "report": "render"}
CODE = """
import json, sys, time
import deepwright as dw
from deepwright.workflows import train

seconds = {}


def timed(owner, function):
    inner = getattr(owner, function)

    def outer(*given, **named):
        begun = time.perf_counter()
        made = inner(*given, **named)
        seconds[function] = time.perf_counter() - begun
        return made

    setattr(owner, function, outer)


for function in ("inspect_data", "baselines", "render"):
    timed(train, function)
timed(train.experiments, "evaluate")
dw.train(sys.argv[1], model="convnet", output=sys.argv[2], progress=False, settings={"training.max_steps": 30})
# The baselines are fitted as an argument of the evaluation, before it begins.
print(json.dumps(seconds))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    found: list[dict[str, float]] = []
    for _round in range(given.rounds):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-c", CODE, str(public_data("mnist")), folder]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        seconds = json.loads(done.stdout.splitlines()[-1])
        found.append({stage: seconds[function] for stage, function in STAGES.items()})
        print(found[-1], flush=True)
    together = [sum(stages.values()) for stages in found]
    median = statistics.median(together)
    record(
        "beyond_training",
        __doc__ or "",
        [
            figure("together", median, "s", f"≤ {BAR} s", median <= BAR, _range(together)),
            *(
                figure(stage, statistics.median(times), "s", spread=_range(times))
                for stage in STAGES
                for times in [[stages[stage] for stages in found]]
            ),
        ],
        {"rounds": found},
    )


def _range(values: list[float]) -> str:
    return f"{min(values):.1f} to {max(values):.1f} s, {len(values)} rounds"


if __name__ == "__main__":
    main()
