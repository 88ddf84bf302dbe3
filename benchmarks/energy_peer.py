"""Does the estimate of the processor's energy agree with codecarbon's, on the same work and without counters?

Both charge a process for the processor time that it takes, by the processor's rating; we state ±40 %. The work is
arithmetic on one thread, for as long in both, in turns. Memory is compared apart: codecarbon charges at least 10 W for
it, however little of it is used, we charge what is resident.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from _rows import figure, record

PEER = "codecarbon==3.3.2"
WORK = """
import json, math, time
def work(seconds):
    begun, total = time.perf_counter(), 0.0
    while time.perf_counter() - begun < seconds:
        total += math.sin(total)
"""
OURS = """
from deepwright.energy.meter import Meter
with Meter() as meter:
    work({seconds})
about, joules = meter.reading.arguments, meter.reading.joules
memory = about["watts_per_gib"] * about["memory_gib"] * meter.reading.seconds if "watts_per_gib" in about else 0.0
watts = (joules - memory) / about.get("cpu_seconds", 1.0)
print(json.dumps(dict(watts=watts, memory=memory, counted="counters" in about)))
"""
THEIRS = """
from codecarbon import OfflineEmissionsTracker
tracker = OfflineEmissionsTracker(country_iso_code="USA", tracking_mode="process", measure_power_secs=1,
                                  save_to_file=False, log_level="critical", allow_multiple_runs=True)
tracker.start()
begun = time.process_time()
work({seconds})
used = time.process_time() - begun
tracker.stop()
found = tracker.final_emissions_data
print(json.dumps(dict(watts=found.cpu_energy * 3.6e6 / used, memory=found.ram_energy * 3.6e6)))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=8.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        peer = str(Path(folder) / "bin" / "python")
        subprocess.run([peer, "-m", "pip", "install", "--quiet", PEER], check=True)
        rounds = [
            {"ours": _run(sys.executable, OURS, given.seconds), "theirs": _run(peer, THEIRS, given.seconds)}
            for _round in range(given.rounds)
        ]
    if rounds[0]["ours"]["counted"]:
        sys.exit("This machine has counters; nothing is estimated here.")
    ratios = [one["ours"]["watts"] / one["theirs"]["watts"] for one in rounds]
    memory = [one["ours"]["memory"] / one["theirs"]["memory"] for one in rounds]
    ratio = statistics.median(ratios)
    record(
        "energy_peer",
        __doc__ or "",
        [
            figure(
                "joules for a second of processor time, ours over codecarbon's",
                ratio,
                "times",
                "0.6 to 1.4",
                0.6 <= ratio <= 1.4,
                f"{min(ratios):.2f} to {max(ratios):.2f}, {given.rounds} rounds",
            ),
            figure("memory's joules, ours over codecarbon's", statistics.median(memory), "times"),
        ],
        {"peer": PEER, "rounds": rounds},
    )


def _run(python: str, script: str, seconds: float) -> dict[str, Any]:
    code = WORK + script.format(seconds=seconds)
    done = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
