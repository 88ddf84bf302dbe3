"""Do 20 million interactions fit: learnt from, and all users recommended to, in little memory?

140,000 users and 27,000 items are generated, with a long tail; of each model a process of its own reads them, learns,
and writes ten items for every user. Its greatest resident memory is that of the process, from beginning to end.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from _rows import figure, record

INTERACTIONS, USERS, ITEMS, MOST = 20_000_000, 140_000, 27_000, 8.0
MODELS = ("als", "ease", "sasrec")
CODE = """
import json, resource, sys
from pathlib import Path
from deepwright import experiments
from deepwright.config.documents import Document
from deepwright.workflows.plan import plan
from deepwright.workflows.train import start
from deepwright.training.progress import Silent
from deepwright.workflows.recommend import write_all
import time
document = Document()
settings = {"data.source": sys.argv[1], "model": sys.argv[2], "output": sys.argv[3]}
settings |= {"training.epochs": 1} if sys.argv[2] == "sasrec" else {}
for key, value in settings.items():
    document.set(key, value, key)
begun = time.perf_counter()
ready = plan(document)
print("read", time.perf_counter() - begun, flush=True)
run = start(ready, Silent())
print("trained", time.perf_counter() - begun, flush=True)
users = write_all(run, 10, Path(sys.argv[3]) / "all.parquet")
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps({"seconds": time.perf_counter() - begun, "gib": peak, "users": users}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--interactions", type=int, default=INTERACTIONS)
    given = parser.parse_args()
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = generated(Path(folder) / "ratings.parquet", given.interactions)
        for model in given.models:
            command = [sys.executable, "-c", CODE, str(path), model, str(Path(folder) / model)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(done.stderr[-3000:])
            found[model] = json.loads(done.stdout.splitlines()[-1])
            print(model, found[model], flush=True)
    if given.interactions != INTERACTIONS:
        return
    figures = [
        figure(
            f"{model}, 20 million interactions: greatest resident memory",
            one["gib"],
            "GiB",
            f"≤ {MOST:g} GiB",
            one["gib"] <= MOST,
            f"{one['seconds']:.0f} s from the file to ten items for each of {one['users']:,} users",
        )
        for model, one in found.items()
    ]
    record("large_interactions", (__doc__ or "").partition("\n\n")[0], figures, {"found": found})


def generated(path: Path, count: int) -> Path:
    """Users who take items of one of 50 kinds, most of them items that many take."""
    rng = np.random.default_rng(0)
    num_users = max(100, round(USERS * count / INTERACTIONS))
    users = np.sort((num_users * rng.random(count) ** 1.5).astype(np.int64))
    kinds = rng.integers(50, size=num_users)
    popular = (ITEMS // 50 * rng.random(count) ** 2.5).astype(np.int64)
    items = np.where(rng.random(count) < 0.7, 50 * popular + kinds[users], rng.integers(ITEMS, size=count))
    times = rng.integers(10**9, 2 * 10**9, size=count)
    pq.write_table(pa.table({"user_id": users, "item_id": items, "timestamp": times}), path)
    return path


if __name__ == "__main__":
    main()
