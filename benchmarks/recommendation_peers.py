"""How fast are recommendations learnt and made, beside RecTools' SASRec and the ALS of ``implicit``?

Amazon Beauty without the last two items of each user, which test and choose; in turn in one run. SASRec: seconds of an
epoch with the same size (64 numbers, 2 blocks, 1 head, histories of 50, cross-entropy over all items), and the time to
a top ten for all users. ALS: seconds of the same number of iterations with the same number of factors, where the
NDCG@20 on the test items is at least as high:

    python benchmarks/recommendation_peers.py als
    python benchmarks/recommendation_peers.py sasrec --rounds 2
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _peers import peers_python, said_by
from _pictures import public_data
from _rows import figure, record, spread
from recommendation import planned

import deepwright as dw
from deepwright import experiments
from deepwright.contracts import Predictions, weighted
from deepwright.metrics.ndcg import Ndcg
from deepwright.workflows.recommend import recommend_all

RECTOOLS, IMPLICIT = ("rectools[torch]==0.19.0", "torch==2.13.0"), ("implicit==0.7.3", "threadpoolctl")
FACTORS, ITERATIONS, EPOCHS = 64, 15, 1
#: Regularisation and weight of what was taken, of which the validation items choose the best for ``implicit``.
GRID = [(regularisation, alpha) for regularisation in (0.01, 0.1, 1.0, 10.0) for alpha in (1.0, 5.0, 20.0)]
Figures = Iterator[dict[str, Any]]

THEIR_ALS = """
import json, sys, time
import numpy as np
from scipy.sparse import load_npz
from implicit.cpu.als import AlternatingLeastSquares
from threadpoolctl import threadpool_limits
folder, regularisation, alpha, seed = sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
taken = load_npz(folder + "/train.npz").astype(np.float32)
known = load_npz(folder + f"/{sys.argv[5]}_known.npz").astype(np.float32)
targets = np.load(folder + f"/{sys.argv[5]}.npy")
with threadpool_limits(1, "blas"):
    model = AlternatingLeastSquares(
        factors=64, iterations=15, regularization=regularisation, alpha=alpha, random_state=seed, num_threads=2
    )
    begun = time.perf_counter()
    model.fit(taken, show_progress=False)
    seconds = time.perf_counter() - begun
users = np.flatnonzero(targets >= 0)
found, _scores = model.recommend(users, known[users], N=20, recalculate_user=True)
places = found == targets[users][:, None]
ndcg = float(np.where(places.any(1), 1 / np.log2(places.argmax(1) + 2), 0).mean())
print(json.dumps({"seconds": seconds, "ndcg": ndcg}))
"""

THEIR_SASREC = """
import json, sys, time, warnings
warnings.filterwarnings("ignore")
import numpy as np, pandas as pd, torch
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import SASRecModel
torch.set_num_threads(2)
lines = [line.split() for line in open(sys.argv[1])]
rows = [(user, item, 1.0, place) for user, *items in lines for place, item in enumerate(items[:-2])]
frame = pd.DataFrame(rows, columns=[Columns.User, Columns.Item, Columns.Weight, "place"])
frame[Columns.Datetime] = pd.Timestamp("2020-01-01") + pd.to_timedelta(frame.pop("place"), unit="D")
data = Dataset.construct(frame)
model = SASRecModel(
    n_factors=64, n_blocks=2, n_heads=1, session_max_len=50, loss="softmax", epochs=int(sys.argv[2]), batch_size=128,
    dataloader_num_workers=0, verbose=0, deterministic=True,
)
begun = time.perf_counter()
model.fit(data)
fitted = time.perf_counter() - begun
begun = time.perf_counter()
model.recommend(users=frame[Columns.User].unique(), dataset=data, k=10, filter_viewed=True)
print(json.dumps({"epoch": fitted / int(sys.argv[2]), "recommend": time.perf_counter() - begun}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=["als"], choices=PARTS)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    for part in given.parts:
        details: dict[str, Any] = {"rounds": given.rounds}
        with tempfile.TemporaryDirectory() as folder:
            figures = list(PARTS[part](Path(folder), details))
        record(f"recommendation_{part}_peer", (__doc__ or "").partition("\n\n")[0], figures, details)


def als(folder: Path, details: dict[str, Any]) -> Figures:
    """The same factors and iterations; theirs with the best of a grid, which the validation items choose."""
    python = peers_python("implicit", IMPLICIT)
    ready = planned(beauty(), {"model": "als", "model.num_factors": FACTORS, "model.num_iterations": ITERATIONS})
    _matrices(ready, folder)
    tuned = {}
    for regularisation, alpha in GRID:
        tuned[regularisation, alpha] = said_by(python, THEIR_ALS, folder, regularisation, alpha, 0, "validation")[
            "ndcg"
        ]
        print("implicit", regularisation, alpha, tuned[regularisation, alpha], flush=True)
    best = max(tuned, key=tuned.__getitem__)
    found = []
    for seed in range(details["rounds"]):
        sides = [lambda: _our_als(ready), lambda: said_by(python, THEIR_ALS, folder, *best, seed, "test")]  # noqa: B023
        first, second = (side() for side in (sides if seed % 2 == 0 else sides[::-1]))
        found.append((first, second) if seed % 2 == 0 else (second, first))
        print("als", found[-1], flush=True)
    details |= {"best": best, "tuned": {str(key): value for key, value in tuned.items()}, "found": found}
    ratios = [ours["seconds"] / theirs["seconds"] for ours, theirs in found]
    (ours, theirs) = (statistics.mean(one[side]["ndcg"] for one in found) for side in (0, 1))
    yield figure(
        "Beauty, als: NDCG@20 over that of implicit's, tuned on the validation items",
        ours / theirs,
        "×",
        "≥ 1 ×",
        ours >= theirs,
        f"{ours:.4f} and {theirs:.4f}",
    )
    ratio = statistics.median(ratios)
    yield figure("Beauty, als: time of learning over implicit's", ratio, "×", "≤ 1 ×", ratio <= 1, spread(ratios))


def _our_als(ready: Any) -> dict[str, float]:
    begun = time.perf_counter()
    fitted = experiments.fit(ready.table, ready.splits, ready.task, ready.roles, ready.settings, fitted=ready.fitted)
    seconds = time.perf_counter() - begun
    made = experiments.predictions_of(fitted.predictor, ready.table, ready.splits.test)
    return {"seconds": seconds, "ndcg": _of(made)}


def _of(made: Predictions) -> float:
    return float(weighted(Ndcg(k=20), made, np.ones((1, len(made))))[0])


def _matrices(ready: Any, folder: Path) -> None:
    """What trains and what is known before the test and validation items, as sparse matrices, and these items."""
    from scipy.sparse import csr_matrix, save_npz

    users, items = (ready.table.columns[ready.roles[role]].values for role in ("user", "label"))
    shape = (int(users.users.max()) + 1, len(items.of.item_names))

    def matrix(rows: Any) -> Any:
        return csr_matrix((np.ones(len(rows)), (users.users[rows], items.items[rows])), shape)

    splits = ready.splits
    save_npz(folder / "train.npz", matrix(splits.train))
    save_npz(folder / "validation_known.npz", matrix(splits.train))
    save_npz(folder / "test_known.npz", matrix(np.concatenate([splits.train, splits.validation])))
    for name in ("validation", "test"):
        targets = np.full(shape[0], -1)
        targets[users.users[splits[name]]] = items.items[splits[name]]
        np.save(folder / f"{name}.npy", targets)


def sasrec(folder: Path, details: dict[str, Any]) -> Figures:
    """Seconds of an epoch, and of a top ten for all users."""
    python = peers_python("rectools", RECTOOLS)
    size = {"model.embed_dim": 64, "model.num_layers": 2, "model.num_heads": 1, "model.max_seq_len": 50}
    found = []
    for number in range(details["rounds"]):
        sides = [lambda: _our_sasrec(size, folder, number), lambda: said_by(python, THEIR_SASREC, beauty(), EPOCHS)]  # noqa: B023
        first, second = (side() for side in (sides if number % 2 == 0 else sides[::-1]))
        found.append((first, second) if number % 2 == 0 else (second, first))
        print("sasrec", found[-1], flush=True)
    details["found"] = found
    for key, what, bar, most in (
        ("epoch", "Beauty, sasrec: time of an epoch over RecTools'", "≤ 1/15", 1 / 15),
        ("recommend", "Beauty, sasrec: time to a top ten of all users over RecTools'", "", None),
    ):
        ratios = [ours[key] / theirs[key] for ours, theirs in found]
        ratio = statistics.median(ratios)
        yield figure(what, ratio, "×", bar, None if most is None else ratio <= most, spread(ratios))
    seconds = [ours["recommend"] for ours, _theirs in found]
    yield figure(
        "Beauty, sasrec: a top ten for all users",
        statistics.median(seconds),
        "s",
        "≤ 2 s",
        statistics.median(seconds) <= 2,
        spread(seconds),
    )


def _our_sasrec(size: dict[str, Any], folder: Path, seed: int) -> dict[str, float]:
    settings = {"training.epochs": 2, "training.num_threads": torch.get_num_threads(), **size}
    run = dw.train(beauty(), model="sasrec", seed=seed, output=folder / "runs", progress=False, settings=settings)
    seconds = float(run.measurements["training_seconds"]) / 2
    run.predictor  # noqa: B018  loaded before the time is taken
    begun = time.perf_counter()
    count = sum(len(users) for users, _items, _scores in recommend_all(run, 10))
    return {"epoch": seconds, "recommend": time.perf_counter() - begun, "users": count}


def beauty() -> Path:
    """The file of interactions."""
    return public_data("amazon-reviews") / "Beauty.txt"


PARTS = {"als": als, "sasrec": sasrec}


if __name__ == "__main__":
    main()
