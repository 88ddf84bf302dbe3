"""How long does the README's first command take after the installation, as a whole process?"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _rows import figure, record

PROGRAM = str(Path(sys.executable).with_name("deepwright"))
RUNS = 3
BAR = 60


def main() -> None:
    seconds = []
    for _run in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            begun = time.perf_counter()
            subprocess.run([PROGRAM, "train", "digits", "--quiet"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
            seconds.append(time.perf_counter() - begun)
    median = statistics.median(seconds)
    spread = f"{min(seconds):.1f} to {max(seconds):.1f} s, {RUNS} runs"
    record(
        "demo", __doc__ or "", [figure("deepwright train digits", median, "s", f"≤ {BAR} s", median <= BAR, spread)], {}
    )


if __name__ == "__main__":
    main()
