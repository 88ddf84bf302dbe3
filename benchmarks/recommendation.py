"""How good are recommendations, on the whole ranking and without a look at the future?

Amazon Beauty and Toys, and MovieLens latest-small: the last item of each user is tested, the one before chooses, and no
item is left out of the ranking but those that the user had. Readers known by their features alone, and items that
nobody took, are those of the generated ``tastes`` and of Beauty:

    python benchmarks/recommendation.py movielens ratings new_users new_items
    python benchmarks/recommendation.py beauty toys --seeds 3
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from _pictures import public_data
from _rows import figure, kept, record

import deepwright as dw
from deepwright import experiments
from deepwright.config.documents import Document
from deepwright.contracts import Predictions, weighted
from deepwright.data.splits import Splits
from deepwright.metrics.recall_at import RecallAt
from deepwright.workflows.plan import Plan, plan

FOLDS, HIDDEN = 5, 0.1
#: Models that are set beside each other on MovieLens.
MODELS = ("ease", "als", "item_knn", "bpr", "sasrec", "gru4rec", "hybrid", "content")
Figures = Iterator[dict[str, Any]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=["movielens"], choices=PARTS)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--go-on", action="store_true", help="take what an interrupted run has kept")
    given = parser.parse_args()
    for part in given.parts:
        details: dict[str, Any] = {"seeds": given.seeds, "going_on": given.go_on}
        with tempfile.TemporaryDirectory() as folder:
            figures = list(PARTS[part](Path(folder), details))
        record(f"recommendation_{part}", (__doc__ or "").partition("\n\n")[0], figures, details)


def beauty(folder: Path, details: dict[str, Any]) -> Figures:
    """The order of the file, in which items of one day stand as their numbers do."""
    yield from amazon("Beauty", {"ndcg": 0.0415, "recall_at": 0.083}, folder, details)


def toys(folder: Path, details: dict[str, Any]) -> Figures:
    """The same model with the settings that were found on Beauty."""
    yield from amazon("Toys_and_Games", {"ndcg": 0.0432}, folder, details)


def amazon(name: str, bars: Mapping[str, float], folder: Path, details: dict[str, Any]) -> Figures:
    """SASRec over seeds."""
    source = public_data("amazon-reviews") / f"{name}.txt"

    def of_seed(seed: int) -> dict[str, Any]:
        begun = time.perf_counter()
        run = dw.train(source, model="sasrec", seed=seed, output=folder / "runs", progress=False)
        figures = {metric: float(run.measurements[metric]) for metric in ("ndcg", "recall_at", "mrr")}
        return {**figures, "seconds": time.perf_counter() - begun, "n": run.measurements["ndcg"].n}

    found = [
        kept(f"recommendation_{name}", str(seed), details["going_on"], partial(of_seed, seed))
        for seed in range(details["seeds"])
    ]
    details["found"] = found
    names = {"ndcg": "NDCG@10", "recall_at": "Recall@10"}
    for metric, bar in bars.items():
        values = [one[metric] for one in found]
        spread = f"{min(values):.4f} to {max(values):.4f}, {len(values)} seeds, n={found[0]['n']:,}"
        mean = statistics.mean(values)
        yield figure(f"{name}, sasrec: {names[metric]}", mean, "", f"≥ {bar:g}", mean >= bar, spread)
    seconds = statistics.mean(one["seconds"] for one in found)
    yield figure(f"{name}, sasrec: from the command to the report", seconds, "s")


def movielens(folder: Path, details: dict[str, Any]) -> Figures:
    """Every model that is set beside the others, of which validation chooses one; ALS of ``implicit`` is elsewhere."""
    source = public_data("ml-latest-small") / "ml-latest-small.zip"
    runs = {}
    for model in MODELS:
        run = dw.train(source, model=model, output=folder / "runs", progress=False)
        of_validation = next(iter(run.measurements.where(name="ndcg", model=model, split="validation")))
        runs[model] = {
            "validation": float(of_validation),
            "test": float(run.measurements["ndcg"]),
            "over_popular": [
                float(run.measurements["ndcg_over/popular"]),
                *(run.measurements["ndcg_over/popular"].interval or ()),
            ],
            "n": run.measurements["ndcg"].n,
        }
        print(model, runs[model], flush=True)
    details["runs"] = runs
    best = max(runs, key=lambda model: runs[model]["validation"])
    value, low, high = runs[best]["over_popular"]
    yield figure(
        f"MovieLens latest-small: NDCG@10 of {best}, chosen by validation, over popular",
        value,
        "",
        "> 0, by the interval",
        low > 0,
        f"paired 95 % interval {low:.4f} to {high:.4f}, n={runs[best]['n']}; {best} {runs[best]['test']:.4f}",
    )
    run = dw.train(source, model=best, output=folder / "runs", progress=False, settings={"data.split.method": "time"})
    record_of = run.measurements["ndcg"]
    low, high = record_of.interval or (float("nan"), float("nan"))
    yield figure(
        f"MovieLens latest-small on a global timeline: NDCG@10 of {best}",
        float(record_of),
        "",
        spread=f"95 % interval {low:.4f} to {high:.4f}, n={record_of.n}",
    )


def ratings(folder: Path, details: dict[str, Any]) -> Figures:
    """The error of predicted ratings, each fifth read once by a model that learnt from the other four."""
    with zipfile.ZipFile(public_data("ml-latest-small") / "ml-latest-small.zip") as archive:
        (folder / "ratings.csv").write_bytes(archive.read("ml-latest-small/ratings.csv"))
    ready = planned(folder / "ratings.csv", {"task": "rating", "model": "matrix_factorization"})
    fold_of = np.random.default_rng(0).permutation(len(ready.table)) % FOLDS
    errors = []
    for fold in range(FOLDS):
        test, rest = np.flatnonzero(fold_of == fold), np.flatnonzero(fold_of != fold)
        few = np.random.default_rng(fold).random(len(rest)) < 0.05
        splits = Splits("random", rest[~few], rest[few], test)
        settings = experiments.plan(ready.table, splits, ready.task, ready.roles, ready.settings)
        fitted = experiments.fit(ready.table, splits, ready.task, ready.roles, settings)
        found = experiments.evaluate(fitted.predictor, ready.table, splits, settings)
        errors.append(float(found.measurements["rmse"]))
        print("fold", fold, errors[-1], flush=True)
    details["errors"] = errors
    mean = statistics.mean(errors)
    yield figure(
        "MovieLens latest-small: RMSE of matrix_factorization, five folds",
        mean,
        "stars",
        "≤ 0.87",
        mean <= 0.87,
        f"{min(errors):.4f} to {max(errors):.4f}, {FOLDS} folds of {len(ready.table) // FOLDS:,}",
    )


def new_users(folder: Path, details: dict[str, Any]) -> Figures:
    """Readers of ``tastes`` of whom nothing is known but age and town: hybrid beside what most take."""
    ready = planned("tastes", {"task": "recommendation", "model": "hybrid"})
    users = ready.table.columns[ready.roles["user"]].values.users
    held_out = np.random.default_rng(0).random(int(users.max()) + 1) < 0.2
    rows = np.arange(len(ready.table))
    others = rows[~held_out[users]]
    last = np.append(np.diff(users[others]) != 0, True)
    splits = Splits("users", others[~last], others[last], rows[held_out[users]])
    made = fitted_predictions(ready, splits, ("hybrid", "popular"))
    details["n"] = len(made["hybrid"])
    yield difference("tastes: NDCG@10 of hybrid over popular, users known by features alone", made, "popular", "ndcg")


def new_items(folder: Path, details: dict[str, Any]) -> Figures:
    """A tenth of Beauty's items is hidden from learning; who took one of them is asked to be recommended it."""
    interactions, items, hidden = without_some(folder)
    ready = planned(interactions, {"task": "recommendation", "model": "hybrid", "data.items": str(items)})
    users, taken = (ready.table.columns[ready.roles[role]].values for role in ("user", "label"))
    names = np.array(taken.tolist())
    is_hidden = np.isin(names, list(hidden))
    rows = np.arange(len(ready.table))
    others = rows[~is_hidden]
    last = np.append(np.diff(users.users[others]) != 0, True)
    splits = Splits("last", others[~last], others[last], rows[is_hidden])
    made = fitted_predictions(ready, splits, ("hybrid", "content"))
    details |= {"hidden": len(hidden), "n": len(made["hybrid"])}
    at = RecallAt(k=10)
    for model, one in made.items():
        value = float(weighted(at, one, np.ones((1, len(one))))[0])
        chance = 10 / len(set(names.tolist()))
        details[model] = {"recall": value, "chance": chance}
    yield figure(
        "Beauty, a tenth of the items never seen: Recall@10 of hybrid on them, among all items",
        details["hybrid"]["recall"],
        "",
        "> content and chance",
        details["hybrid"]["recall"] > max(details["content"]["recall"], details["hybrid"]["chance"]),
        f"content {details['content']['recall']:.4f}, chance {details['hybrid']['chance']:.4f}, n={details['n']:,}",
    )
    yield difference("Beauty, items never seen: Recall@10 of hybrid over content", made, "content", "recall_at")


def without_some(folder: Path) -> tuple[Path, Path, set[str]]:
    """Beauty with the hidden items of each user at the end, a table of what is known of items, and the hidden ones."""
    lines = (public_data("amazon-reviews") / "Beauty.txt").read_text().splitlines()
    every = sorted({item for line in lines for item in line.split()[1:]}, key=int)
    hidden = set(np.random.default_rng(0).choice(every, int(len(every) * HIDDEN), replace=False).tolist())
    with (folder / "beauty.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["user_id", "item_id", "time"])
        for line in lines:
            user, *items = line.split()
            ordered = [one for one in items if one not in hidden] + [one for one in items if one in hidden]
            writer.writerows([user, item, place] for place, item in enumerate(ordered))
    known = json.loads((public_data("amazon-reviews") / "Beauty_item2attributes.json").read_text())
    with (folder / "items.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["item_id", "attributes"])
        writer.writerows([item, "|".join(map(str, known.get(item, [])))] for item in every)
    return folder / "beauty.csv", folder / "items.csv", hidden


def planned(source: object, settings: Mapping[str, Any]) -> Plan:
    """The plan of a training."""
    document = Document()
    for key, value in {"data.source": str(source), **settings}.items():
        document.set(key, value, key)
    return plan(document)


def fitted_predictions(ready: Plan, splits: Splits, models: tuple[str, ...]) -> dict[str, Predictions]:
    """What models make of the test split, each fitted on the training split."""
    made = {}
    for model in models:
        settings = replace(ready.settings, model=replace(ready.settings.model, name=model, settings={}))
        task = experiments.fitted_task(ready.table, splits, ready.task, ready.roles, settings)
        settings = experiments.plan(ready.table, splits, ready.task, ready.roles, settings, task)
        fitted = experiments.fit(ready.table, splits, ready.task, ready.roles, settings, fitted=task)
        made[model] = experiments.predictions_of(fitted.predictor, ready.table, splits.test)
    return made


def difference(what: str, made: Mapping[str, Predictions], other: str, measure: str) -> dict[str, Any]:
    """What the hybrid model gains over another one, with its paired interval."""
    from deepwright.config.settings import ValidationSettings
    from deepwright.measurements import Claim
    from deepwright.validation.evaluation import compare, draw

    claim = Claim(measure, measure, {"k": 10}, compared=True)
    claims = {model: [claim] for model in made}
    drawn = draw(claims, made, ValidationSettings(), 0)
    (found,) = compare(claim, "hybrid", {other: claim}, drawn, len(made["hybrid"]), ValidationSettings(), 0)
    assert found.interval is not None
    low, high = found.interval
    spread = f"paired 95 % interval {low:.4f} to {high:.4f}, n={found.n:,}"
    return figure(what, float(found), "", "> 0, by the interval", low > 0, spread)


PARTS = {
    "beauty": beauty,
    "toys": toys,
    "movielens": movielens,
    "ratings": ratings,
    "new_users": new_users,
    "new_items": new_items,
}


if __name__ == "__main__":
    main()
