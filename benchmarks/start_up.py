"""How long do help and import take, as whole processes, and do they leave torch alone?"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

from _rows import figure, record

PROGRAM = str(Path(sys.executable).with_name("deepwright"))
COMMANDS = {
    "deepwright --help": [PROGRAM, "--help"],
    "import deepwright": [sys.executable, "-c", "import deepwright"],
    "an empty Python": [sys.executable, "-c", "pass"],
}
BARS = {"deepwright --help": 0.3, "import deepwright": 0.1}
RUNS = 15


def main() -> None:
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _run in range(RUNS):
        for name, command in COMMANDS.items():
            begun = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            times[name].append(time.perf_counter() - begun)
    figures = []
    for name, seconds in times.items():
        median, bar = statistics.median(seconds), BARS.get(name)
        spread = f"{min(seconds):.3f} to {max(seconds):.3f} s, {RUNS} runs"
        figures.append(figure(name, median, "s", f"≤ {bar} s" if bar else "", median <= bar if bar else None, spread))
    code = "import sys, deepwright, deepwright.cli; deepwright.cli.main(['--help']); sys.exit('torch' in sys.modules)"
    without = subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=False).returncode == 0
    figures.append(figure("torch imported by them", float(not without), "(0 = no)", "no", without))
    record("start_up", __doc__ or "", figures, {})


if __name__ == "__main__":
    main()
